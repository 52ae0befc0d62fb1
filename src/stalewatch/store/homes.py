"""What somebody's home in the messenger shows: their own deals, or whose."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store.bulk import Found
from stalewatch.store.tables import homes


def opened(conn: Connection, member: str, at: int) -> Found:
    """Note that somebody has opened it; returns what it shows (`shows` is None until they chose)."""
    bulk.upsert(conn, homes, [{"member": member, "opened_at": at}])
    return conn.execute(sa.select(homes).where(homes.c.member == member)).one()


def choose(conn: Connection, member: str, shows: str, at: int) -> None:
    """Note what somebody wants to see there."""
    bulk.upsert(conn, homes, [{"member": member, "shows": shows, "opened_at": at}])


def seen_since(conn: Connection, member: str, since: int) -> Found | None:
    """What it shows, if it was opened at or after an instant."""
    there = sa.select(homes).where(homes.c.member == member, homes.c.opened_at >= since)
    return conn.execute(there).first()


def forget(conn: Connection, before: int) -> int:
    """Forget homes that were not opened since; returns how many."""
    return conn.execute(sa.delete(homes).where(homes.c.opened_at < before)).rowcount
