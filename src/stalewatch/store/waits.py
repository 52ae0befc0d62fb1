"""Waits: why a deal may be quiet until a date. All of a record's waits are kept, the ended ones too.

A row has id, record_id, set_at, until_day, reason, who, evidence, set_by, and `due_at`, the moment at which its day
begins: by then it ends by itself, if nothing else has ended it (`ended_at`, `ended_because`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store.bulk import Found, Row
from stalewatch.store.expressions import among
from stalewatch.store.tables import waits


def add(conn: Connection, rows: Sequence[Row]) -> int:
    """Store waits that are not there yet, by id; return how many were new."""
    return bulk.insert(conn, waits, rows)


def read(conn: Connection, ids: Collection[str]) -> list[Found]:
    """All waits of these records, sorted by record and time."""
    found: list[Found] = []
    for chunk in bulk.chunks(sorted(ids)):
        there = sa.select(waits).where(among(conn, waits.c.record_id, chunk))
        found.extend(conn.execute(there.order_by(waits.c.record_id, waits.c.set_at, waits.c.id)))
    return found


def running(conn: Connection, record_ids: Collection[str]) -> set[str]:
    """Of these records, those that wait."""
    found: set[str] = set()
    for chunk in bulk.chunks(sorted(record_ids)):
        there = sa.and_(among(conn, waits.c.record_id, chunk), waits.c.ended_at.is_(None))
        found.update(conn.scalars(sa.select(waits.c.record_id).where(there)))
    return found


def awaiting(conn: Connection, record_ids: Collection[str]) -> list[Found]:
    """The waits of these records that run until something happens (`ends`), by record and id."""
    found: list[Found] = []
    for chunk in bulk.chunks(sorted(record_ids)):
        there = sa.and_(among(conn, waits.c.record_id, chunk), waits.c.ended_at.is_(None), waits.c.ends.is_not(None))
        found.extend(conn.execute(sa.select(waits).where(there).order_by(waits.c.record_id, waits.c.id)))
    return found


def over(conn: Connection, by: int, limit: int) -> list[Found]:
    """The waits whose day has come by then and that have not ended, the earliest first."""
    there = sa.select(waits).where(waits.c.ended_at.is_(None), waits.c.due_at <= by)
    return list(conn.execute(there.order_by(waits.c.due_at, waits.c.id).limit(limit)))


def next_due(conn: Connection) -> int | None:
    """When the next day of a wait comes; None if nothing waits."""
    there = sa.select(sa.func.min(waits.c.due_at)).where(waits.c.ended_at.is_(None), waits.c.due_at.is_not(None))
    return conn.execute(there).scalar_one_or_none()


def end(conn: Connection, ids: Collection[str], at: int, because: str) -> list[str]:
    """End waits, by their own ids, that have not ended; return the ids of their records."""
    running = sa.and_(among(conn, waits.c.id, sorted(ids)), waits.c.ended_at.is_(None))
    records = sorted(set(conn.scalars(sa.select(waits.c.record_id).where(running))))
    if records:
        conn.execute(sa.update(waits).where(running).values(ended_at=at, ended_because=because))
    return records
