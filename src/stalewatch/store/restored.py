"""A database that was put back as it was at an earlier moment does not know what happened since: it is told so.

What waited to be sent may have been sent, and what was to be written into a CRM may have been written: both are looked
for before they are done (again). Nobody holds anything; whoever held something before can write nothing here.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import facts
from stalewatch.store.expressions import database_now
from stalewatch.store.portable import tables

_FACT: Final = "restored"
_RISE: Final = 1_000_000_000
"""By so much fences and versions rise: nobody who held a row before can have one as high."""


class Restored(NamedTuple):
    """When a database was restored, and as of when; microseconds of real time.

    Attributes:
        taken_at: what happened from then on is unknown to it.
        at: what happens from then on is known again.
    """

    taken_at: int
    at: int


def read(conn: Connection) -> Restored | None:
    """The last time that this database was restored; None: never."""
    found = facts.read(conn, _FACT)
    return None if found is None else Restored(found["taken_at"], found["at"])


def settle(conn: Connection, taken_at: int) -> Restored:
    """Say of everything in the database what is true of it now that it was restored.

    Args:
        taken_at: when the backup was begun.
    """
    there = set(tables(conn))
    at = int(conn.execute(sa.select(database_now())).scalar_one())
    for table, statement in (*_STATEMENTS, *((one, _FREED.format(one)) for one in _CLAIMED)):
        if table in there:
            given = {name: value for name, value in (("at", at), ("rise", _RISE)) if f":{name}" in statement}
            conn.execute(sa.text(statement), given)
    done = Restored(taken_at, at)
    facts.write(conn, _FACT, done._asdict())
    return done


_CLAIMED: Final = ("connections", "destinations", "inbox", "writebacks", "kpi_work")
_FREED: Final = "UPDATE {} SET lease_until = 0, attempts = 0, fence = fence + :rise"
_STATEMENTS: Final = (
    ("deliveries", "UPDATE deliveries SET look_at = :at, sending_at = NULL WHERE state IN ('held', 'ready')"),
    ("deliveries", "UPDATE deliveries SET look_at = :at, looks = 0 WHERE state = 'unknown'"),
    ("writebacks", "UPDATE writebacks SET state = 'writing', sending_at = :at WHERE state = 'asked'"),
    ("connections", "UPDATE connections SET due_at = :at WHERE due_at IS NOT NULL"),
    ("secrets", "UPDATE secrets SET lease_until = 0, fence = fence + :rise"),
    ("stalled_versions", "UPDATE stalled_versions SET number = number + :rise"),
    ("versions", "UPDATE versions SET number = number + :rise"),
    ("sessions", "DELETE FROM sessions"),
)
"""Sessions end, for one that was ended since would begin again; numbers rise, for what is kept in the memory of a
process that still runs was made of other rows."""
