"""What a change of rules does to the alerts that are open: the record is the same, only what we say of it is not.

An alert whose trouble is one by the new rules as well stays as it is. One whose trouble is none any more ends with
`rule_changed`, which nobody acted on; like every other it waits for `keep_for`, so that a slip of the pen that is
put right at once tells nobody anything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from stalewatch.domain import episodes
from stalewatch.domain.alerts import AlertState
from stalewatch.domain.deadlines import State
from stalewatch.domain.durations import elapsed
from stalewatch.domain.entries import Entry
from stalewatch.domain.readings import readings
from stalewatch.services.judging.alert_rows import changing, from_row
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import alerts, clocks
from stalewatch.store.engine import Connection

Clocks = Mapping[str, list[Entry]]
_decode = msgspec.json.Decoder(list[Entry]).decode


@dataclass(frozen=True, slots=True)
class Ruled:
    """The open alerts of some records, and what their clocks said by the rules from before.

    A record that is judged anew for another reason (a connection tells more than it did) is not in `before`.
    """

    book: Rulebook
    rows: Mapping[str, list[Any]]
    before: Clocks

    @classmethod
    def of(cls, conn: Connection, book: Rulebook, ids: Collection[str]) -> Ruled:
        """Look before these records are judged by other rules."""
        found: dict[str, list[Any]] = {}
        for row in alerts.open_for(conn, ids):
            found.setdefault(row.record_id, []).append(row)
        old = {row[0]: _decode(row[1]) for row in clocks.stored(conn, list(found)) if row[2] is not None}
        return cls(book, found, {record: list(book.by_key(some).values()) for record, some in old.items()})

    def note(self, conn: Connection, connection: str, now: int) -> None:
        """Look again now that they were: what ended is marked, and everything is looked at by the next tick."""
        after = clocks.entries(conn, self.rows, list[Entry])
        fading = [
            self._ends(row, now)
            for record, rows in sorted(self.rows.items())
            if record in self.before
            for row in self._ended(record, rows, after.get(record, []), now)
        ]
        without = [row for record, rows in self.rows.items() if record not in after for row in rows]
        changed = {row["id"] for row in fading}
        alerts.update(conn, fading)
        alerts.ring(conn, [row.id for row in without if row.id not in changed], now)
        clocks.wake(conn, connection, dict.fromkeys(after, now))

    def _ended(self, record: str, rows: Collection[Any], after: list[Entry], now: int) -> list[Any]:
        """The alerts that stood by the rules from before, and do not by these."""
        known = [(row.rule_id, row.subject) for row in rows if row.rule_id in self.book.by_id]
        old = readings(self.before[record], known, self.book.by_id, now, is_open=True)
        new = readings(after, known, self.book.by_id, now, is_open=True)
        return [
            row
            for row in rows
            if (problem := (row.rule_id, row.subject)) in new
            and row.state != AlertState.RESOLVING
            and new[problem].state is not State.EXCEPTED
            and episodes.is_late_by(from_row(row), old[problem])
            and not episodes.stands(from_row(row), new[problem])
        ]

    def _ends(self, row: Any, now: int) -> dict[str, Any]:
        over = episodes.overruled(from_row(row), now, elapsed(self.book.judging.keep_for))
        return {"id": row.id, "version": row.version, **changing(over, row, now)}
