"""How much work of each kind waits, is held and was set aside: figures over the rows that are claimed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store.expressions import database_now
from stalewatch.store.leases import CONNECTIONS, DESTINATIONS, INBOX, KPIS, WRITEBACKS, Leased

KINDS: Final[Mapping[str, Leased]] = {
    "sync": CONNECTIONS,
    "dispatch": DESTINATIONS,
    "answer": INBOX,
    "write": WRITEBACKS,
    "measure": KPIS,
}
"""What the work on such rows is called."""


class Waiting(NamedTuple):
    """One kind of work.

    Attributes:
        due: rows that are due and that nobody holds; oldest: since when the first of them is, None: none is.
        leased: rows that somebody holds. parked: rows that were set aside.
    """

    due: int
    oldest: int | None
    leased: int
    parked: int


def waiting(conn: Connection, now: int) -> dict[str, Waiting]:
    """Every kind of work at one moment; a connection and a destination have one row each, so this counts few."""
    return {kind: _waiting(conn, leased, now) for kind, leased in KINDS.items()}


def _waiting(conn: Connection, leased: Leased, now: int) -> Waiting:
    table = leased.table
    is_held, is_parked = table.c.lease_until > database_now(), table.c.parked_at.is_not(None)
    is_due = sa.and_(table.c.due_at <= now, sa.not_(is_held), sa.not_(is_parked))
    if leased.halted is not None:
        is_due = sa.and_(is_due, table.c[leased.halted].is_(None))
    row = conn.execute(
        sa.select(
            _counted(is_due),
            sa.func.min(sa.case((is_due, table.c.due_at))),
            _counted(sa.and_(is_held, sa.not_(is_parked))),
            _counted(is_parked),
        ).where(sa.or_(table.c.due_at.is_not(None), is_held, is_parked))
    ).one()
    return Waiting(int(row[0] or 0), row[1], int(row[2] or 0), int(row[3] or 0))


def _counted(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((condition, 1), else_=0))
