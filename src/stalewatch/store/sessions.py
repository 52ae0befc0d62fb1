"""Sessions of browsers. Only the hash of what a browser shows is stored."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store.bulk import Found, Row
from stalewatch.store.tables import sessions

_GOING: Final = sessions.c.ended_at.is_(None)


def add(conn: Connection, row: Row) -> bool:
    """Store a session; False if its `login` has led to one before."""
    return bulk.insert(conn, sessions, [row]) == 1


def by_hash(conn: Connection, digest: str, *, began_after: int, seen_after: int) -> Found | None:
    """The session with this hash, if it was not ended, began and was last seen after these instants."""
    alive = (_GOING, sessions.c.began_at > began_after, sessions.c.seen_at > seen_after)
    return conn.execute(sa.select(sessions).where(sessions.c.hash == digest, *alive)).one_or_none()


def seen(conn: Connection, digest: str, at: int, *, not_within: int) -> None:
    """Note that a session was used, at most every `not_within` microseconds: reading must not become writing."""
    old = (sessions.c.hash == digest, sessions.c.seen_at <= at - not_within, _GOING)
    conn.execute(sa.update(sessions).where(*old).values(seen_at=at))


def end(conn: Connection, digest: str, at: int) -> Found | None:
    """End a session; what it was, or None if there is none that goes on."""
    ended = sa.update(sessions).where(sessions.c.hash == digest, _GOING).values(ended_at=at)
    return conn.execute(ended.returning(*sessions.c)).one_or_none()


def end_of(conn: Connection, person: str, at: int) -> list[str]:
    """End every session of a person that goes on; the hashes of these."""
    ended = sa.update(sessions).where(sessions.c.person == person, _GOING).values(ended_at=at)
    return sorted(conn.scalars(ended.returning(sessions.c.hash)))


def forget(conn: Connection, *, began_before: int) -> None:
    """Drop what is long over."""
    conn.execute(sa.delete(sessions).where(sessions.c.began_at < began_before))
