"""Edits: of every sent message that can be changed, what its readers see, and when it is to say something else.

A row is made when the message is sent; asking again before it was edited moves the moment, so the last text wins.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store.bulk import Found
from stalewatch.store.expressions import among
from stalewatch.store.notices import TOLD
from stalewatch.store.tables import alerts, deliveries, edits, notices


def add(conn: Connection, delivery_id: str, target: str, text_hash: str, *, asked_at: int, due_at: int | None) -> None:
    """A message that can be edited was sent; `due_at` is set if its words were outdated on the way."""
    row = {"delivery_id": delivery_id, "target": target, "text_hash": text_hash, "asked_at": asked_at}
    bulk.insert(conn, edits, [{**row, "due_at": due_at}])


def ask(conn: Connection, alert_ids: Collection[str], *, since: int, at: int, due_at: int) -> set[str]:
    """Let every message that told of these alerts at or after `since` be looked at again; return their targets."""
    targets: set[str] = set()
    for chunk in bulk.chunks(sorted(alert_ids)):
        told = sa.and_(among(conn, notices.c.alert_id, chunk), notices.c.state == TOLD)
        carried = sa.select(notices.c.delivery_id).where(told)
        recent = sa.and_(deliveries.c.id == edits.c.delivery_id, deliveries.c.sent_at >= since)
        wanted = sa.and_(edits.c.delivery_id.in_(carried), sa.exists().where(recent))
        asked = {"asked_at": at, "due_at": due_at, "attempts": 0, "error": None}
        targets.update(conn.scalars(sa.update(edits).where(wanted).values(asked).returning(edits.c.target)))
    return targets


def restate(conn: Connection, delivery_id: str, *, at: int) -> None:
    """Let one message say anew what is true by now, whatever it shows."""
    asked = {"asked_at": at, "due_at": at, "attempts": 0, "error": None, "text_hash": None}
    conn.execute(sa.update(edits).where(edits.c.delivery_id == delivery_id).values(asked))


def is_outdated(conn: Connection, delivery_id: str, since: int) -> bool:
    """Whether an alert that a message carries was changed after `since`."""
    mine = sa.and_(notices.c.delivery_id == delivery_id, alerts.c.updated_at > since)
    both = notices.join(alerts, alerts.c.id == notices.c.alert_id)
    return conn.execute(sa.select(sa.literal(1)).select_from(both).where(mine).limit(1)).first() is not None


def due(conn: Connection, target: str, upto: int, limit: int = 50) -> list[Found]:
    """Edits of a target that are due, the longest due first; of equal ones the message that was sent first."""
    there = sa.select(edits).join(deliveries, deliveries.c.id == edits.c.delivery_id)
    wanted = there.where(edits.c.target == target, edits.c.due_at <= upto)
    return list(conn.execute(wanted.order_by(edits.c.due_at, deliveries.c.sent_at, edits.c.delivery_id).limit(limit)))


def next_due(conn: Connection, target: str) -> int | None:
    """The earliest instant at which a message to a target is to be edited; None if none is."""
    wanted = (edits.c.target == target, edits.c.due_at.is_not(None))
    return conn.execute(sa.select(sa.func.min(edits.c.due_at)).where(*wanted)).scalar_one_or_none()


def finish(conn: Connection, edit: Found, **values: Any) -> None:
    """Write down what became of an edit. One that was asked for again meanwhile stays due."""
    conn.execute(sa.update(edits).where(edits.c.delivery_id == edit.delivery_id).values(values))
    settled = sa.and_(edits.c.delivery_id == edit.delivery_id, edits.c.asked_at == edit.asked_at)
    conn.execute(sa.update(edits).where(settled).values(due_at=None))


def again(conn: Connection, edit: Found, *, due_at: int, error: str) -> None:
    """An edit failed, and is tried again at `due_at` at the latest."""
    failed = {"attempts": edits.c.attempts + 1, "error": error}
    there = edits.c.delivery_id == edit.delivery_id
    conn.execute(sa.update(edits).where(there).values(failed))
    conn.execute(sa.update(edits).where(there, edits.c.asked_at == edit.asked_at).values(due_at=due_at))
