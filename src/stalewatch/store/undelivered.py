"""What reached nobody, and what has come to a halt: read for the dashboard, and counted for each of its pages."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store.bulk import Found
from stalewatch.store.notices import CLAIMED, HELD
from stalewatch.store.outbox import UNFINISHED
from stalewatch.store.tables import connections, deliveries, destinations, notices

ENDED: Final = ("dead", "parked")

_IS_HELD: Final = notices.c.state == sa.literal_column(f"'{HELD}'")
"""Written out and not bound: only so does a database know that `ix_notices_held` has all of them."""
_IS_STUCK: Final = sa.and_(
    deliveries.c.state.in_([sa.literal_column(f"'{state}'") for state in ENDED]),  # likewise `ix_deliveries_ended`
    sa.exists().where(notices.c.delivery_id == deliveries.c.id, notices.c.state == CLAIMED),
)
"""Given up, or of unknown fate, while it still carries something that nobody was told."""


def count(conn: Connection, *, but: str, most: int) -> int:
    """How many messages reached nobody and how many things are at a halt, in one statement.

    Of each kind of message up to `most` are counted. Notices held for the reason `but` are not.
    """
    counts = (
        _up_to(most, sa.select(sa.literal(1)).select_from(notices).where(_held_but(but))),
        _up_to(most, sa.select(sa.literal(1)).select_from(deliveries).where(_IS_STUCK)),
        sa.select(sa.func.count()).select_from(connections).where(connections.c.parked_at.is_not(None)),
        sa.select(sa.func.count()).select_from(destinations).where(destinations.c.parked_at.is_not(None)),
        sa.select(sa.func.count(sa.distinct(destinations.c.paused_reason))),
    )
    return sum(conn.execute(sa.select(*(one.scalar_subquery() for one in counts))).one())


def held(conn: Connection, *, but: str, limit: int) -> list[Found]:
    """Notices that are held for another reason than `but`, by reason, and the oldest first."""
    there = sa.select(notices).where(_held_but(but))
    return list(conn.execute(there.order_by(notices.c.reason, notices.c.created_at, notices.c.key).limit(limit)))


def held_by_reason(conn: Connection, *, but: str) -> dict[str, int]:
    """How many notices are held for each reason but one."""
    statement = sa.select(notices.c.reason, sa.func.count()).where(_held_but(but)).group_by(notices.c.reason)
    return {row[0] or "": row[1] for row in conn.execute(statement.order_by(notices.c.reason))}


def stuck(conn: Connection, *, limit: int) -> list[Found]:
    """Deliveries that are dead or parked and still carry something nobody was told, the oldest first."""
    there = sa.select(deliveries).where(_IS_STUCK)
    return list(conn.execute(there.order_by(deliveries.c.created_at, deliveries.c.id).limit(limit)))


def under_way(conn: Connection) -> int:
    """How many deliveries are not finished, and go on by themselves."""
    wanted = deliveries.c.state.in_(UNFINISHED)
    return conn.execute(sa.select(sa.func.count()).select_from(deliveries).where(wanted)).scalar_one()


def _held_but(reason: str) -> sa.ColumnElement[bool]:
    return sa.and_(_IS_HELD, notices.c.reason.is_distinct_from(reason))


def _up_to(most: int, rows: sa.Select[Any]) -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(rows.limit(most).subquery())
