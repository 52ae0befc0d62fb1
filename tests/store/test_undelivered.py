"""What reached nobody is counted by one statement that reads no more notices than are held."""

from __future__ import annotations

import pytest

from stalewatch.store import connections, leases, notices, outbox, undelivered
from stalewatch.store.engine import Database
from stalewatch.store.leases import CONNECTIONS, DESTINATIONS
from tests.store.builders import analyze, delivery, notice, plan, statements

CHECK = "storm_check"


@pytest.fixture
def mixed(db: Database) -> Database:
    """Two held, one of them for a moment; one dead and one parked, and a dead one that carries nothing any more."""
    with db.write() as conn:
        notices.add(
            conn,
            [
                notice(f"told{n}", target=f"person:{n}", state="told", delivery_id=None, reason=None)
                for n in range(3000)
            ],
        )
        held = [("a", "storm", 30), ("b", "storm", 20), ("c", "nobody_left", 40), ("d", CHECK, 10)]
        notices.add(conn, [notice(key, state="held", reason=why, created_at=at) for key, why, at in held])
        outbox.add(conn, [delivery(f"sent{n}", state="sent") for n in range(3000)])
        states = {"x": "dead", "y": "parked", "z": "dead", "s": "sent", "r": "ready"}
        outbox.add(conn, [delivery(key, state=state) for key, state in states.items()])
        notices.add(conn, [notice(key * 2, state="claimed", delivery_id=key) for key in "xysr"])
        notices.add(conn, [notice("zz", state="dropped", delivery_id="z")])
        connections.ensure(conn, {"hs": "hubspot", "sf": "salesforce"}, 1)
        outbox.call(conn, {"person:sato": 1, "person:mori": 1, "person:abe": 1, "person:ito": 1})
        outbox.pause(conn, ["person:sato", "person:mori"], "workspace:slack")
        assert leases.park(conn, CONNECTIONS, "hs")
        assert leases.park(conn, DESTINATIONS, "person:abe")
    analyze(db)
    return db


def test_messages_and_halts_are_counted_in_one_statement(mixed: Database) -> None:
    with mixed.read() as conn, statements() as sent:
        assert undelivered.count(conn, visible=None, but=CHECK, most=1000) == 3 + 2 + 1 + 1 + 1
    assert len(sent) == 1
    with mixed.read() as conn:
        assert undelivered.count(conn, visible=None, but=CHECK, most=1) == 1 + 1 + 1 + 1 + 1
        assert undelivered.held_by_reason(conn, visible=None, but=CHECK) == {"nobody_left": 1, "storm": 2}
        assert [row.key for row in undelivered.held(conn, visible=None, but=CHECK, limit=2)] == ["c", "b"]
        assert [row.id for row in undelivered.stuck(conn, visible=None, limit=9)] == ["x", "y"]
        assert undelivered.under_way(conn) == 1


def test_counting_and_listing_read_what_is_held_and_given_up_and_no_more(mixed: Database) -> None:
    for call, indexes in (
        (
            lambda conn: undelivered.count(conn, visible=None, but=CHECK, most=1000),
            ("ix_notices_held", "ix_deliveries_"),
        ),
        (lambda conn: undelivered.held(conn, visible=None, but=CHECK, limit=200), ("ix_notices_held",)),
        (lambda conn: undelivered.held_by_reason(conn, visible=None, but=CHECK), ("ix_notices_held",)),
        (lambda conn: undelivered.stuck(conn, visible=None, limit=200), ("ix_deliveries_",)),
    ):
        how = plan(mixed, call)
        for index in indexes:
            assert index in how, how
            table = index.split("_")[1]
            assert f"Seq Scan on {table}" not in how, how
            assert f"SCAN {table}'" not in how, how
