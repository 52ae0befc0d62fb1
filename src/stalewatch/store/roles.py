"""Roles that somebody gave by hand, by e-mail address in lower case."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk, versions
from stalewatch.store.bulk import Found
from stalewatch.store.tables import roles


def read(conn: Connection) -> list[Found]:
    """All of them, by address."""
    return list(conn.execute(sa.select(roles).order_by(roles.c.address)))


def give(conn: Connection, address: str, role: str, *, by: str, at: int) -> str | None:
    """Give somebody a role in place of the one they had, which is returned."""
    before = conn.execute(sa.select(roles.c.role).where(roles.c.address == address)).scalar_one_or_none()
    bulk.upsert(conn, roles, [{"address": address, "role": role, "granted_by": by, "granted_at": at}])
    versions.rise(conn, versions.ROLES)
    return before


def take(conn: Connection, address: str) -> str | None:
    """Take somebody's role away, which is returned; None if they had none."""
    before = conn.execute(sa.select(roles.c.role).where(roles.c.address == address)).scalar_one_or_none()
    if before is not None:
        conn.execute(sa.delete(roles).where(roles.c.address == address))
        versions.rise(conn, versions.ROLES)
    return before
