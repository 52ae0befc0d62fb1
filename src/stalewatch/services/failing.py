"""Connections that cannot be read: since when, and when the operator has to know."""

from __future__ import annotations

from typing import Final

from stalewatch.domain.instants import MINUTE
from stalewatch.sdk.errors import BadCursor, ConnectorError, TryLater
from stalewatch.services.tick import operator_notice
from stalewatch.store import facts, notices, outbox
from stalewatch.store.engine import Connection, Database

LASTING: Final = 30 * MINUTE
"""A passing fault that lasts so long is told."""


def note(db: Database, connection: str, error: ConnectorError | None, now: int) -> bool:
    """Remember how a sync ended; True if the operator is told, once a day, that a connection cannot be read.

    Told at once is what only a person can mend; what passes by itself is told when it does not pass.
    """
    with db.read() as conn:
        since = failing_since(conn, connection)
    if error is None:
        if since is not None:
            with db.write() as conn:
                facts.forget(conn, _key(connection))
        return False
    with db.write() as conn:
        if since is None or since > now:
            since = now
            facts.write(conn, _key(connection), since)
        if isinstance(error, TryLater | BadCursor) and now - since < LASTING:
            return False
        notices.add(conn, [operator_notice(f"connection:{connection}", 1, now)])
        outbox.call(conn, {"operator": now})
    return True


def failing_since(conn: Connection, connection: str) -> int | None:
    """The instant of the first of the failures that are still going on; None if the last sync succeeded."""
    value = facts.read(conn, _key(connection))
    return None if value is None else int(value)


def _key(connection: str) -> str:
    return f"failing:{connection}"
