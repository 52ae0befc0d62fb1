"""Writes of which nobody saw how they ended: looked for in the CRM, and never guessed about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from stalewatch.domain.instants import SECOND
from stalewatch.domain.writebacks import WriteEvent, WriteState, after
from stalewatch.sdk.connector import Connector
from stalewatch.sdk.errors import Conflict, ConnectorError
from stalewatch.sdk.writing import Written
from stalewatch.services.syncing.contained import contained
from stalewatch.services.writing.asking import Why
from stalewatch.services.writing.moving import STALE, Moving, Wrote, wait_for
from stalewatch.services.writing.versions import known_version
from stalewatch.services.writing.wishes import change_of
from stalewatch.store import leases
from stalewatch.store.leases import WRITEBACKS

LOOKS: Final = 2


@dataclass(frozen=True, slots=True)
class Settling(Moving):
    """Finds out what became of writes."""

    def settle(self, row: Any, connector: Connector, done: Wrote) -> None:
        """Find out what became of a write that was sent; it is looked for when it cannot be under way any more."""
        real = self.db.now()
        if row.state == WriteState.WRITING:
            since = row.sending_at if row.sending_at is not None else real
            self.lost(row, row.error or "its worker went away", since + look_after(connector), done)
            return
        if real < (row.look_at or 0):
            with self.db.write() as conn:
                self.hold(conn, row, row.look_at - real)
            return
        self._look(row, connector, real, done)

    def _look(self, row: Any, connector: Connector, real: int, done: Wrote) -> None:
        with self.db.write() as conn:
            leases.keep(conn, WRITEBACKS, row.id, row.fence, lease_us=lease_for(connector))
            change, base = change_of(conn, row), known_version(conn, row)
        try:
            with contained():
                found = connector.written(change)
        except Conflict as error:
            self.overtaken(row, error, done)
        except ConnectorError as error:
            self._unseen(row, error, real, done)
        else:
            self._seen(row, found, base, connector, done)

    def _seen(self, row: Any, found: Written | None, base: int | None, connector: Connector, done: Wrote) -> None:
        if found is not None:
            self.written(row, WriteEvent.FOUND, base, found, done)
            return
        apart = int(connector.settle_after_seconds * SECOND)
        with self.db.write() as conn:
            if apart > 0 and row.looks + 1 < LOOKS:
                self.hold(conn, row, apart, look_at=self.db.now() + apart, looks=row.looks + 1)
                return
            following = after(WriteState.UNKNOWN, WriteEvent.ABSENT)
            self.rest(conn, row, 0, state=following.value, look_at=None, looks=0)

    def _unseen(self, row: Any, error: ConnectorError, real: int, done: Wrote) -> None:
        """The CRM could not be asked now, which says nothing; after a day a person has to look."""
        done.errors.append(f"{row.record_id}: {error}")
        if real - (row.sending_at or real) > STALE:
            self.abandoned(row, Why.TOO_OLD, str(error), done)
            return
        with self.db.write() as conn:
            self.rest(conn, row, wait_for(error), error=str(error))


def look_after(connector: Connector) -> int:
    """Microseconds after a request whose outcome is not known until a look is certain to show it."""
    return int((connector.timeout_seconds + connector.settle_after_seconds) * SECOND)


def lease_for(connector: Connector) -> int:
    """Long enough for one write that takes its whole time, and the two transactions around it."""
    return int((2 * connector.timeout_seconds + 1) * SECOND)
