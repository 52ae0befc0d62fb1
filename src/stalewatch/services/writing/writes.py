"""Write what is to be written: one row at a time, each once.

The write is the leased row. Before a request leaves, its intent is committed; after a crash the next worker finds it,
looks whether it arrived, and only then goes on. Writes of one record go one after the other, in the order in which they
were asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from stalewatch.clock import Clock
from stalewatch.domain.instants import MINUTE, SECOND
from stalewatch.domain.writebacks import WriteEvent, WriteState, after
from stalewatch.sdk.connector import Connector
from stalewatch.sdk.errors import Conflict, ConnectorError, Refused, WriteUnknown
from stalewatch.sdk.writing import Change, Kind
from stalewatch.services.syncing.contained import ConnectorBroke, contained
from stalewatch.services.writing.asking import Why
from stalewatch.services.writing.moving import BEHIND, Target, Wrote
from stalewatch.services.writing.settling import Settling, lease_for
from stalewatch.services.writing.versions import known_version
from stalewatch.services.writing.wishes import change_of
from stalewatch.store import leases, writebacks
from stalewatch.store.engine import Connection, Database
from stalewatch.store.errors import LeaseLost
from stalewatch.store.leases import WRITEBACKS

LEASE: Final = MINUTE
"""Of the claim, until it is known how long the connector may take."""


@dataclass(frozen=True, slots=True)
class Writes:
    """Writes into the CRMs of one project.

    Attributes:
        targets: the connections that are configured, by id.
        is_stopping: asked before each write; True ends the run and leaves the rest to the next worker.
    """

    db: Database
    clock: Clock
    targets: Mapping[str, Target]
    is_stopping: Callable[[], bool] = lambda: False

    def run(self, only: str | None = None) -> Wrote:
        """Write everything that is due, or the one write with this id, until nothing is."""
        done, worker = Wrote(), _Worker(self.db, self.clock)
        while not self.is_stopping():
            with self.db.write() as conn:
                claimed = leases.claim(conn, WRITEBACKS, due=worker.now, lease_us=LEASE, only=only)
            if not claimed:
                break
            try:
                worker.serve(claimed[0], self.targets.get(claimed[0].connection), done)
            except LeaseLost:
                continue  # another worker has it now
        return done


@dataclass(frozen=True, slots=True)
class _Worker(Settling):
    """Serves one row that it has claimed."""

    def serve(self, row: Any, target: Target | None, done: Wrote) -> None:
        if target is None:
            self.abandoned(row, Why.NO_CONNECTION, None, done)
            return
        try:
            with contained():
                connector = target.connect()
        except ConnectorError as error:
            self._unready(row, error, done)
            return
        if row.state != WriteState.ASKED:
            self.settle(row, connector, done)
            return
        why = self._forbids(row, target)
        if why is not None:
            self.abandoned(row, why, None, done)
            return
        prepared = self._prepare(row, connector)
        if prepared is not None:
            self._send(*prepared, connector, done)

    def _forbids(self, row: Any, target: Target) -> Why | None:
        """Why it must not be written any more, whatever was so when it was asked for."""
        if not target.allowed.takes(Kind(row.kind)):
            return Why.OFF
        if row.needs_id is None:
            return None
        with self.db.read() as conn:
            needed = writebacks.one(conn, row.needs_id)
        ended_otherwise = needed is None or (WriteState(needed.state).is_terminal and needed.state != WriteState.DONE)
        return Why.NEEDED if ended_otherwise else None

    def _prepare(self, row: Any, connector: Connector) -> tuple[Any, Change, int | None] | None:
        """Commit the intent to send; None: another write of the same record comes first."""
        with self.db.write() as conn:
            if writebacks.is_behind(conn, row) or not self._has_its_needs(conn, row):
                self.rest(conn, row, BEHIND)
                return None
            following, sending_at = after(WriteState.ASKED, WriteEvent.CLAIMED), self.db.now()
            leases.keep(
                conn, WRITEBACKS, row.id, row.fence, lease_us=lease_for(connector), state=following.value,
                sending_at=sending_at, look_at=None, looks=0,
            )  # fmt: skip
            ready = writebacks.one(conn, row.id)
            return ready, change_of(conn, ready), known_version(conn, ready)

    def _has_its_needs(self, conn: Connection, row: Any) -> bool:
        needed = None if row.needs_id is None else writebacks.one(conn, row.needs_id)
        return needed is None or needed.state == WriteState.DONE

    def _send(self, row: Any, change: Change, base: int | None, connector: Connector, done: Wrote) -> None:
        """One request, whose intent was committed before."""
        try:
            with contained():
                written = connector.write_back(change)
        except (WriteUnknown, ConnectorBroke) as error:
            ended = self.db.now()  # nothing of it is under way here; what the CRM still does, it does soon
            self.lost(row, str(error), ended + int(connector.settle_after_seconds * SECOND), done)
        except Conflict as error:
            self.overtaken(row, error, done)
        except Refused as error:
            self.refused(row, error, done)
        except ConnectorError as error:
            self.postponed(row, error, done)
        else:
            self.written(row, WriteEvent.WRITTEN, base, written, done)

    def _unready(self, row: Any, error: ConnectorError, done: Wrote) -> None:
        """The connection cannot be used as it is configured; what was sent already stays unknown meanwhile."""
        done.errors.append(f"{row.record_id}: {error}")
        with self.db.write() as conn:
            self.rest(conn, row, MINUTE, error=str(error))
