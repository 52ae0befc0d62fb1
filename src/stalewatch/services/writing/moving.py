"""How a write moves: every transition is fenced by its claim, and every write that the CRM has stands in the audit log.

The audit row of a write is added in the transaction that records its receipt, and a receipt is recorded once: so there
is one `crm.write` in the log for each write in the CRM, whenever anybody is killed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from stalewatch.clock import Clock
from stalewatch.domain.instants import DAY, MINUTE, SECOND, to_us
from stalewatch.domain.writebacks import Writeback, WriteEvent, WriteState, after
from stalewatch.sdk.connector import Connector
from stalewatch.sdk.errors import Conflict, ConnectorError, Refused, TryLater
from stalewatch.sdk.writing import Written
from stalewatch.services.writing.asking import Why
from stalewatch.store import audit, leases, writebacks
from stalewatch.store.engine import Connection, Database
from stalewatch.store.leases import WRITEBACKS

STALE: Final = DAY
"""What could not be written for so long is given up: nobody expects it any more."""
PAUSE: Final = 5 * MINUTE
BEHIND: Final = 5 * SECOND
"""How long a write waits for another one of the same record, if nobody wakes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A connection that may be written: how to get its connector, and what its `writeback` allows."""

    connect: Callable[[], Connector]
    allowed: Writeback


@dataclass(slots=True)
class Wrote:
    """What a run did: writes by how they ended, those that are tried again, and what went wrong, in words."""

    done: int = 0
    refused: int = 0
    conflicts: int = 0
    unknown: int = 0
    postponed: int = 0
    given_up: int = 0
    errors: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Moving:
    """Moves writes from state to state."""

    db: Database
    clock: Clock

    @property
    def now(self) -> int:
        return to_us(self.clock.now())

    def written(self, row: Any, event: WriteEvent, base: int | None, written: Written, done: Wrote) -> None:
        """The CRM has it: the receipt and its one audit row."""
        version = None if written.version is None else to_us(written.version)
        answer = {"said": written.answer, "from": base, "request": written.request}
        told = {
            "fields": msgspec.to_builtins(dict(written.after)), "ref": written.ref, "kind": row.kind,
            "answer": written.answer, "crm_request": written.request,
        }  # fmt: skip
        with self.db.write() as conn:
            self._end(conn, row, event, version=version, ref=written.ref, answer=answer, error=None)
            fields = dict(written.before) or (row.answer or {}).get("seen", {})
            before = {"fields": msgspec.to_builtins(fields)}
            self._note(conn, row, "crm.write", before=before, after=told)
        done.done += 1

    def refused(self, row: Any, error: Refused, done: Wrote) -> None:
        """The CRM said no: its words are kept as they are."""
        told = {"said": error.what, "fields": list(error.fields), "code": error.code}
        with self.db.write() as conn:
            self._end(conn, row, WriteEvent.DECLINED, answer=told, error=str(error))
            self._note(conn, row, "crm.refused", after=told)
        done.refused += 1

    def overtaken(self, row: Any, error: Conflict, done: Wrote) -> None:
        """Nothing was overwritten; what stands there now is kept, to be shown."""
        told = {"said": error.what, "now": msgspec.to_builtins(error.now)}
        version = None if error.version is None else to_us(error.version)
        with self.db.write() as conn:
            self._end(conn, row, WriteEvent.OVERTAKEN, answer=told, error=error.what, version=version)
            self._note(conn, row, "crm.conflict", after=told)
        done.conflicts += 1

    def abandoned(self, row: Any, why: Why, error: str | None, done: Wrote) -> None:
        """It will not be written."""
        with self.db.write() as conn:
            self._end(conn, row, WriteEvent.ABANDONED, reason=why.value, error=error)
            self._note(conn, row, "crm.given_up", after={"why": why.value, "state": row.state})
        done.given_up += 1

    def postponed(self, row: Any, error: ConnectorError, done: Wrote) -> None:
        """Certainly not written: again later, unless it is too old by then."""
        done.errors.append(f"{row.record_id}: {error}")
        if self.now - row.asked_at > STALE:
            self.abandoned(row, Why.TOO_OLD, str(error), done)
            return
        with self.db.write() as conn:
            following = after(WriteState(row.state), WriteEvent.POSTPONED)
            self.rest(conn, row, wait_for(error), state=following.value, error=str(error), look_at=None)
        done.postponed += 1

    def lost(self, row: Any, why: str, look_at: int, done: Wrote) -> None:
        """Nobody knows what became of it; from `look_at` on, by the database's clock, it can be looked for."""
        following = after(WriteState(row.state), WriteEvent.LOST)
        with self.db.write() as conn:
            wait = max(0, look_at - self.db.now())
            self.hold(conn, row, wait, state=following.value, look_at=look_at, looks=0, error=why)
            self._note(conn, row, "crm.unknown", after={"said": why})
        done.unknown += 1

    def rest(self, conn: Connection, row: Any, wait: int, **values: Any) -> None:
        """End the claim; the write is due again after so many microseconds of the project's clock."""
        leases.finish(conn, WRITEBACKS, row.id, row.fence, due_at=self.now + wait, **values)

    def hold(self, conn: Connection, row: Any, wait: int, **values: Any) -> None:
        """End the claim; nobody may take the write up before so many microseconds of real time."""
        leases.keep(conn, WRITEBACKS, row.id, row.fence, lease_us=wait, due_at=self.now, attempts=0, **values)

    def _end(self, conn: Connection, row: Any, event: WriteEvent, **values: Any) -> None:
        now, state = self.now, after(WriteState(row.state), event)
        leases.finish(
            conn, WRITEBACKS, row.id, row.fence, due_at=None, state=state.value, ended_at=now, look_at=None, **values
        )  # fmt: skip
        writebacks.wake(conn, row.record_id, now)

    def _note(self, conn: Connection, row: Any, action: str, *, before: Any = None, after: Mapping[str, Any]) -> None:
        audit.add(
            conn, at=self.now, actor=row.actor, action=action, obj=row.record_id, before=before, after=dict(after),
            request=row.id,
        )  # fmt: skip


def wait_for(error: ConnectorError) -> int:
    """How long to leave a write alone after a fault, in microseconds."""
    asked = error.after if isinstance(error, TryLater) else None
    return PAUSE if asked is None else min(max(int(asked.total_seconds() * SECOND), SECOND), DAY)
