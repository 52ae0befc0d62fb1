"""Events that `each` rules follow: a meeting, a proposal sent. One row per event, found by its subject."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store.bulk import Found, Row
from stalewatch.store.expressions import among
from stalewatch.store.tables import events

WAS_LATE: Final = "was_late"
"""Not of the catalogue: an alert that has opened again was late from `began` to `at`; its subject is the alert's id, a
colon, and the instant at which it opened again."""


def add(conn: Connection, rows: Sequence[Row]) -> int:
    """Store events (record_id, kind, subject, at, began), or move those that are there; return how many changed."""
    return bulk.upsert(conn, events, rows)


def read(conn: Connection, ids: Collection[str], kinds: Collection[str]) -> list[Found]:
    """Events (record_id, kind, subject, at, began) of these records, sorted by record, kind, time and subject."""
    found: list[Found] = []
    order = (events.c.record_id, events.c.kind, events.c.at, events.c.subject)
    for chunk in bulk.chunks(sorted(ids)):
        found.extend(conn.execute(sa.select(events).where(*_of(conn, chunk, kinds)).order_by(*order)).all())
    return found


def replace(conn: Connection, ids: Collection[str], kinds: Collection[str], rows: Sequence[Row]) -> None:
    """Let these be all events of these kinds that the records have: what is no longer so starts no clock."""
    told = {(row["record_id"], row["kind"], row["subject"]): row for row in rows}
    there: dict[tuple[str, str, str], tuple[int, int]] = {}
    for chunk in bulk.chunks(sorted(ids)):
        for record, kind, subject, at, began in bulk.tuples(conn, sa.select(events).where(*_of(conn, chunk, kinds))):
            there[record, kind, subject] = at, began
    remove(conn, [key for key in there if key not in told])
    add(conn, [row for key, row in told.items() if there.get(key) != (row["at"], row["began"])])


def remove(conn: Connection, keys: Sequence[tuple[str, str, str]]) -> int:
    """Take events back, by (record_id, kind, subject); return how many there were."""
    return bulk.delete(conn, events, [{"record_id": one, "kind": two, "subject": three} for one, two, three in keys])


def _of(conn: Connection, ids: Collection[str], kinds: Collection[str]) -> tuple[sa.ColumnElement[bool], ...]:
    return among(conn, events.c.record_id, ids), among(conn, events.c.kind, sorted(kinds))
