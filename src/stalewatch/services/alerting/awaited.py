"""Snoozes and waits that end by an event: the customer answered, the meeting is over.

Whoever stores what happened looks here afterwards: a sync for what the CRM tells, the tick for a meeting whose time
has passed. A meeting that was called off is over, too; where another one is planned, that one is waited for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from stalewatch.domain import episodes
from stalewatch.domain.instants import HOUR
from stalewatch.sdk.records import ActivityKind
from stalewatch.services.judging import holds
from stalewatch.services.judging.alert_rows import changing, from_row
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import activities, alerts, records, waits
from stalewatch.store.engine import Connection

CUSTOMER: Final = "customer_reply"
MEETING: Final = "meeting_over"
"""The events, as `alerts.snooze_ends` and `waits.ends` name them."""


def end(conn: Connection, book: Rulebook, ids: Collection[str], now: int) -> list[str]:
    """End what waits for something, of these records, that has happened by now; returns the deals that waited."""
    waiting, asleep = waits.awaiting(conn, ids), alerts.awaiting(conn, ids)
    if not waiting and not asleep:
        return []
    waited: list[str] = []
    happened = _Happened.read(conn, {row.record_id for row in (*waiting, *asleep)}, now)
    for row in waiting:
        at = happened.since(row.record_id, row.ends, row.set_at)
        if at is not None:
            waited += holds.end(conn, book, [row.id], at, row.ends, now)
    awake = [row for row in asleep if happened.since(row.record_id, row.snooze_ends, row.acted_at or 0) is not None]
    alerts.update(
        conn,
        [{"id": row.id, "version": row.version, **changing(_awake(row, now), row, now)} for row in awake],
    )
    return waited


def _awake(row: Any, now: int) -> Any:
    return episodes.end_snooze(from_row(row), now)


@dataclass(frozen=True, slots=True)
class _Happened:
    """What is known of some records: when a customer acted last, which meetings there were, whether one is planned."""

    customers: Mapping[str, int | None]
    planned: Mapping[str, int | None]
    ended: Mapping[str, Sequence[int]]
    now: int

    @classmethod
    def read(cls, conn: Connection, ids: Collection[str], now: int) -> _Happened:
        customers: dict[str, int | None] = {}
        planned: dict[str, int | None] = {}
        objects = records.objects(conn, ids)
        for obj in sorted(set(objects.values()) - {"lead"}):
            mine = sorted(record for record in objects if objects[record] == obj)
            table = records.columns(conn, obj, mine, ("last_customer_activity_at", "meeting_ends_at"))
            customers |= dict(zip(table["id"], table["last_customer_activity_at"], strict=True))
            planned |= dict(zip(table["id"], table["meeting_ends_at"], strict=True))
        ended: dict[str, list[int]] = {}
        for row in activities.read(conn, ids):
            if row.kind == ActivityKind.MEETING:
                ended.setdefault(row.record_id, []).append(row.at + HOUR if row.ends_at is None else row.ends_at)
        return cls(customers, planned, ended, now)

    def since(self, record: str, event: str, begun: int) -> int | None:
        """When it happened after it began to be waited for (µs); None if it has not."""
        if event == CUSTOMER:
            at = self.customers.get(record)
            return at if at is not None and begun < at <= self.now else None
        over = [at for at in self.ended.get(record, ()) if begun < at <= self.now]
        if over:
            return min(over)
        ahead = self.planned.get(record)
        return None if ahead is not None and ahead > self.now else self.now
