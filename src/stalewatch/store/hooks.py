"""Events for webhooks. An alert that changes is marked in the transaction that changes it, while there are webhooks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk, facts
from stalewatch.store.bulk import Found, Row
from stalewatch.store.expressions import among
from stalewatch.store.tables import destinations, hook_events, hook_marks, notices

_ON: Final = "webhooks"


def turn(conn: Connection, on: bool) -> None:
    """Mark alerts that change from now on, or no more."""
    if on:
        facts.begin(conn, _ON, True)
    else:
        facts.forget(conn, _ON)
        conn.execute(sa.delete(hook_marks))


def is_on(conn: Connection) -> bool:
    """Whether alerts that change are marked."""
    return facts.read(conn, _ON) is not None


def mark(conn: Connection, alert_ids: Collection[str]) -> None:
    """These alerts change in this transaction."""
    if alert_ids and is_on(conn):
        conn.execute(sa.insert(hook_marks), [{"alert_id": one} for one in sorted(alert_ids)])


def marked(conn: Connection, limit: int) -> list[Found]:
    """(id, alert_id) of the first marks."""
    return list(conn.execute(sa.select(hook_marks).order_by(hook_marks.c.id).limit(limit)))


def known(conn: Connection, prefix: str) -> list[str]:
    """The targets of webhooks that ever had an event to be told."""
    return list(conn.scalars(sa.select(destinations.c.target).where(destinations.c.target.startswith(prefix))))


def take(conn: Connection, marks: Collection[int]) -> int:
    """Remove marks; how many there were, which is fewer if another worker has taken some."""
    return conn.execute(sa.delete(hook_marks).where(hook_marks.c.id.in_(marks))).rowcount


def add(conn: Connection, rows: Sequence[Row]) -> list[str]:
    """Remember events (id, alert_id, type, at, data); answer with the ids of those that are new."""
    known = {row.id for row in bulk.read(conn, [hook_events.c.id], hook_events.c.id, [row["id"] for row in rows])}
    new = [row for row in rows if row["id"] not in known]
    bulk.insert(conn, hook_events, new)
    return [row["id"] for row in new]


def one(conn: Connection, event: str) -> Found | None:
    """An event; None if nobody knows it."""
    return conn.execute(sa.select(hook_events).where(hook_events.c.id == event)).one_or_none()


def forget(conn: Connection, *, before: int, limit: int) -> int:
    """Empty what events before an instant said; their ids stay, so that none is told twice."""
    old = sa.and_(hook_events.c.at < before, hook_events.c.data.is_not(None))
    ids = sa.select(hook_events.c.id).where(old).limit(limit).scalar_subquery()
    return conn.execute(sa.update(hook_events).where(hook_events.c.id.in_(ids)).values(data=sa.null())).rowcount


def drop_others(conn: Connection, targets: Collection[str], prefix: str) -> int:
    """Say nothing to webhooks that are configured no more; return how many events that were."""
    other = sa.and_(notices.c.target.startswith(prefix), sa.not_(among(conn, notices.c.target, sorted(targets))))
    waiting = sa.and_(other, notices.c.state.in_(("pending", "held")))
    conn.execute(
        sa.update(destinations)
        .where(destinations.c.target.startswith(prefix), sa.not_(among(conn, destinations.c.target, sorted(targets))))
        .values(due_at=None)
    )
    gone: dict[str, Any] = {"state": "dropped", "reason": "not_configured"}
    return conn.execute(sa.update(notices).where(waiting).values(gone)).rowcount
