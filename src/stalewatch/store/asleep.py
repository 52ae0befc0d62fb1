"""Destinations that sleep although there is something for them: whatever was to wake them was missed.

Whoever writes a notice calls its destination in the same transaction, and one that has something left is never put to
sleep. That is one chain of edges; here the level is looked at, so that a broken link costs a minute and not a message.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store.notices import PENDING
from stalewatch.store.tables import deliveries, destinations, notices


def asleep(conn: Connection, upto: int) -> list[str]:
    """Targets with a notice that is ripe by now, or a message under way, whom no time will wake: their destination is
    due at no time or is missing, and is neither paused nor set aside, which have wakings of their own.

    It costs a look into an index for each target that ever had a notice, however many notices there were.
    """
    return list(conn.scalars(_statement(), {"upto": upto}))


@cache
def _statement() -> sa.Select[str]:
    """Built once: putting it together costs more than running it."""
    there = _targets()
    told = sa.select(there.c.target).where(there.c.target.is_not(None), _has_ripe(there.c.target))
    under_way = sa.select(deliveries.c.target).where(deliveries.c.state.in_(("ready", "sending", "unknown")))
    waiting = sa.union(told, under_way).subquery("waiting")
    rows = waiting.outerjoin(destinations, destinations.c.target == waiting.c.target)
    idle = (destinations.c.due_at, destinations.c.parked_at, destinations.c.paused_reason)
    statement = sa.select(waiting.c.target).select_from(rows).where(*(column.is_(None) for column in idle))
    return statement.order_by(waiting.c.target)


def _targets() -> sa.CTE:
    """Every target of a notice, each found from the one before it: DISTINCT would read every notice."""
    first = sa.select(sa.func.min(notices.c.target).label("target")).cte("targets", recursive=True)
    after = sa.select(sa.func.min(notices.c.target)).where(notices.c.target > first.c.target)
    following = sa.select(after.correlate(first).scalar_subquery()).where(first.c.target.is_not(None))
    return first.union_all(following)


def _has_ripe(target: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    upto = sa.bindparam("upto", type_=sa.BigInteger())
    ripe = sa.or_(notices.c.not_before.is_(None), notices.c.not_before <= upto)
    return sa.exists().where(notices.c.target == target, notices.c.state == PENDING, ripe)
