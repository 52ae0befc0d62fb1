"""Once a day what is older than `retention:` says is erased, in small transactions; several processes do it once.

What counts on a text loses it; what others count on stays. A key under which something was told is kept for ever, so
that nothing is told twice. Of a record that is open its whole history stays: its deadlines stand on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Final

from stalewatch.clock import Clock
from stalewatch.domain.instants import DAY, to_us
from stalewatch.domain.retention import Retention
from stalewatch.store import audit_doors, facts, hooks, retention
from stalewatch.store.engine import Connection, Database

PIECE: Final = 1_000
"""Rows of one transaction: nobody who writes waits for longer than that takes."""
SETTLES: Final = 14 * DAY
"""So long after its end an alert may be opened again, and what was said of it be answered to."""
ACTOR: Final = "stalewatch"
_DAY_DONE: Final = "retention:day"


@dataclass(slots=True)
class Erased:
    """What a day's erasing took away: changes of fields, records that their CRM deleted, messages, writes, rows that
    were left out, rows of the audit log. The first four lost their texts only."""

    changes: int = 0
    records: int = 0
    messages: int = 0
    writes: int = 0
    left_out: int = 0
    audit: int = 0

    def counts(self) -> dict[str, int]:
        """Each by its name, those that are not 0."""
        return {one.name: many for one in fields(self) if (many := getattr(self, one.name))}


@dataclass(frozen=True, slots=True)
class Retaining:
    """Erases what is too old."""

    db: Database
    clock: Clock
    retention: Retention
    is_stopping: Callable[[], bool] = lambda: False

    def run(self) -> Erased:
        """Do today's work; nothing, if somebody has begun it already. What is not done by then is done tomorrow."""
        now = to_us(self.clock.now())
        return self.erase(now) if self._claim(now // DAY) else Erased()

    def erase(self, now: int) -> Erased:
        """Erase what is too old at `now`, whether somebody did it today or not."""
        done, kept = Erased(), self.retention
        if kept.changes is not None:
            before = now - kept.changes
            done.changes = sum(self._past(obj, before) for obj in retention.OBJECTS)
            done.records = sum(self._gone(obj, before) for obj in retention.OBJECTS)
        if kept.outbox is not None:
            self._outbox(now, now - kept.outbox, done)
        if kept.audit is not None:
            before = now - kept.audit
            done.audit = self._pieces(
                lambda conn: audit_doors.expire(conn, before=before, at=now, actor=ACTOR, limit=PIECE)
            )
        return done

    def _claim(self, day: int) -> bool:
        """Whether today's work is ours: the first of several processes to say so does it."""
        with self.db.write() as conn:
            return facts.turn(conn, _DAY_DONE, day)

    def _past(self, obj: str, before: int) -> int:
        """The history of records that ended, those first that are looked at without holding anybody up."""
        after, erased = "", 0
        while not self.is_stopping():
            with self.db.read() as look:
                ids = retention.ended(look, obj, before=before, after=after, limit=PIECE)
                old = retention.have_past(look, ids, before)
            if old:
                with self.db.write() as conn:  # one that was opened again meanwhile keeps its past
                    still = retention.ended(conn, obj, before=before, limit=PIECE, only=old)
                    erased += retention.forget_past(conn, still, before)
            if len(ids) < PIECE:
                break
            after = ids[-1]
        return erased

    def _gone(self, obj: str, before: int) -> int:
        return self._pieces(lambda conn: retention.blank_gone(conn, obj, before=before, limit=PIECE))

    def _outbox(self, now: int, before: int, done: Erased) -> None:
        done.messages = self._pieces(
            lambda conn: retention.empty_deliveries(conn, before=before, settled=now - SETTLES, limit=PIECE)
        )
        done.writes = self._pieces(lambda conn: retention.empty_writes(conn, before=before, limit=PIECE))
        done.messages += self._pieces(lambda conn: hooks.forget(conn, before=before, limit=PIECE))
        with self.db.write() as conn:
            done.left_out = retention.empty_quarantine(conn, before=before)

    def _pieces(self, erase: Callable[[Connection], int]) -> int:
        """Piece by piece until nothing is left, or until we are told to stop."""
        erased = 0
        while not self.is_stopping():
            with self.db.write() as conn:
                piece = erase(conn)
            erased += piece
            if piece < PIECE:
                break
        return erased
