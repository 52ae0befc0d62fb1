"""What readers do with messages: written down when it comes, so that a crash before its effect loses nothing.

An id can be added once. Rows with a `due_at` are work, claimed like any other (leases.INBOX); the others only say that
something came, or was done: a second one of the same id has no effect.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store.bulk import Found
from stalewatch.store.tables import inbox


def add(
    conn: Connection, id: str, kind: str, at: int, *,  # noqa: A002 - the column's name
    payload: Any = None, due_at: int | None = None, outcome: str | None = None,
) -> bool:  # fmt: skip
    """Write down that something came; False if it came before.

    Args:
        due_at: when it is to be worked on; None: it is done with, and `outcome` says how.
    """
    row = {"id": id, "kind": kind, "payload": payload, "received_at": at, "due_at": due_at, "outcome": outcome}
    return bulk.insert(conn, inbox, [{**row, "done_at": None if due_at is not None else at}]) == 1


def remove(conn: Connection, id: str) -> None:  # noqa: A002 - the column's name
    """Take a row back, as if it had never come."""
    conn.execute(sa.delete(inbox).where(inbox.c.id == id))


def came_since(conn: Connection, prefix: str, since: int) -> bool:
    """Whether anything whose id begins like this came at or after an instant."""
    like = (inbox.c.id >= prefix, inbox.c.id < prefix + "\U0010ffff", inbox.c.received_at >= since)
    return conn.execute(sa.select(sa.literal(1)).where(*like).limit(1)).first() is not None


def waiting(conn: Connection) -> list[Found]:
    """What is not done, the longest due first."""
    return list(conn.execute(sa.select(inbox).where(inbox.c.due_at.is_not(None)).order_by(inbox.c.due_at)))


def counts(conn: Connection) -> dict[str, int]:
    """outcome -> how many of the rows that are not forgotten yet; `waiting` for those that are not done."""
    how = sa.case((inbox.c.due_at.is_not(None), "waiting"), else_=inbox.c.outcome)
    there = sa.select(how, sa.func.count()).where(sa.or_(inbox.c.due_at.is_not(None), inbox.c.outcome.is_not(None)))
    return {row[0]: row[1] for row in conn.execute(there.group_by(how))}


def forget(conn: Connection, before: int, kind: str | None = None) -> int:
    """Remove what is done, or was set aside, and came before an instant, all of it or one kind; return how many."""
    old = [sa.or_(inbox.c.due_at.is_(None), inbox.c.parked_at.is_not(None)), inbox.c.received_at < before]
    if kind is not None:
        old.append(inbox.c.kind == kind)
    return conn.execute(sa.delete(inbox).where(*old)).rowcount
