"""Rows that one worker at a time may work on: claimed in one statement, fenced against workers that come back.

    with db.write() as conn:
        claimed = leases.claim(conn, leases.CONNECTIONS, due=clock.now(), lease_us=60 * SECOND, limit=1)
    for row in claimed:
        ... work, and in the transaction that stores its result:
        leases.keep(conn, leases.CONNECTIONS, row.id, row.fence, cursor=...)      # LeaseLost: all of it rolls back
    leases.finish(conn, leases.CONNECTIONS, row.id, row.fence, due_at=next_time)

A lease is measured by the database's clock, never the worker's. What is due is asked for by the caller.
A row whose work kills its worker five times is parked, so that the others go on.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store.bulk import Found
from stalewatch.store.errors import LeaseLost
from stalewatch.store.expressions import database_now
from stalewatch.store.tables import chores, connections, destinations, inbox, kpi_work, writebacks

PATIENCE: Final = 5
"""Claims that may end without a word before the row is parked."""


class Leased(NamedTuple):
    """A kind of row that workers claim: its table, the column that names it, and one that, when set, forbids it."""

    table: sa.Table
    key: str
    halted: str | None = None

    @property
    def id(self) -> sa.Column[str]:
        return self.table.c[self.key]


CONNECTIONS: Final = Leased(connections, "id")
DESTINATIONS: Final = Leased(destinations, "target", halted="paused_reason")
INBOX: Final = Leased(inbox, "id")
WRITEBACKS: Final = Leased(writebacks, "id")
KPIS: Final = Leased(kpi_work, "id")
CHORES: Final = Leased(chores, "id")


def claim(
    conn: Connection, leased: Leased, *, due: int, lease_us: int, limit: int = 1, only: str | None = None
) -> list[Found]:
    """Take up to `limit` rows that are due and free, the longest due first, each with its new `fence`.

    Commit before working: until then nobody else sees the claim, and a crash undoes it.

    Args:
        due: rows with `due_at` up to this instant are due (the caller's clock).
        lease_us: microseconds until somebody else may take them (the database's clock).
        only: the one row that is meant, by its key.
    """
    given = {"due": due, "lease_us": lease_us, "limit": limit, "only": only}
    rows = conn.execute(_claiming(leased, only is not None), given).all()
    if len(rows) < limit:  # worn rows stand in nobody's way, so there is time for them when there is nothing else
        _park(conn, leased, given)
    return sorted(rows, key=lambda row: (row.due_at, row._mapping[leased.key]))


@cache
def _claiming(leased: Leased, one: bool) -> sa.Executable:
    """Built once: putting the statement together costs more than running it."""
    table = leased.table
    free = (*_free(leased, one), table.c.attempts < PATIENCE)
    pick = sa.select(leased.id).where(*free).order_by(table.c.due_at).limit(sa.bindparam("limit"))
    # A CTE is evaluated once; a plain IN (SELECT … LIMIT) may be evaluated again and lock more than it returns.
    picked = pick.with_for_update(skip_locked=True).cte("picked")
    until = database_now() + sa.bindparam("lease_us", type_=sa.BigInteger())
    taken = {"lease_until": until, "fence": table.c.fence + 1, "attempts": table.c.attempts + 1}
    claimed = sa.update(table).where(leased.id.in_(sa.select(picked.c[leased.key])))
    return claimed.values(taken).returning(*table.c)


def _free(leased: Leased, one: bool) -> list[sa.ColumnElement[bool]]:
    table = leased.table
    is_due = table.c.due_at <= sa.bindparam("due", type_=sa.BigInteger())
    free = [is_due, table.c.lease_until <= database_now(), table.c.parked_at.is_(None)]
    if leased.halted is not None:
        free.append(table.c[leased.halted].is_(None))
    return [*free, leased.id == sa.bindparam("only")] if one else free


def _park(conn: Connection, leased: Leased, given: Mapping[str, Any]) -> None:
    """Set aside rows whose last claims all ended without a word; the fence keeps a late worker from undoing it."""
    if conn.execute(_worn(leased, given["only"] is not None), given).first():
        table = leased.table
        worn = (*_free(leased, given["only"] is not None), table.c.attempts >= PATIENCE)
        conn.execute(sa.update(table).where(*worn).values(parked_at=database_now(), fence=table.c.fence + 1), given)


@cache
def _worn(leased: Leased, one: bool) -> sa.Select[int]:
    worn = (*_free(leased, one), leased.table.c.attempts >= PATIENCE)
    return sa.select(sa.literal(1)).select_from(leased.table).where(*worn).limit(1)


def keep(conn: Connection, leased: Leased, key: str, fence: int, *, lease_us: int | None = None, **values: Any) -> None:
    """Write `values` into a row that is still ours; call it in the transaction whose work depends on that.

    Args:
        lease_us: renew the lease by so many microseconds from now, after each page of a longer work.

    Raises:
        LeaseLost: somebody else has it; let the error leave the transaction, so that all of it rolls back.
    """
    given = {"its_key": key, "its_fence": fence, **values}
    if lease_us is not None:
        given["lease_us"] = lease_us
    elif not values:
        given["fence"] = fence  # a row is held by writing it
    _write(conn, _held(leased, renewed=lease_us is not None), given, key)


def _write(conn: Connection, held: sa.Update, given: Mapping[str, Any], key: str) -> None:
    if conn.execute(held, given).rowcount == 0:
        raise LeaseLost("the lease ran out and another worker took over; this piece of work was undone", where=key)


@cache
def _held(leased: Leased, *, renewed: bool = False, returned: bool = False) -> sa.Update:
    """What is written into a row that is still ours, beside the columns that are given. Built once, as `_claiming`."""
    table = leased.table
    mine = sa.update(table).where(leased.id == sa.bindparam("its_key"), table.c.fence == sa.bindparam("its_fence"))
    if returned:
        return mine.values(attempts=table.c.attempts - 1)
    until = database_now() + sa.bindparam("lease_us", type_=sa.BigInteger())
    return mine.values(lease_until=until) if renewed else mine


def finish(conn: Connection, leased: Leased, key: str, fence: int, *, due_at: int | None, **values: Any) -> None:
    """End a claim in good order, whatever came of it: it is due again at `due_at` (None: not until asked).

    Raises:
        LeaseLost: as in `keep`.
    """
    keep(conn, leased, key, fence, due_at=due_at, lease_until=0, attempts=0, **values)


def release(conn: Connection, leased: Leased, key: str, fence: int, **values: Any) -> None:
    """Give a claim back without having worked on it (told to stop, told to wait): it does not count as an attempt.

    Raises:
        LeaseLost: as in `keep`.
    """
    given = {"its_key": key, "its_fence": fence, "lease_until": 0, **values}
    _write(conn, _held(leased, returned=True), given, key)


def demand(conn: Connection, leased: Leased, key: str, due_at: int) -> None:
    """Make a row due at `due_at` at the latest. A claim under way keeps its lease and ends as it likes."""
    due = leased.table.c.due_at
    late = sa.or_(due.is_(None), due > due_at)
    conn.execute(sa.update(leased.table).where(leased.id == key, late).values(due_at=due_at))


def parked(conn: Connection, leased: Leased) -> list[Found]:
    """The rows set aside, the longest first."""
    table = leased.table
    statement = sa.select(table).where(table.c.parked_at.is_not(None)).order_by(table.c.parked_at)
    return list(conn.execute(statement))


def find(conn: Connection, leased: Leased, key: str, limit: int = 5) -> list[Found]:
    """The row of this name, or else those whose names begin so, a few of them."""
    exact = list(conn.execute(sa.select(leased.table).where(leased.id == key)))
    begins = sa.select(leased.table).where(leased.id.startswith(key, autoescape=True)).order_by(leased.id)
    return exact or list(conn.execute(begins.limit(limit)))


def park(conn: Connection, leased: Leased, key: str) -> bool:
    """Set a row aside by hand; True if it was not already. Whoever holds it loses it."""
    table = leased.table
    statement = sa.update(table).where(leased.id == key, table.c.parked_at.is_(None))
    return _one(conn, statement.values(parked_at=database_now(), fence=table.c.fence + 1))


def unpark(conn: Connection, leased: Leased, key: str, due_at: int) -> bool:
    """Let a parked row be worked on again from `due_at`; True if it was parked."""
    statement = sa.update(leased.table).where(leased.id == key, leased.table.c.parked_at.is_not(None))
    return _one(conn, statement.values(parked_at=None, attempts=0, lease_until=0, due_at=due_at))


def _one(conn: Connection, statement: sa.Update) -> bool:
    return conn.execute(statement).rowcount == 1
