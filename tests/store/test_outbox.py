"""Notices, deliveries and destinations: nothing is said twice, nothing moves from a state it has left."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
import sqlalchemy as sa

from stalewatch.store import leases, notices, outbox
from stalewatch.store.engine import Database
from stalewatch.store.errors import ChangedMeanwhile
from stalewatch.store.leases import DESTINATIONS
from stalewatch.store.tables import destinations
from tests.patience import PATIENCE
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
        begun.wait(PATIENCE)
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
        assert resting.result(PATIENCE) == 5
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


def test_deliveries_of_one_style_and_target_are_counted_by_themselves(db: Database) -> None:
    off = [delivery(state, state=state) for state in ("cancelled", "superseded", "rerouted")]
    other = [delivery("loud", style="immediate", state="sent", sent_at=90), delivery("mori", target="person:mori")]
    with db.write() as conn:
        outbox.add(conn, [delivery("early", created_at=9), delivery("dead", state="dead"), delivery("ready")])
        outbox.add(conn, off)
        assert outbox.made_since(conn, "person:sato", "digest", 10) == 2
        assert outbox.last_sent(conn, "person:sato", "digest") is None
        outbox.add(conn, [{"sent_at": None, **row} for row in other])
        outbox.add(conn, [delivery(f"s{at}", state="sent", sent_at=at) for at in (70, 80)])
        outbox.add(
            conn, [delivery("back", state="unknown", sent_at=99), delivery("m", target="m", state="sent", sent_at=95)]
        )
        assert outbox.made_since(conn, "person:sato", "digest", 10) == 5
        assert outbox.last_sent(conn, "person:sato", "digest") == 80
        assert outbox.made_since(conn, "person:mori", "digest", 0) == 1


def test_what_ended_with_something_untold_is_stuck(db: Database) -> None:
    with db.write() as conn:
        outbox.add(conn, [delivery(state, state=state) for state in ("dead", "parked", "sent", "ready")])
        outbox.add(conn, [delivery("dead too", state="dead"), delivery("empty", state="parked")])
        notices.add(conn, [notice(key) for key in ("dead", "dead too", "parked", "sent", "ready", "told", "free")])
        for key in ("dead", "dead too", "parked", "sent", "ready"):
            notices.claim(conn, [key], key)
        notices.claim(conn, ["told"], "empty")
        notices.tell(conn, "empty", at=5)
        assert outbox.stuck(conn) == {"dead": 2, "parked": 1}


def test_the_oldest_unfinished_and_what_is_finished_before_it(db: Database) -> None:
    with db.write() as conn:
        assert outbox.oldest_unfinished(conn) is None
        outbox.add(conn, [delivery(state, state=state, created_at=3) for state in outbox.FINISHED])
        assert outbox.oldest_unfinished(conn) is None
        outbox.add(conn, [delivery(state, state=state, created_at=9 - n) for n, state in enumerate(outbox.UNFINISHED)])
        assert outbox.oldest_unfinished(conn) == 6
        outbox.add(conn, [delivery("mori", target="person:mori")])
        assert [row.id for row in outbox.unfinished(conn, "person:sato")] == list(reversed(outbox.UNFINISHED))


def test_deliveries_of_one_age_come_by_their_names_and_a_few_at_a_time(db: Database) -> None:
    names = [f"a{n:03}" for n in range(201)]
    with db.write() as conn:
        outbox.add(conn, [delivery(name, state="unknown", look_at=5) for name in reversed(names)])
        for found in (outbox.in_state(conn, ["unknown"]), outbox.to_look_at(conn, 5)):
            assert [row.id for row in found] == names[:200]
        assert [row.id for row in outbox.in_state(conn, ["unknown"], limit=1, before=11)] == ["a000"]
        assert outbox.in_state(conn, ["unknown"], before=10) == [], "not those of the moment itself"
        assert [row.id for row in outbox.unfinished(conn, "person:sato")] == names
        assert [row.id for row in outbox.find(conn, "a")] == names[:5]
        assert [row.id for row in outbox.find(conn, "a1", limit=2)] == ["a100", "a101"]
        outbox.add(conn, [delivery("a_1", created_at=1, state="unknown", look_at=4)])
        assert [row.id for row in outbox.find(conn, "a_")] == ["a_1"], "an underscore is no wildcard"
        assert outbox.in_state(conn, ["unknown"])[0].id == outbox.to_look_at(conn, 5, limit=1)[0].id == "a_1"
        outbox.note_look(conn, "a000", look_at=77)
        looks = {key: (row.looks, row.look_at) for key, row in outbox.by_id(conn, ["a000", "a001", "?"]).items()}
        assert looks == {"a000": (1, 77), "a001": (0, 5)}


def test_a_delivery_moves_alone(db: Database) -> None:
    with db.write() as conn:
        outbox.add(conn, [delivery("d1"), delivery("d2")])
        outbox.move(conn, "d1", "ready", "held", at=20)
        outbox.stands_at(conn, "d1", {"ts": "2"})
        found = outbox.by_key(conn, ["key-d1", "key-d2", "?"])
    assert {key: (row.state, row.updated_at, row.receipt) for key, row in found.items()} == {
        "key-d1": ("held", 20, {"ts": "2"}),
        "key-d2": ("ready", None, None),
    }


def test_a_call_that_comes_late_is_heard_where_nothing_is_asked(db: Database) -> None:
    """Destinations that sleep, are due later, are due at the very moment, and are not there yet, at several moments."""
    with db.write() as conn:
        outbox.call(conn, {"later": 50, "same": 20, "sleeps": 1, "untouched": 5})
        (row,) = leases.claim(conn, DESTINATIONS, due=1, lease_us=LONG)
        leases.finish(conn, DESTINATIONS, row.target, row.fence, due_at=None)
        assert outbox.awake(conn, ["later", "same", "sleeps", "?"]) == {"later", "same"}
        assert outbox.destinations_known(conn) == ["later", "same", "sleeps", "untouched"]
        outbox.call(conn, {"later": 21, "same": 20, "sleeps": 30, "new": 10})
        outbox.call(conn, {})
        assert outbox.destinations_known(conn) == ["later", "new", "same", "sleeps", "untouched"]
        due = {row.target: row.due_at for row in outbox.waiting_destinations(conn)}
        assert list(due.items()) == [("untouched", 5), ("new", 10), ("same", 20), ("later", 21), ("sleeps", 30)]
        leases.park(conn, DESTINATIONS, "sleeps")
        conn.execute(sa.update(destinations).values(due_at=None))
        assert outbox.awake(conn, ["later", "sleeps"]) == {"sleeps"}
        assert [row.target for row in outbox.waiting_destinations(conn)] == ["sleeps"]
        outbox.pause(conn, ["later"], "revoked")
        outbox.pause(conn, ["same"], "other")
        assert outbox.resume(conn, "revoked") == 1
        paused = conn.scalars(sa.select(destinations.c.target).where(destinations.c.paused_reason.is_not(None)))
        assert list(paused) == ["same"]


def test_messages_are_looked_over_where_something_was_sent_and_by_one_worker(db: Database) -> None:
    with db.write() as conn:
        outbox.call(conn, dict.fromkeys(("c", "b", "a", "old", "idle"), 1))
        sent = (("a", 50), ("b", 50), ("b", 49), ("b", 60), ("c", 70), ("old", 49))
        outbox.add(conn, [delivery(f"{to}{at}", target=to, state="sent", sending_at=at) for to, at in sent])
        outbox.add(conn, [delivery("late", target="idle", state="unknown", sending_at=70)])
        assert outbox.to_sweep(conn, upto=100, since=50) == ["a", "b", "c"]
        assert outbox.take_sweep(conn, "a", upto=100, at=101)
        assert not outbox.take_sweep(conn, "a", upto=100, at=102)
        assert outbox.take_sweep(conn, "b", upto=100, at=90)
        assert outbox.to_sweep(conn, upto=100, since=50) == ["c", "b"], "the longest first, and never before all"
        assert outbox.to_sweep(conn, upto=89, since=50) == ["c"]
        assert outbox.to_sweep(conn, upto=90, since=50) == ["c", "b"]
        assert outbox.take_sweep(conn, "b", upto=90, at=95)
        outbox.add(
            conn, [delivery(key, target="b", state="sent", sending_at=at) for key, at in (("a", 70), ("b5", 50))]
        )
        assert [row.id for row in outbox.sent_since(conn, "b", 50)] == ["b5", "b50", "b60", "a"]
