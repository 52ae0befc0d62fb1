"""Sealed secrets of connections, by name. What is in here is never readable: whoever writes it has sealed it."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store.bulk import Found
from stalewatch.store.expressions import database_now
from stalewatch.store.tables import secrets

_KEPT: Final = secrets.c.sealed.is_not(None)


def read(conn: Connection, connection: str, name: str) -> Found | None:
    """A secret with its `sealed` text and `version`; None if none was kept."""
    return conn.execute(sa.select(secrets).where(*_named(connection, name), _KEPT)).one_or_none()


def all_of(conn: Connection) -> list[Found]:
    """Every secret, by connection and name."""
    return list(conn.execute(sa.select(secrets).where(_KEPT).order_by(secrets.c.connection, secrets.c.name)))


def replace(conn: Connection, connection: str, name: str, sealed: str, *, version: int, at: int) -> bool:
    """Put a secret in the place of that `version` (0: of none); False if there is another one by now.

    Args:
        at: when, in microseconds.
    """
    _make(conn, connection, name)
    there = (*_named(connection, name), secrets.c.version == version)
    new = {"sealed": sealed, "version": version + 1, "replaced_at": at}
    return conn.execute(sa.update(secrets).where(*there).values(new)).rowcount == 1


def reseal(conn: Connection, row: Found, sealed: str) -> bool:
    """The same secret under another seal; False if it was replaced since `row` was read."""
    there = (*_named(row.connection, row.name), secrets.c.sealed == row.sealed)
    return conn.execute(sa.update(secrets).where(*there).values(sealed=sealed)).rowcount == 1


def drop(conn: Connection, row: Found) -> None:
    """Forget a secret, unless it was replaced since `row` was read."""
    there = (*_named(row.connection, row.name), secrets.c.sealed == row.sealed)
    conn.execute(sa.delete(secrets).where(*there))


def hold(conn: Connection, connection: str, name: str, lease_us: int) -> int | None:
    """Hold a name for so many microseconds; the fence to let it go with, or None if somebody else holds it."""
    _make(conn, connection, name)
    free = (*_named(connection, name), secrets.c.lease_until <= database_now())
    taken = {"lease_until": database_now() + lease_us, "fence": secrets.c.fence + 1}
    fence: int | None = conn.execute(
        sa.update(secrets).where(*free).values(taken).returning(secrets.c.fence)
    ).scalar_one_or_none()
    return fence


def let_go(conn: Connection, connection: str, name: str, fence: int) -> None:
    """Give a name back; nothing happens if somebody else has it by now."""
    mine = (*_named(connection, name), secrets.c.fence == fence)
    conn.execute(sa.update(secrets).where(*mine).values(lease_until=0))


def forget(conn: Connection, connection: str, *, but: str) -> None:
    """Drop every secret of a connection but the one of this name."""
    conn.execute(sa.delete(secrets).where(secrets.c.connection == connection, secrets.c.name != but))


def _make(conn: Connection, connection: str, name: str) -> None:
    bulk.insert(conn, secrets, [{"connection": connection, "name": name}])


def _named(connection: str, name: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return secrets.c.connection == connection, secrets.c.name == name
