"""Work that one process does for all, claimed before it is begun: what kills its worker five times is set aside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from stalewatch.domain.instants import MINUTE
from stalewatch.store import chores, leases
from stalewatch.store.engine import Connection, Database
from stalewatch.store.errors import LeaseLost

FORECAST: Final = chores.FORECAST
REVIEW: Final = chores.REVIEW
LEASE: Final = 15 * MINUTE


@contextmanager
def claimed(db: Database, chore: str) -> Iterator[Callable[[Connection], None] | None]:
    """Hold a chore for a while; None: somebody else does it, or it is set aside.

    What is yielded is to be called in each transaction of the work: it undoes what comes too late, and ends the block.
    An error that leaves the block counts as done, for the process lives; whoever calls again begins again.
    """
    with db.write() as conn:
        chores.begin(conn, chore)
        found = leases.claim(conn, leases.CHORES, due=0, lease_us=LEASE, only=chore)
    if not found:
        yield None
        return
    fence = found[0].fence
    try:
        yield lambda conn: leases.keep(conn, leases.CHORES, chore, fence, lease_us=LEASE)
    except LeaseLost:  # it took too long, and another process does the same
        return
    finally:
        _give_back(db, chore, fence)


def _give_back(db: Database, chore: str, fence: int) -> None:
    try:
        with db.write() as conn:
            leases.finish(conn, leases.CHORES, chore, fence, due_at=0)
    except LeaseLost:
        return
