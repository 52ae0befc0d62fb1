"""The processes that do the work, each by a row that it renews: who looks for one that is gone finds it here."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.domain.instants import DAY
from stalewatch.store import bulk
from stalewatch.store.bulk import Found, Row
from stalewatch.store.expressions import database_now
from stalewatch.store.tables import workers

REMEMBERED: Final = DAY
"""So long it is remembered that a process was there which left without a word."""


def say_alive(conn: Connection, row: Row) -> None:
    """Note that a process works now, by the database's clock; and forget those that were seen long ago.

    Args:
        row: `id`, `engine`, `host`, `version`, `kinds` (by commas) and `pid`.
    """
    now = int(conn.execute(sa.select(database_now())).scalar_one())
    bulk.upsert(conn, workers, [{**row, "began_at": now, "seen_at": now}], keep=("began_at",))
    conn.execute(sa.delete(workers).where(workers.c.seen_at < now - REMEMBERED))


def leave(conn: Connection, identity: str) -> None:
    """A process has ended in good order; the last of all stays, so that it is known since when nobody works."""
    others = sa.select(sa.literal(1)).where(workers.alias("others").c.id != identity).exists()
    conn.execute(sa.delete(workers).where(workers.c.id == identity, others))


def read(conn: Connection) -> list[Found]:
    """Every process that worked in the last day and did not say good-bye, the last seen first."""
    return list(conn.execute(sa.select(workers).order_by(workers.c.seen_at.desc(), workers.c.id)))
