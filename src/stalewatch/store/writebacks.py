"""What is to be written into the CRMs (leases.WRITEBACKS): one row per request, kept as the record of what came of it.

Which state may follow which is decided elsewhere (domain/writebacks.py); whoever moves a row holds its claim.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store.bulk import Found, Row
from stalewatch.store.tables import writebacks

UNFINISHED: Final = ("asked", "writing", "unknown")
TROUBLED: Final = ("refused", "conflict", "given_up")
"""Ended without being written; somebody may want to know."""
DROPPED: Final = "by_hand"
"""The reason of what somebody does not want to be written, or to hear of, any more."""


def add(conn: Connection, row: Row) -> None:
    """Ask for a write."""
    bulk.insert(conn, writebacks, [row])


def one(conn: Connection, write_id: str) -> Found | None:
    """One write; None if there is none of this id."""
    return conn.execute(sa.select(writebacks).where(writebacks.c.id == write_id)).one_or_none()


def of_record(conn: Connection, record_id: str, states: Collection[str] = ()) -> list[Found]:
    """The writes of a record, those in some states or all, in the order in which they were asked for."""
    wanted: list[sa.ColumnElement[bool]] = [writebacks.c.record_id == record_id]
    if states:
        wanted.append(writebacks.c.state.in_(list(states)))
    return list(conn.execute(sa.select(writebacks).where(*wanted).order_by(writebacks.c.asked_at, writebacks.c.id)))


def is_behind(conn: Connection, row: Any) -> bool:
    """Whether another write of the same record must end first: one that is under way, or was asked for earlier."""
    earlier = sa.or_(
        writebacks.c.asked_at < row.asked_at,
        sa.and_(writebacks.c.asked_at == row.asked_at, writebacks.c.id < row.id),
    )
    waiting = sa.and_(writebacks.c.state == "asked", writebacks.c.parked_at.is_(None), earlier)
    ahead = sa.or_(writebacks.c.state.in_(("writing", "unknown")), waiting)
    there = (writebacks.c.record_id == row.record_id, writebacks.c.id != row.id, ahead)
    return conn.execute(sa.select(sa.literal(1)).where(*there).limit(1)).first() is not None


def wake(conn: Connection, record_id: str, due_at: int) -> None:
    """A write of this record has ended: those that waited for it are due."""
    there = (writebacks.c.record_id == record_id, writebacks.c.state == "asked", writebacks.c.due_at > due_at)
    conn.execute(sa.update(writebacks).where(*there).values(due_at=due_at))


def set_state(conn: Connection, write_id: str, before: str, after: str, **values: Any) -> bool:
    """Move a write that nobody works on by hand; False if it is not in state `before` any more."""
    there = (writebacks.c.id == write_id, writebacks.c.state == before)
    moved = sa.update(writebacks).where(*there).values(state=after, fence=writebacks.c.fence + 1, **values)
    return conn.execute(moved).rowcount == 1


def waiting(conn: Connection) -> list[Found]:
    """The writes that are due, under way or set aside, the longest due first."""
    there = sa.select(writebacks).where(sa.or_(writebacks.c.due_at.is_not(None), writebacks.c.parked_at.is_not(None)))
    return list(conn.execute(there.order_by(writebacks.c.due_at, writebacks.c.id)))


def for_people(conn: Connection, *, limit: int = 200) -> list[Found]:
    """The writes that are unfinished, and those that ended without being written, the first asked for first.

    Those that somebody dropped by hand are nobody's concern any more.
    """
    open_ = sa.select(writebacks).where(sa.or_(writebacks.c.due_at.is_not(None), writebacks.c.parked_at.is_not(None)))
    is_dropped = sa.func.coalesce(writebacks.c.reason, "") == DROPPED
    ended = sa.select(writebacks).where(writebacks.c.state.in_(TROUBLED), sa.not_(is_dropped))
    rows = [*conn.execute(open_.limit(limit)), *conn.execute(ended.order_by(writebacks.c.ended_at).limit(limit))]
    return sorted({row.id: row for row in rows}.values(), key=lambda row: (row.asked_at, row.id))


def counts(conn: Connection) -> dict[str, int]:
    """How many writes are in each state."""
    statement = sa.select(writebacks.c.state, sa.func.count()).group_by(writebacks.c.state)
    return {row[0]: row[1] for row in conn.execute(statement)}
