"""What was begun with records and has not come to its end: so a record that ends its process is found and set aside.

Rows of `chores`: one of each piece of work, of the name that it has, which counts how often it was begun since it came
to its end; and one of each record that was set aside. The suspect of a piece of work is a fact, and so is how many
times in a row it was the suspect.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk, facts, leases
from stalewatch.store.expressions import database_now
from stalewatch.store.leases import CHORES
from stalewatch.store.tables import chores

RECORD: Final = "record:"
"""What the row of a record that was set aside begins with; the record's id follows."""
_SUSPECT: Final = "suspect:"
_TIMES: Final = "suspected:"


def begin(conn: Connection, work: str, *, lease_us: int) -> int:
    """Count one more beginning; answers with how many there were since one came to its end.

    0: one is not enough to explain them, and somebody has begun within `lease_us` (the database's clock) and looks.
    """
    given = {"work": work, "lease_us": lease_us}
    found = conn.execute(_beginning(), given).scalar_one_or_none()
    if found is None and bulk.insert(conn, chores, [{"id": work}]):
        found = conn.execute(_beginning(), given).scalar_one_or_none()
    return found or 0


def keep(conn: Connection, work: str, *, lease_us: int) -> None:
    """Whoever looks goes on."""
    conn.execute(_keeping(), {"work": work, "lease_us": lease_us})


def end(conn: Connection, work: str) -> None:
    """It came to its end: nothing that was begun before is left to be explained."""
    conn.execute(_of(), {"work": work, "attempts": 0, "lease_until": 0})


@cache
def _beginning() -> sa.Executable:
    """Built once, as what else every tick asks."""
    begun = _keeping().where(_is_free()).values(attempts=chores.c.attempts + 1)
    return begun.returning(chores.c.attempts)


@cache
def _keeping() -> sa.Update:
    return _of().values(lease_until=database_now() + sa.bindparam("lease_us", type_=sa.BigInteger()))


def _is_free() -> sa.ColumnElement[bool]:
    """Two at once are no rare thing and do no harm; who looks for a reason is alone."""
    return sa.or_(chores.c.attempts < 2, chores.c.lease_until <= database_now())


@cache
def _of() -> sa.Update:
    return sa.update(chores).where(chores.c.id == sa.bindparam("work"))


def suspect(conn: Connection, work: str, record: str | None) -> None:
    """Note which record is looked at next, alone; None: none yet."""
    if record is None:
        facts.forget(conn, f"{_SUSPECT}{work}")
        facts.forget(conn, f"{_TIMES}{work}")
        return
    known, times = suspected(conn, work)
    facts.write(conn, f"{_SUSPECT}{work}", record)
    facts.write(conn, f"{_TIMES}{work}", times + 1 if known == record else 1)


def suspected(conn: Connection, work: str) -> tuple[str | None, int]:
    """The record that was noted last, and how many times in a row it was."""
    record = facts.read(conn, f"{_SUSPECT}{work}")
    return record, 0 if record is None else int(facts.read(conn, f"{_TIMES}{work}") or 1)


def set_aside(conn: Connection, record: str) -> None:
    """Let nobody look at a record any more."""
    bulk.insert(conn, chores, [{"id": f"{RECORD}{record}"}])
    leases.park(conn, CHORES, f"{RECORD}{record}")


def let_go(conn: Connection, record: str) -> bool:
    """Let a record be looked at again; True if it was set aside."""
    return conn.execute(sa.delete(chores).where(chores.c.id == f"{RECORD}{record}")).rowcount == 1


def aside(conn: Connection) -> frozenset[str]:
    """The records that are set aside."""
    return frozenset(conn.scalars(records_aside()))


@cache
def records_aside() -> sa.Select[Any]:
    """The same as part of another statement: they are few, and it is asked once for all rows."""
    named = chores.c.id.startswith(sa.literal_column(f"'{RECORD}'"))
    name = sa.func.substr(chores.c.id, len(RECORD) + 1, type_=sa.Text())
    return sa.select(name).where(chores.c.parked_at.is_not(None), named)
