"""Alerts: one row an episode, the newest decides, and nobody overwrites what he has not read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from stalewatch.store import alerts
from stalewatch.store.engine import Connection, Database
from stalewatch.store.errors import ChangedMeanwhile
from tests.databases import POSTGRESQL_DAILY, opened
from tests.store.builders import alert, analyze, plan, statements


def test_the_newest_episode_of_each_problem(db: Database) -> None:
    with db.write() as conn:
        alerts.insert(conn, [alert("sf:1", episode=n) for n in (1, 2, 10)])
        alerts.insert(conn, [alert("sf:2", state="resolved")])
        found = alerts.latest(conn, ["quiet/sf:1", "quiet/sf:2", "quiet/sf:3"])
        assert {key: row.episode for key, row in found.items()} == {"quiet/sf:1": 10, "quiet/sf:2": 1}
        assert [row.id for row in alerts.latest_of(conn, ["sf:1", "sf:2"])] == ["quiet/sf:1:10", "quiet/sf:2:1"]


def test_only_open_alerts_of_a_record_count_as_open(db: Database) -> None:
    with db.write() as conn:
        alerts.insert(conn, [alert("sf:1", state="resolved"), alert("sf:1", "late"), alert("sf:2", state="shadow")])
        assert [row.id for row in alerts.open_for(conn, ["sf:1", "sf:2", "sf:3"])] == ["late/sf:1:1", "quiet/sf:2:1"]
        assert [row.id for row in alerts.open_of_rule(conn, "quiet")] == ["quiet/sf:2:1"]
        counted = [tuple(row) for row in alerts.counts(conn)]
        assert counted == [("late", "open", 1), ("quiet", "shadow", 1)]
        assert [row.rule_id for row in alerts.history(conn, "sf:1")] == ["late", "quiet"]


def test_an_alert_is_changed_at_the_version_it_was_read_at(db: Database) -> None:
    with db.write() as conn:
        alerts.insert(conn, [alert("sf:1"), alert("sf:2")])
        rows = [{"id": f"quiet/sf:{n}:1", "version": 0, "state": "snoozed", "due_at": n} for n in (1, 2)]
        assert alerts.update(conn, rows) == 2
        found = alerts.by_id(conn, ["quiet/sf:1:1", "quiet/sf:2:1", "?"])
    assert {row.id: (row.state, row.due_at, row.version) for row in found.values()} == {
        "quiet/sf:1:1": ("snoozed", 1, 1),
        "quiet/sf:2:1": ("snoozed", 2, 1),
    }


def test_who_read_an_older_version_changes_nothing_at_all(db: Database) -> None:
    with db.write() as conn:
        alerts.insert(conn, [alert("sf:1"), alert("sf:2")])
        alerts.update(conn, [{"id": "quiet/sf:1:1", "version": 0, "state": "snoozed"}])
    stale = [{"id": f"quiet/sf:{n}:1", "version": 0, "state": "resolved"} for n in (1, 2)]
    with pytest.raises(ChangedMeanwhile, match="1 of 2"), db.write() as conn:
        alerts.update(conn, stale)
    with db.read() as conn:
        assert {row.state for row in alerts.by_id(conn, ["quiet/sf:1:1", "quiet/sf:2:1"]).values()} == {
            "snoozed",
            "open",
        }


def test_one_episode_is_opened_once(db: Database) -> None:
    with db.write() as conn:
        alerts.insert(conn, [alert("sf:1")])
    with pytest.raises(ChangedMeanwhile), db.write() as conn:
        alerts.insert(conn, [alert("sf:1", id="another id")])


def test_timers_come_due_in_order(db: Database) -> None:
    with db.write() as conn:
        alerts.insert(
            conn, [alert("sf:1", due_at=30), alert("sf:2", due_at=10), alert("sf:3"), alert("sf:4", due_at=20)]
        )
        assert [row.record_id for row in alerts.timers_due(conn, 20, limit=9)] == ["sf:2", "sf:4"]
        assert [row.record_id for row in alerts.timers_due(conn, 99, limit=1)] == ["sf:2"]
        assert alerts.timers_due(conn, 99, limit=9, connection="hs") == []
        assert alerts.next_timer(conn) == 10


@pytest.fixture
def many(db: Database) -> Database:
    """10,000 alerts, one in a hundred open and with a timer."""
    rows = [
        alert(f"sf:{n}", state="resolved" if n % 100 else "open", due_at=None if n % 100 else n) for n in range(10_000)
    ]
    with db.write() as conn:
        alerts.insert(conn, rows)
    analyze(db)
    return db


def test_timers_are_found_by_their_index(many: Database) -> None:
    def scan(conn: Connection) -> None:
        alerts.timers_due(conn, 500, limit=100)

    assert "ix_alerts_due_at" in plan(many, scan)


def test_open_alerts_of_records_are_found_by_an_index(many: Database) -> None:
    def look(conn: Connection) -> None:
        alerts.open_for(conn, ["sf:100", "sf:200"])

    assert "ix_alerts_" in plan(many, look)


def test_a_thousand_alerts_take_as_many_statements_as_one(many: Database) -> None:
    with many.write() as conn:
        with statements() as few:
            alerts.latest(conn, ["quiet/sf:0"])
            alerts.update(conn, [{"id": "quiet/sf:0:1", "version": 0, "state": "open"}])
        with statements() as more:
            alerts.latest(conn, [f"quiet/sf:{n}" for n in range(1000)])
            alerts.update(conn, [{"id": f"quiet/sf:{n}:1", "version": 0, "state": "open"} for n in range(1, 1000)])
    assert len(more) == len(few) == 4, "PostgreSQL locks them first, SQLite looks what the stalled list tells of them"


@POSTGRESQL_DAILY
def test_whoever_changes_many_alerts_at_once_waits_in_line_and_never_in_a_circle(
    migrated_database_url: str,
) -> None:
    """A tick takes a page of alerts one step, while a message that carried the same ones is noted as told."""
    db = opened(migrated_database_url)
    ids = [f"quiet/sf:{number}:1" for number in range(300)]
    with db.write() as conn:
        alerts.insert(conn, [alert(f"sf:{number}") for number in range(300)])

    def tick(order: Sequence[str]) -> None:
        with db.write() as conn:
            versions = {row.id: row.version for row in alerts.by_id(conn, ids).values()}
            alerts.update(conn, [{"id": one, "version": versions[one], "due_at": 1} for one in order])

    def told(order: Sequence[str]) -> None:
        with db.write() as conn:
            alerts.ring(conn, order, 2)

    def works(what: Callable[[Sequence[str]], None], order: Sequence[str]) -> None:
        for _ in range(25):
            with suppress(ChangedMeanwhile):  # somebody else was quicker: a tick would read again
                what(order)

    with ThreadPoolExecutor(4) as threads:
        orders = [ids, ids[::-1], ids[150:] + ids[:150], ids[::3] + ids[1::3] + ids[2::3]]
        running = [threads.submit(works, what, order) for what, order in zip((tick, told) * 2, orders, strict=True)]
    assert [work.exception() for work in running] == [None] * 4
    db.dispose()
