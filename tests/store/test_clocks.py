"""Deadlines: found by their next edge through the index, and none slips below the watermark."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from stalewatch.store import clocks, records
from stalewatch.store.clocks import BEGINNING
from stalewatch.store.engine import Connection, Database
from tests.patience import PATIENCE
from tests.store.builders import analyze, clock, deal, plan


def store(db: Database, *rows: dict[str, Any]) -> int:
    with db.write() as conn:
        return clocks.upsert(conn, rows)


def due(db: Database, upto: int, *, limit: int = 100, connection: str = "sf") -> list[str]:
    with db.read() as conn:
        since = clocks.watermark(conn, connection)
        return clocks.due(conn, connection, upto, since=since, limit=limit)


def tick(db: Database, now: int) -> list[str]:
    """What a tick does, but for judging: what was due has nothing ahead any more."""
    with db.write() as conn:
        since = clocks.lock(conn, "sf")
        ids = clocks.due(conn, "sf", now, since=since, limit=100)
        clocks.upsert(conn, [clock(id_, None) for id_ in ids])
        clocks.advance(conn, "sf", now)
        return ids


def test_what_is_due_comes_in_order_and_only_of_its_connection(db: Database) -> None:
    store(db, clock("c", 30), clock("a", 20), clock("b", 10), clock("none", None))
    store(db, clock("other", 5, connection="hs"))
    assert due(db, 30) == ["b", "a", "c"]
    assert due(db, 20) == ["b", "a"]
    assert due(db, 30, limit=1) == ["b"]
    assert due(db, 9) == []
    assert due(db, 9, connection="hs") == ["other"]


def test_an_unchanged_row_is_left_alone_whenever_it_was_judged(db: Database) -> None:
    assert store(db, clock("a", 20), clock("b", None)) == 2
    assert store(db, clock("a", 20, judged_at=99), clock("b", None, judged_at=99)) == 0
    assert store(db, clock("a", 20, entries=[["r", 21]], judged_at=99), clock("b", 7, judged_at=99)) == 2


def test_entries_come_back_as_the_type_asked_for(db: Database) -> None:
    store(db, clock("a", 20), clock("b", None, entries=[]))
    with db.read() as conn:
        assert clocks.entries(conn, ["a", "b", "?"], list[tuple[str, int]]) == {"a": [("r", 20)], "b": []}


def test_a_scan_begins_at_the_watermark_and_misses_nothing(db: Database) -> None:
    store(db, clock("a", 10), clock("b", 20))
    assert tick(db, 15) == ["a"]
    store(db, clock("late", 3), clock("same", 15))
    with db.read() as conn:
        assert clocks.watermark(conn, "sf") == 15
        assert clocks.watermark(conn, "hs") == BEGINNING
        assert clocks.next_edge(conn, "sf") == 15
    assert sorted(tick(db, 15)) == ["late", "same"], "a back-dated edge is due at once"
    assert tick(db, 25) == ["b"]
    assert tick(db, 25) == []


def test_the_watermark_never_moves_back_by_itself(db: Database) -> None:
    tick(db, 50)
    tick(db, 20)
    with db.read() as conn:
        assert clocks.watermark(conn, "sf") == 50


def test_a_clock_turned_back_lets_everything_be_judged_again(db: Database) -> None:
    store(db, clock("a", 10), clock("b", 90))
    tick(db, 50)
    with db.write() as conn:
        clocks.rewind(conn, "sf", 5)
        assert clocks.stale(conn, "sf", "v1", limit=10) == ["a", "b"]
    store(db, clock("a", 10), clock("b", 90))
    with db.read() as conn:
        assert clocks.stale(conn, "sf", "v1", limit=10) == []
        assert clocks.stale(conn, "sf", "v2", limit=1) == ["a"]
    assert tick(db, 20) == ["a"]


def test_a_writer_of_clocks_and_a_tick_do_not_pass_each_other(db: Database) -> None:
    """A sync that began before the tick stores an edge which the tick's watermark would otherwise leave behind."""
    tick(db, 10)
    ticked: list[str] = []
    with db.write() as conn:
        clocks.upsert(conn, [clock("edge", 12)])
        thread = threading.Thread(target=lambda: ticked.extend(tick(db, 40)))
        thread.start()
        thread.join(0.3)
        assert thread.is_alive(), "the tick waits for the writer"
    thread.join(PATIENCE)
    assert ticked == ["edge"]


def test_who_says_first_that_clocks_will_follow_is_not_blocked_crosswise(db: Database) -> None:
    """A page that changes a deal before its clocks, and a tick that changes the same deal."""
    with db.write() as conn:
        records.upsert_deals(conn, [deal("a")])
        clocks.upsert(conn, [clock("sf:a", 5)])

    def end_its_meeting() -> None:
        with db.write() as conn:
            clocks.lock(conn, "sf")
            records.update(conn, "deal", [{"id": "sf:a", "next_meeting_at": None}])

    with db.write() as conn:
        clocks.share(conn, "sf")
        thread = threading.Thread(target=end_its_meeting)
        thread.start()
        thread.join(0.2)
        records.upsert_deals(conn, [deal("a", stage="approval")])
        clocks.upsert(conn, [clock("sf:a", 9)])
    thread.join(PATIENCE)
    with db.read() as conn:
        assert clocks.next_edge(conn, "sf") == 9


def test_two_writers_do_not_wait_for_each_other_on_postgresql(db: Database) -> None:
    if db.is_sqlite:
        return
    tick(db, 10)
    with db.write() as one, db.write() as other:
        clocks.upsert(one, [clock("a", 20)])
        other.exec_driver_sql("SET LOCAL lock_timeout = '2s'")
        assert clocks.upsert(other, [clock("b", 20)]) == 1


def test_the_next_seven_days(db: Database) -> None:
    store(db, clock("a", 10), clock("b", 20, breach_at=25), clock("c", 30), clock("d", None))
    with db.read() as conn:
        assert [tuple(row) for row in clocks.due_between(conn, "sf", 10, 30)] == [("b", 20, 25), ("c", 30, 30)]


def test_counts_and_forgetting(db: Database) -> None:
    store(db, clock("a", 10), clock("b", 20), clock("c", None), clock("x", 5, connection="hs"))
    with db.write() as conn:
        assert [tuple(row) for row in clocks.counts(conn, 15)] == [("hs", 1, 1, 1, 5), ("sf", 3, 2, 1, 10)]
        clocks.delete(conn, ["a", "b", "?"])
        assert [tuple(row) for row in clocks.counts(conn, 15)] == [("hs", 1, 1, 1, 5), ("sf", 1, 0, 0, None)]


@pytest.fixture
def many(db: Database) -> Database:
    """20,000 clocks of two connections, a tenth of them without an edge."""
    rows = [clock(f"{n:05}", None if n % 10 == 0 else n, connection=("sf", "hs")[n % 2]) for n in range(20_000)]
    store(db, *rows)
    analyze(db)
    return db


def test_the_tick_reads_one_range_of_the_index(many: Database) -> None:
    def scan(conn: Connection) -> None:
        clocks.due(conn, "sf", 120, since=100, limit=1000)

    found = plan(many, scan)
    assert "ix_clocks_due" in found
    if many.is_sqlite:
        assert "next_at>? AND next_at<?" in found
        assert "TEMP B-TREE" not in found
    else:
        assert "next_at >=" in found


def test_the_next_edge_is_one_look_into_the_index(many: Database) -> None:
    def look(conn: Connection) -> None:
        clocks.next_edge(conn, "sf")

    assert "ix_clocks_due" in plan(many, look)


def test_what_was_looked_at_gets_its_next_edge(db: Database) -> None:
    store(db, clock("a", 10), clock("b", 11))
    with db.write() as conn:
        edges = {"a": 90, "b": None, "?": 1}
        assert clocks.rearm(conn, [{"record_id": one, "next_at": edge} for one, edge in edges.items()]) == 2
        assert clocks.next_edge(conn, "sf") == 90
        assert {row.record_id: (row.next_at, row.ruleset) for row in clocks.stored(conn, ["a", "b", "?"])} == {
            "a": (90, "v1"),
            "b": (None, "v1"),
        }


def test_another_coverage_makes_every_deadline_of_the_connection_stale(db: Database) -> None:
    store(db, clock("a", 10), clock("x", 10, connection="hs"))
    with db.write() as conn:
        clocks.forget_ruleset(conn, "sf")
        assert clocks.stale(conn, "sf", "v1", limit=9) == ["a"]
        assert clocks.stale(conn, "hs", "v1", limit=9) == []
