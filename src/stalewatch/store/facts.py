"""Small durable facts by name: a watermark, the day something was last done."""

from __future__ import annotations

from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store.tables import facts


def read(conn: Connection, key: str) -> Any:
    """The value of a fact, None if it was never written."""
    return conn.execute(_named(), {"name": key}).scalar_one_or_none()


@cache
def _named() -> sa.Select[Any]:
    """Built once: many ask."""
    return sa.select(facts.c.value).where(facts.c.key == sa.bindparam("name"))


def beginning(conn: Connection, prefix: str) -> dict[str, Any]:
    """Every fact whose name begins so."""
    mine = facts.c.key.startswith(prefix, autoescape=True)
    return {row.key: row.value for row in conn.execute(sa.select(facts).where(mine))}


def write(conn: Connection, key: str, value: Any) -> None:
    """Remember any JSON value."""
    bulk.upsert(conn, facts, [{"key": key, "value": value}])


def begin(conn: Connection, key: str, value: Any) -> bool:
    """Remember a value if there is none yet; of several workers at once, one gets True."""
    return bulk.insert(conn, facts, [{"key": key, "value": value}]) == 1


def turn(conn: Connection, key: str, value: Any) -> bool:
    """Remember a value that is not None; of several workers that remember the same at once, one gets True."""
    other = sa.update(facts).where(facts.c.key == key, facts.c.value != value).values(value=value)
    return begin(conn, key, value) or conn.execute(other).rowcount == 1


def forget(conn: Connection, key: str) -> None:
    """Remove a fact; nothing happens if there is none."""
    conn.execute(sa.delete(facts).where(facts.c.key == key))
