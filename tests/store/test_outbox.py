"""Notices, deliveries and destinations: nothing is said twice, nothing moves from a state it has left."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from stalewatch.store import leases, notices, outbox
from stalewatch.store.engine import Database
from stalewatch.store.errors import ChangedMeanwhile
from stalewatch.store.leases import DESTINATIONS
from tests.store.builders import delivery, notice

LONG = 60_000_000


def test_a_message_key_is_used_once_ever(db: Database) -> None:
    with db.write() as conn:
        assert notices.add(conn, [notice("k1"), notice("k2")]) == 2
        assert notices.add(conn, [notice("k2", rule_id="other"), notice("k3")]) == 1
        assert notices.by_key(conn, ["k2"])["k2"].rule_id == "quiet"


def test_what_may_be_said_by_now(db: Database) -> None:
    with db.write() as conn:
        notices.add(conn, [notice("b", created_at=2), notice("a", created_at=3), notice("later", not_before=50)])
        notices.add(conn, [notice("loud", style="immediate"), notice("mori", target="person:mori")])
        assert [row.key for row in notices.pending(conn, "person:sato", 20)] == ["b", "a", "loud"]
        assert [row.key for row in notices.pending(conn, "person:sato", 50, style="digest")] == ["b", "a", "later"]
        assert notices.targets(conn, 20) == ["person:mori", "person:sato"]


def test_a_notice_is_carried_by_one_delivery_and_told_when_that_is_sent(db: Database) -> None:
    with db.write() as conn:
        notices.add(conn, [notice("a"), notice("b"), notice("c")])
        assert notices.claim(conn, ["a", "b"], "d1") == 2
        assert notices.claim(conn, ["b", "c"], "d2") == 1, "b is taken"
        assert notices.give_back(conn, ["b"]) == 1
        assert [row.key for row in notices.of_deliveries(conn, ["d1"])] == ["a"]
        assert notices.tell(conn, "d1", at=77) == 1
        assert notices.tell(conn, "d1", at=78) == 0
        assert notices.drop(conn, ["a", "b", "c"], "resolved") == 1, "told and claimed ones stay"
        states = {row.key: (row.state, row.told_at, row.reason) for row in notices.by_key(conn, "abc").values()}
    assert states == {"a": ("told", 77, None), "b": ("dropped", None, "resolved"), "c": ("claimed", None, None)}


def test_a_storm_is_held_until_somebody_says_so(db: Database) -> None:
    with db.write() as conn:
        notices.add(conn, [notice(key) for key in "abcd"])
        assert notices.hold(conn, ["a", "b", "c"], "storm") == 3
        assert [row.key for row in notices.pending(conn, "person:sato", 99)] == ["d"]
        assert [row.key for row in notices.held(conn, "storm")] == ["a", "b", "c"]
        assert notices.held(conn, "other") == []
        assert notices.relabel(conn, ["a", "d"], "storm of Monday") == 1, "only what is held"
        assert [row.key for row in notices.held(conn, "storm of Monday")] == ["a"]
        assert notices.release(conn, ["a", "d"]) == 1
        assert notices.drop(conn, ["b"], "by hand") == 1
        assert notices.postpone(conn, ["a", "c"], 200, "quiet hours") == 1
        assert [row.key for row in notices.pending(conn, "person:sato", 200)] == ["a", "d"]
        counted = [tuple(row) for row in notices.counts(conn)]
    assert sorted(counted, key=str) == [
        ("dropped", "by hand", 1),
        ("held", "storm", 1),
        ("pending", "quiet hours", 1),
        ("pending", None, 1),
    ]


def test_notices_of_an_alert_by_state(db: Database) -> None:
    with db.write() as conn:
        notices.add(conn, [notice("a"), notice("b", alert_id="other"), notice("c", state="told")])
        assert [row.key for row in notices.of_alerts(conn, ["a"], ["pending", "held"])] == ["a"]


def test_a_delivery_is_made_once_by_its_key(db: Database) -> None:
    with db.write() as conn:
        assert outbox.add(conn, [delivery("d1")]) == 1
        assert outbox.add(conn, [delivery("d2", key="key-d1"), delivery("d1")]) == 0
        assert outbox.by_key(conn, ["key-d1"])["key-d1"].body == {"title": "3 deals"}


def test_a_delivery_moves_only_from_the_state_it_was_seen_in(db: Database) -> None:
    with db.write() as conn:
        outbox.add(conn, [delivery("d1")])
        outbox.move(conn, "d1", "ready", "sending", at=20, sending_at=20, attempts=1)
    with pytest.raises(ChangedMeanwhile, match="d1: the delivery is no longer ready"), db.write() as conn:
        outbox.move(conn, "d1", "ready", "sending", at=21)
    with db.write() as conn:
        outbox.move(conn, "d1", "sending", "sent", at=22, receipt={"ts": "1.2"}, sent_at=22)
        row = outbox.by_id(conn, ["d1"])["d1"]
    assert (row.state, row.updated_at, row.attempts, row.receipt) == ("sent", 22, 1, {"ts": "1.2"})


def test_deliveries_are_found_by_what_is_to_be_done_with_them(db: Database) -> None:
    with db.write() as conn:
        outbox.add(conn, [delivery("b", created_at=2), delivery("a", created_at=1), delivery("c", state="sent")])
        outbox.add(conn, [delivery("lost", state="unknown", look_at=30, created_at=5)])
        assert [row.id for row in outbox.unfinished(conn, "person:sato")] == ["a", "b", "lost"]
        assert [row.id for row in outbox.in_state(conn, ["ready", "sent"], before=10)] == ["a", "b"]
        assert [row.id for row in outbox.in_state(conn, ["ready"], limit=1)] == ["a"]
        assert (outbox.to_look_at(conn, 29), [row.id for row in outbox.to_look_at(conn, 30)]) == ([], ["lost"])
        outbox.note_look(conn, "lost", look_at=45)
        assert [(row.id, row.looks) for row in outbox.to_look_at(conn, 45)] == [("lost", 1)]
        assert outbox.counts(conn) == {"ready": 2, "sent": 1, "unknown": 1}
        assert outbox.oldest_unfinished(conn) == 1


def test_a_call_makes_a_destination_and_only_ever_makes_it_earlier(db: Database) -> None:
    with db.write() as conn:
        outbox.call(conn, {"person:sato": 50, "person:mori": 60})
        outbox.call(conn, {"person:sato": 40, "person:mori": 70})
        assert [(row.target, row.due_at) for row in outbox.waiting_destinations(conn)] == [
            ("person:sato", 40),
            ("person:mori", 60),
        ]
        (row,) = leases.claim(conn, DESTINATIONS, due=45, lease_us=LONG)
        leases.finish(conn, DESTINATIONS, row.target, row.fence, due_at=None)
        assert [row.target for row in outbox.waiting_destinations(conn)] == ["person:mori"]
        outbox.call(conn, {"person:sato": 80})
        assert [row.due_at for row in outbox.waiting_destinations(conn)] == [60, 80]


def test_what_is_written_while_a_destination_is_put_to_rest_is_not_overlooked(db: Database) -> None:
    """Its worker sees nothing that waits, for it is not committed yet, and the call finds it due already."""
    with db.write() as conn:
        outbox.call(conn, {"person:sato": 1})
        (place,) = leases.claim(conn, DESTINATIONS, due=9, lease_us=LONG)
    begun, called = Event(), Event()

    def rests() -> int | None:
        begun.wait(5)
        with db.write() as conn:
            leases.keep(conn, DESTINATIONS, place.target, place.fence)
            ripe = notices.next_ripe(conn, place.target)
            called.wait(0.5)
            leases.finish(conn, DESTINATIONS, place.target, place.fence, due_at=ripe)
        return ripe

    with ThreadPoolExecutor(1) as worker:
        resting = worker.submit(rests)
        with db.write() as conn:
            notices.add(conn, [notice("n1", target="person:sato", not_before=5)])
            outbox.call(conn, {"person:sato": 5})
            begun.set()
            called.wait(0.2)
        called.set()
        assert resting.result(10) == 5
    with db.read() as conn:
        assert [row.due_at for row in outbox.waiting_destinations(conn)] == [5]


def test_a_paused_destination_waits_and_keeps_what_it_has(db: Database) -> None:
    with db.write() as conn:
        outbox.call(conn, {"person:sato": 1, "person:mori": 2})
        outbox.pause(conn, ["person:sato", "person:mori"], "token revoked")
        assert leases.claim(conn, DESTINATIONS, due=9, lease_us=LONG) == []
        assert outbox.resume(conn, "another reason") == 0
        assert outbox.resume(conn, "token revoked") == 2
        assert [row.target for row in leases.claim(conn, DESTINATIONS, due=9, lease_us=LONG, limit=5)] == [
            "person:sato",
            "person:mori",
        ]
