"""Connections: where each pull stands, how old its data is, what it can tell. Claimed through leases.CONNECTIONS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store.bulk import Found
from stalewatch.store.tables import connections


def ensure(conn: Connection, wanted: Mapping[str, str], due_at: int) -> None:
    """Make a row for each connection (id to type) that has none, due at `due_at`; correct a type that changed.

    A connection of another type has nothing to do with the old one: its cursor is forgotten.
    """
    known = {row.id: row.type for row in read(conn)}
    new = [{"id": id_, "type": kind, "due_at": due_at} for id_, kind in wanted.items() if id_ not in known]
    bulk.insert(conn, connections, new)
    changed = [id_ for id_, kind in wanted.items() if known.get(id_, kind) != kind]
    rows = [{"id": id_, "type": wanted[id_], "cursor": None, "due_at": due_at} for id_ in changed]
    bulk.update(conn, connections, rows, by=("id",))


def read(conn: Connection) -> list[Found]:
    """All connections by id, those no longer configured included."""
    return list(conn.execute(sa.select(connections).order_by(connections.c.id)))


def one(conn: Connection, connection: str) -> Found | None:
    """One connection, None if it never was."""
    return conn.execute(sa.select(connections).where(connections.c.id == connection)).one_or_none()


def set_values(conn: Connection, connection: str, **values: Any) -> None:
    """Write columns of a connection outside a claim (its coverage, its first sync). Never the cursor."""
    assert "cursor" not in values, "a cursor moves only with its page, under the lease"  # noqa: S101
    bulk.set_where(conn, connections, connections.c.id == connection, values)
