"""The storm guard: where so much breaks at once that a person should look first, nothing is said until somebody did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from stalewatch.domain.pacing import Reason, storm
from stalewatch.services.alerting.announcing import CHECKING
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import alerts, clocks, notices, open_records, outbox
from stalewatch.store.engine import Connection, Database


@dataclass(slots=True)
class Guard:
    """The guard of one tick. Breaches that could be a storm are held until all of them are known (`decide`).

    What is due is counted before anything is looked at: so few that they can be no storm are never held, and are
    written once.

    Attributes:
        is_held: whether breaches wait for `decide`: those of a tick that came to no end, and those that this one held.
    """

    db: Database
    book: Rulebook
    now: int
    is_held: bool
    free: int = 0
    passed: int = field(default=0, init=False)

    def count(self, connections: Sequence[Any]) -> None:
        """Count what is due on these connections (id, `seen`: the watermark), before a tick looks at it."""
        guard = self.book.judging.storm_guard
        if guard is None:
            return
        with self.db.read() as conn:
            most = notices.records_held_for(conn, CHECKING) if self.is_held else 0
            for connection in connections:
                most += clocks.count_due(conn, connection.id, self.now, since=connection.seen)
                most += alerts.count_timers_due(conn, self.now, connection.id)
            if most < guard.at_least or not storm(guard.share, guard.at_least, most, self._open(conn)):
                self.free = most

    def holds(self, records: int) -> bool:
        """Whether the breaches of a page of so many records wait for `decide`.

        Those that came while the tick ran were not counted, and do.
        """
        self.passed += records
        holds = self.book.judging.storm_guard is not None and self.passed > self.free
        self.is_held = self.is_held or holds
        return holds

    def decide(self) -> int:
        """Let what was held go, unless it is a storm; answers with how many notices a person has to look at."""
        guard = self.book.judging.storm_guard
        if guard is None or not self.is_held:
            return 0
        with self.db.read() as look:
            if not notices.any_held_for(look, CHECKING):
                return 0
        with self.db.write() as conn:
            broken = notices.records_held_for(conn, CHECKING)
            if storm(guard.share, guard.at_least, broken, self._open(conn)):
                stormed = notices.relabel_all(conn, CHECKING, Reason.STORM.value)
                notices.add(conn, [operator_notice("storm", stormed, self.now)])
                outbox.call(conn, {"operator": self.now})
                return stormed
            calls = notices.calls_held_for(conn, CHECKING)
            notices.release_all(conn, CHECKING)
            outbox.call(conn, calls)
            return 0

    def _open(self, conn: Connection) -> int:
        return open_records.many(conn, self.book.objects)


def operator_notice(kind: str, n: int, now: int) -> dict[str, Any]:
    """A notice for the operator; told once a day for one kind of trouble."""
    return {
        "key": f"operator:{kind}:{now // 86_400_000_000}",
        "alert_id": None,
        "record_id": None,
        "rule_id": None,
        "kind": kind,
        "n": n,
        "target": "operator",
        "style": "operator",
        "state": notices.PENDING,
        "reason": kind,
        "severity": "critical",
        "not_before": now,
        "edge_at": now,
        "created_at": now,
    }
