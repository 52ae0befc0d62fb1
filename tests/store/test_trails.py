"""What was begun and came to no end, and the transactions that say so without waiting for the disk."""

from __future__ import annotations

import sqlalchemy as sa

from stalewatch.store import alerts, clocks, trails
from stalewatch.store.engine import Database
from stalewatch.store.tables import chores

HOUR = 3_600_000_000


def begin(db: Database, lease_us: int = HOUR, work: str = "tick:crm") -> int:
    with db.mark() as conn:
        return trails.begin(conn, work, lease_us=lease_us)


def test_beginnings_are_counted_until_one_comes_to_its_end_and_the_third_waits_for_the_lease(db: Database) -> None:
    assert [begin(db), begin(db), begin(db)] == [1, 2, 0]
    assert begin(db, work="tick:hs") == 1, "another connection knows nothing of it"
    with db.write() as conn:
        trails.keep(conn, "tick:crm", lease_us=-1)
    assert begin(db) == 3
    with db.write() as conn:
        trails.end(conn, "tick:crm")
    assert begin(db) == 1


def test_a_mark_does_not_wait_for_the_disk_and_what_is_written_does(db: Database) -> None:
    """Of PostgreSQL's connections only those for marks differ from the server, which never waits in tests."""
    asked = "SELECT setting, source FROM pg_settings WHERE name = 'synchronous_commit'"
    asked = "PRAGMA synchronous" if db.is_sqlite else asked
    with db.mark() as conn:
        marked = tuple(conn.exec_driver_sql(asked).one())
    with db.write() as conn:
        written = tuple(conn.exec_driver_sql(asked).one())
    if db.is_sqlite:
        assert (marked, written) == ((1,), (2,))
    else:
        assert marked == ("off", "session") != written


def test_the_last_suspect_is_remembered_with_how_often_in_a_row_it_was_and_forgotten(db: Database) -> None:
    with db.write() as conn:
        assert trails.suspected(conn, "tick:crm") == (None, 0)
        for record in ("crm:1", "crm:1", "crm:2"):
            trails.suspect(conn, "tick:crm", record)
        assert trails.suspected(conn, "tick:crm") == ("crm:2", 1)
        trails.suspect(conn, "tick:crm", "crm:2")
        assert trails.suspected(conn, "tick:crm") == ("crm:2", 2)
        trails.suspect(conn, "tick:crm", None)
        assert trails.suspected(conn, "tick:crm") == (None, 0)


def test_a_record_that_is_set_aside_is_due_no_more_and_is_outdated_once_it_is_let_go(db: Database) -> None:
    rows: list[dict[str, object]] = [
        {"record_id": record, "connection": "crm", "object": "deal", "entries": [], "next_at": 5, "breach_at": None,
         "ruleset": "v1", "judged_at": 1}
        for record in ("crm:1", "crm:2")
    ]  # fmt: skip
    with db.write() as conn:
        clocks.upsert(conn, rows)
        clocks.settle(conn, "crm", "v1")
        trails.set_aside(conn, "crm:1")
        trails.set_aside(conn, "crm:1")
        assert trails.aside(conn) == {"crm:1"}
        assert clocks.due(conn, "crm", 9, since=0, limit=9) == ["crm:2"]
        assert clocks.count_due(conn, "crm", 9, since=0) == 1
        assert not alerts.is_timer_due(conn, 9, "crm")
        assert trails.let_go(conn, "crm:1")
        clocks.outdate(conn, "crm:1")
        assert not trails.let_go(conn, "crm:1")
        assert clocks.stale(conn, "crm", "v1", 9) == ["crm:1"]
        assert clocks.settled(conn, "crm") is None
        assert sorted(clocks.due(conn, "crm", 9, since=0, limit=9)) == ["crm:1", "crm:2"]


def test_what_is_left_to_be_judged_by_others_is_stale_also_if_it_never_was_judged(db: Database) -> None:
    with db.write() as conn:
        clocks.settle(conn, "crm", "v1")
        clocks.postpone(conn, "crm", "deal", ["crm:1"])
        assert clocks.settled(conn, "crm") is None
        assert clocks.stale(conn, "crm", "v1", 9) == ["crm:1"]
        clocks.silence(conn, ["crm:1"], "v1")
        assert clocks.stale(conn, "crm", "v1", 9) == []
        assert conn.execute(sa.select(sa.func.count()).select_from(chores)).scalar_one() == 0
