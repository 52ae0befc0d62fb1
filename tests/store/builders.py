"""Rows with good defaults, and a look at the statements that a call sends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from stalewatch.store.engine import Database

DAY = 86_400_000_000


def deal(id_: str, **values: Any) -> dict[str, Any]:
    """An open deal of connection `sf` called after its id."""
    row = {
        "id": f"sf:{id_}",
        "connection": "sf",
        "external_id": id_,
        "object": "deal",
        "name": f"Deal {id_}",
        "owner": "sf:sato",
        "is_open": True,
        "stage": "proposal",
        "amount": 100_00,
        "fields": {"pain": "slow"},
        "gone_at": None,
        "seen_at": 1,
        "first_seen_at": 1,
    }
    return {**row, **values}


def lead(id_: str, **values: Any) -> dict[str, Any]:
    """An open lead of connection `sf`."""
    row = {"id": f"sf:{id_}", "connection": "sf", "external_id": id_, "object": "lead", "name": f"Lead {id_}"}
    return {**row, "owner": "sf:sato", "is_open": True, "status": "new", **values}


def change(record: str, field: str, at: int, value: Any, *, source: str = "seen", ordinal: int = 0) -> dict[str, Any]:
    """A field of a record had this value from `at` on."""
    row = {"record_id": record, "field": field, "at": at, "ordinal": ordinal, "value": value}
    return {**row, "source": source, "seen_at": 99}


def clock(record: str, next_at: int | None, **values: Any) -> dict[str, Any]:
    """The deadlines of a record of connection `sf`."""
    row = {"record_id": record, "connection": "sf", "object": "deal", "entries": [["r", next_at]], "next_at": next_at}
    return {**row, "breach_at": next_at, "ruleset": "v1", "judged_at": 5, **values}


def alert(record: str, rule: str = "quiet", episode: int = 1, **values: Any) -> dict[str, Any]:
    """A breached, open alert of a record, breached at 100."""
    row = {
        "id": f"{rule}/{record}:{episode}",
        "fingerprint": f"{rule}/{record}",
        "episode": episode,
        "rule_id": rule,
        "object": "deal",
        "record_id": record,
        "connection": "sf",
        "severity": "warning",
        "state": "open",
        "breach_at": 100,
        "breached_at": 100,
        "due_at": None,
        "opened_at": 100,
    }
    return {**row, **values}


def notice(key: str, **values: Any) -> dict[str, Any]:
    """A pending notice to Sato."""
    row = {"key": key, "alert_id": "a", "record_id": "sf:1", "rule_id": "quiet", "kind": "breach", "n": 1}
    place = {"target": "person:sato", "style": "digest", "state": "pending", "not_before": None, "created_at": 10}
    return {**row, **place, **values}


def delivery(id_: str, **values: Any) -> dict[str, Any]:
    """A delivery to Sato that is ready."""
    row = {"id": id_, "key": f"key-{id_}", "target": "person:sato", "style": "digest", "state": "ready"}
    return {**row, "created_at": 10, "body": {"title": "3 deals"}, **values}


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """The statements (text, parameters) sent within the block, transaction control left out."""
    sent: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            sent.append((statement, parameters))

    event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(sa.Engine, "before_cursor_execute", note)


def plan(db: Database, call: Callable[[sa.Connection], Any]) -> str:
    """How the database would run the last statement that `call` sends."""
    with db.read() as conn:
        with statements() as sent:
            call(conn)
        text, parameters = sent[-1]
        words = "EXPLAIN QUERY PLAN" if db.is_sqlite else "EXPLAIN"
        return "\n".join(str(tuple(row)) for row in conn.exec_driver_sql(f"{words} {text}", parameters))


def analyze(db: Database) -> None:
    """Let the database count its rows, as it does by itself in time."""
    with db.write() as conn:
        conn.exec_driver_sql("ANALYZE")
