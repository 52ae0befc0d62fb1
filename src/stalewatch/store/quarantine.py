"""Rows of a CRM that could not be used: counted, shown, tried again with the next pull."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store.bulk import Found, Row
from stalewatch.store.expressions import among
from stalewatch.store.tables import quarantine


def add(conn: Connection, rows: Sequence[Row]) -> int:
    """Store rejected rows (connection, ref, reason, detail, at, object); what was said last of a ref stands."""
    return bulk.upsert(conn, quarantine, rows)


def clear(conn: Connection, connection: str, refs: Collection[str]) -> None:
    """These rows could be used after all."""
    for chunk in bulk.chunks(sorted(refs)):
        there = sa.and_(quarantine.c.connection == connection, among(conn, quarantine.c.ref, chunk))
        conn.execute(sa.delete(quarantine).where(there))


def clear_before(conn: Connection, connection: str, at: int) -> int:
    """Forget what was rejected before `at`, after a pull that showed every row there is; return how many."""
    old = sa.and_(quarantine.c.connection == connection, quarantine.c.at < at)
    return conn.execute(sa.delete(quarantine).where(old)).rowcount


def counts(conn: Connection) -> list[Found]:
    """(connection, reason, how many), the commonest first."""
    many = sa.func.count().label("many")
    columns = (quarantine.c.connection, quarantine.c.reason)
    statement = sa.select(*columns, many).group_by(*columns)
    return list(conn.execute(statement.order_by(quarantine.c.connection, many.desc(), quarantine.c.reason)))


def read(conn: Connection, connection: str, limit: int = 200) -> list[Found]:
    """The rejected rows of a connection, the newest first."""
    there = sa.select(quarantine).where(quarantine.c.connection == connection)
    return list(conn.execute(there.order_by(quarantine.c.at.desc(), quarantine.c.ref).limit(limit)))
