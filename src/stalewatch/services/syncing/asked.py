"""A sync that somebody asked for now: the connection's row is made due, wherever the worker runs that will read it.

What was asked stands beside the row until a run that took it up has come to its end, so that neither a fault nor a
worker that dies forgets it; what is asked while a run is under way is done after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stalewatch.store import audit, connections, facts, leases
from stalewatch.store.engine import Connection, Database
from stalewatch.store.leases import CONNECTIONS


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking.

    Attributes:
        full: everything will be read again, not only what changed.
        repeated: it was asked for already, and is not done yet; nothing was written.
        running: a worker is reading the connection right now.
        parked: nothing was asked, for the connection was set aside by a person or because reading it ended its worker
            again and again; `stalewatch work release` lets it go on.
    """

    full: bool
    repeated: bool = False
    running: bool = False
    parked: bool = False


def ask(db: Database, connection: str, *, full: bool, actor: str, now: int) -> Asked:
    """Make a connection due now; asking twice is asking once.

    Args:
        connection: one that has its row (`sync.register`).
        now: microseconds since the epoch.

    Raises:
        StoreError: the database cannot be asked.
    """
    real = db.now()
    with db.write() as conn:
        leases.demand(conn, CONNECTIONS, connection, now)
        row = connections.one(conn, connection)
        if row is None or row.parked_at is not None:
            return Asked(full, parked=row is not None)
        known = facts.read(conn, _key(connection))
        running = row.lease_until > real
        if known is not None and (known["full"] or not full):
            return Asked(known["full"], repeated=True, running=running)
        facts.write(conn, _key(connection), {"full": full, "at": now, "by": actor})
        audit.add(conn, at=now, actor=actor, action="connection.sync", obj=connection, after={"full": full})
    return Asked(full, running=running)


def is_asked(conn: Connection, connection: str) -> bool:
    """Whether a sync was asked for that is not done yet."""
    return facts.read(conn, _key(connection)) is not None


def take_up(conn: Connection, connection: str, fence: int) -> bool:
    """Begin what was asked for, in the transaction that claims the row; True if everything is to be read again."""
    known = facts.read(conn, _key(connection))
    if known is None:
        return False
    facts.write(conn, _key(connection), {**known, "fence": fence})
    full: bool = known["full"]
    return full


def settle(conn: Connection, connection: str, fence: int) -> bool:
    """End what this run took up, in the transaction that ends its claim; True if more was asked for meanwhile."""
    known: Any = facts.read(conn, _key(connection))
    if known is None:
        return False
    if known.get("fence") != fence:
        return True
    facts.forget(conn, _key(connection))
    return False


def _key(connection: str) -> str:
    return f"sync_asked:{connection}"
