"""What tells the messages of this database from those of any other one that speaks in the same workspace: a name that
comes to be with the first connection, and goes along into backups and other databases."""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid4

from sqlalchemy.engine import Connection

from stalewatch.store import facts

FACT: Final = "house"


def has_name(conn: Connection) -> bool:
    """Whether it was given one."""
    return facts.read(conn, FACT) is not None


def name(conn: Connection) -> UUID:
    """The house's name, which is given to it now if it has none."""
    found = facts.read(conn, FACT)
    if found is None:
        facts.begin(conn, FACT, uuid4().hex)
        found = facts.read(conn, FACT)
    return UUID(found)
