"""Waits: why a deal may be quiet until a date. All of a record's waits are kept, the ended ones too."""

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


def end(conn: Connection, ids: Collection[str], at: int, because: str) -> list[str]:
    """End waits, by their own ids, that have not ended; return the ids of their records."""
    running = sa.and_(among(conn, waits.c.id, sorted(ids)), waits.c.ended_at.is_(None))
    records = sorted(set(conn.scalars(sa.select(waits.c.record_id).where(running))))
    if records:
        conn.execute(sa.update(waits).where(running).values(ended_at=at, ended_because=because))
    return records
