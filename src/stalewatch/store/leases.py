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

from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store.bulk import Found
from stalewatch.store.errors import LeaseLost
from stalewatch.store.expressions import database_now
from stalewatch.store.tables import connections, destinations

PATIENCE: Final = 5
"""Claims that may end without a word before the row is parked."""


class Leased(NamedTuple):
    """A kind of row that workers claim, and the column that names it."""

    table: sa.Table
    key: str

    @property
    def id(self) -> sa.Column[str]:
        return self.table.c[self.key]


CONNECTIONS: Final = Leased(connections, "id")
DESTINATIONS: Final = Leased(destinations, "target")


def claim(
    conn: Connection,
    leased: Leased,
    *,
    due: int,
    lease_us: int,
    limit: int = 1,
    only: str | None = None,
    where: sa.ColumnElement[bool] | None = None,
) -> list[Found]:
    """Take up to `limit` rows that are due and free, the longest due first, each with its new `fence`.

    Commit before working: until then nobody else sees the claim, and a crash undoes it.

    Args:
        due: rows with `due_at` up to this instant are due (the caller's clock).
        lease_us: microseconds until somebody else may take them (the database's clock).
        only: the one row that is meant, by its key.
        where: a further condition of the store's own.
    """
    table = leased.table
    free = [table.c.due_at <= due, table.c.lease_until <= database_now(), table.c.parked_at.is_(None)]
    if only is not None:
        free.append(leased.id == only)
    if where is not None:
        free.append(where)
    _park(conn, table, free)
    pick = sa.select(leased.id).where(*free).order_by(table.c.due_at).limit(limit)
    # A CTE is evaluated once; a plain IN (SELECT … LIMIT) may be evaluated again and lock more than it returns.
    picked = pick.with_for_update(skip_locked=True).cte("picked")
    taken = {"lease_until": database_now() + lease_us, "fence": table.c.fence + 1, "attempts": table.c.attempts + 1}
    statement = sa.update(table).where(leased.id.in_(sa.select(picked.c[leased.key]))).values(taken)
    rows = conn.execute(statement.returning(*table.c)).all()
    return sorted(rows, key=lambda row: (row.due_at, row._mapping[leased.key]))


def _park(conn: Connection, table: sa.Table, free: list[sa.ColumnElement[bool]]) -> None:
    """Set aside rows whose last claims all ended without a word; the fence keeps a late worker from undoing it."""
    worn = [*free, table.c.attempts >= PATIENCE]
    if conn.execute(sa.select(sa.literal(1)).select_from(table).where(*worn).limit(1)).first():
        conn.execute(sa.update(table).where(*worn).values(parked_at=database_now(), fence=table.c.fence + 1))


def keep(conn: Connection, leased: Leased, key: str, fence: int, *, lease_us: int | None = None, **values: Any) -> None:
    """Write `values` into a row that is still ours; call it in the transaction whose work depends on that.

    Args:
        lease_us: renew the lease by so many microseconds from now, after each page of a longer work.

    Raises:
        LeaseLost: somebody else has it; let the error leave the transaction, so that all of it rolls back.
    """
    if lease_us is not None:
        values["lease_until"] = database_now() + lease_us
    held = sa.update(leased.table).where(leased.id == key, leased.table.c.fence == fence)
    if conn.execute(held.values(values or {"fence": fence})).rowcount == 0:
        raise LeaseLost("the lease ran out and another worker took over; this piece of work was undone", where=key)


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
    keep(conn, leased, key, fence, lease_until=0, attempts=leased.table.c.attempts - 1, **values)


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
