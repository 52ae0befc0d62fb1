"""Connections that cannot be read: since when, and when the operator has to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from stalewatch.domain.instants import MINUTE, SECOND
from stalewatch.sdk.errors import BadCursor, ConnectorError, TryLater
from stalewatch.services.alerting.guarding import operator_notice
from stalewatch.store import facts, notices, outbox
from stalewatch.store.engine import Connection, Database

LASTING: Final = 30 * MINUTE
"""A passing fault that lasts so long is told."""


@dataclass(frozen=True, slots=True)
class Failing:
    """A connection cannot be read.

    Attributes:
        since: instant of the first of the failures that go on.
        needs_person: it will not pass by itself.
    """

    since: int
    needs_person: bool

    def lasts(self, now: int) -> bool:
        """True if somebody has to know."""
        return self.needs_person or now - self.since >= LASTING


def note(db: Database, connection: str, error: ConnectorError | None, now: int) -> bool:
    """Remember how a sync ended; True if the operator is told, once a day, that a connection cannot be read.

    Told at once is what only a person can mend, and what is known to last: nobody tries again before it ends. What
    passes by itself is told when it does not pass.
    """
    with db.read() as conn:
        known = failing(conn, connection)
    if error is None:
        if known is not None:
            with db.write() as conn:
                facts.forget(conn, _key(connection))
        return False
    since = now if known is None else min(known.since, now)
    found = Failing(since, needs_person=not isinstance(error, TryLater | BadCursor))
    with db.write() as conn:
        if found != known:
            facts.write(conn, _key(connection), {"since": found.since, "needs_person": found.needs_person})
        if not (found.lasts(now) or _is_long(error)):
            return False
        notices.add(conn, [operator_notice(f"connection:{connection}", 1, now)])
        outbox.call(conn, {"operator": now})
    return True


def failing(conn: Connection, connection: str) -> Failing | None:
    """The failures of a connection that are still going on; None if the last sync succeeded."""
    value = facts.read(conn, _key(connection))
    return None if value is None else Failing(int(value["since"]), bool(value["needs_person"]))


def _is_long(error: ConnectorError) -> bool:
    """Whether the CRM itself says that it takes so long: the day's quota is spent."""
    after = error.after if isinstance(error, TryLater) else None
    return after is not None and after.total_seconds() * SECOND >= LASTING


def _key(connection: str) -> str:
    return f"failing:{connection}"
