"""Numbers that rise in the transaction that changes who may see what, so that others need not read all of it to know.

Each CRM's people have a number of their own: two syncs at once do not wait for each other.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store.engine import Database
from stalewatch.store.tables import versions

ROLES: Final = "roles"
TOKENS: Final = "tokens"
HABITS: Final = "habits"
"""What the messenger told of people: no part of who may see what, but of how somebody is told."""

_SUM: Final = f"SELECT sum(number) FROM {versions.name}"  # noqa: S608  # a name of ours; asked at every request
_RAISED: Final = sa.update(versions).where(versions.c.topic == sa.bindparam("one")).values(number=versions.c.number + 1)


def people_of(connection: str) -> str:
    """The topic of a connection's people."""
    return f"people:{connection}"


def rise(conn: Connection, topic: str) -> None:
    """Let everybody know, once the caller's transaction is committed, that something of a topic changed."""
    if conn.execute(_RAISED, {"one": topic}).rowcount == 0:
        bulk.insert(conn, versions, [{"topic": topic, "number": 0}])  # of two at once one adds the row, and both count
        conn.execute(_RAISED, {"one": topic})


def access(db: Database) -> int:
    """A number that is another one after anything changed that decides who may see what; costs microseconds."""
    return int(db.value(_SUM) or 0)
