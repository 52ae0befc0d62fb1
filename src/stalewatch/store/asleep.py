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

    It costs a few looks into indexes for each target that ever had a notice, however many notices there were.
    """
    return list(conn.scalars(_statement(), {"upto": upto}))


@cache
def _statement() -> sa.Select[str]:
    """Built once: putting it together costs more than running it."""
    there = _targets()
    idle = (destinations.c.due_at, destinations.c.parked_at, destinations.c.paused_reason)
    sleeps = sa.select(destinations.c.target).where(*(column.is_(None) for column in idle))
    is_there = sa.exists().where(destinations.c.target == there.c.target)
    missing = sa.select(there.c.target).where(there.c.target.is_not(None), ~is_there)
    idlers = sa.union_all(sleeps, missing).subquery("idlers")
    waits = sa.or_(_has_ripe(idlers.c.target), _is_under_way(idlers.c.target))
    return sa.select(idlers.c.target).where(waits).order_by(idlers.c.target)


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


def _is_under_way(target: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Asked target by target: of the states SQLite believes, once it has counted, that every row has each of them."""
    states = ("ready", "sending", "unknown")
    return sa.exists().where(deliveries.c.target == target, deliveries.c.state.in_(states))
