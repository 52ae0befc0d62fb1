"""When the next thing has to be done, so that an engine sleeps until then instead of asking again and again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from stalewatch.clock import Clock
from stalewatch.domain.instants import DAY, to_us
from stalewatch.services.judging.sources import Sources, trusted
from stalewatch.store import alerts, clocks, connections, outbox, waits, writebacks
from stalewatch.store.engine import Connection, Database

FAR: Final = DAY
"""Microseconds until the next thing where there is none in sight."""


@dataclass(frozen=True, slots=True)
class Agenda:
    """Looks at the indexes over what is due; each answer is in microseconds from now, 0 or more.

    Attributes:
        version: of the rules by which records are to be judged; None: any.
    """

    db: Database
    clock: Clock
    ages: Sources
    version: str | None = None

    def until_sync(self) -> int:
        """Until a connection is due to be read, or now where records wait to be judged again."""
        with self.db.read() as conn:
            rows = [row for row in connections.read(conn) if row.id in self.ages]
            if any(row.first_sync_at is not None and not self._is_settled(conn, row.id) for row in rows):
                return 0
            return self._soonest(rows)

    def until_tick(self) -> int:
        """Until a deadline or an alert's timer is due, on a connection that may be judged now, or a wait is over.

        Of a connection whose records wait to be judged again no deadline is looked at before they are.
        """
        now = to_us(self.clock.now())
        with self.db.read() as conn:
            ready = [one for one in trusted(conn, self.ages, now)[0] if self._is_settled(conn, one)]
            moments = [at for connection in ready for at in self._ahead(conn, connection, now)]
            moments += [at for at in (waits.next_due(conn),) if at is not None]
        return min([max(0, at - now) for at in moments], default=FAR)

    def until_dispatch(self) -> int:
        """Until a message may be sent."""
        with self.db.read() as conn:
            return self._soonest(row for row in outbox.waiting_destinations(conn) if row.paused_reason is None)

    def until_write(self) -> int:
        """Until something is due to be written into a CRM."""
        with self.db.read() as conn:
            return self._soonest(writebacks.waiting(conn))

    def _is_settled(self, conn: Connection, connection: str) -> bool:
        by = clocks.settled(conn, connection)
        return by is not None and self.version in (None, by)

    def _ahead(self, conn: Connection, connection: str, now: int) -> list[int]:
        edge = clocks.next_edge(conn, connection)
        timers = alerts.timers_due(conn, now + FAR, 1, connection=connection)
        return [at for at in (edge, *(row.due_at for row in timers)) if at is not None]

    def _soonest(self, rows: Any) -> int:
        """Rows that somebody holds are free when their lease runs out, by the database's clock."""
        now, real = to_us(self.clock.now()), self.db.now()
        waits: list[int] = [
            max(0, row.due_at - now, row.lease_until - real)
            for row in rows
            if row.due_at is not None and row.parked_at is None
        ]
        return min([*waits, FAR])
