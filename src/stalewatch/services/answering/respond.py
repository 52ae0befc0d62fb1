"""What a person answers to a nudge; each answer changes the alert and is written down in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from stalewatch.clock import Clock
from stalewatch.domain import alerts as life
from stalewatch.domain import episodes
from stalewatch.domain.alerts import AlertState
from stalewatch.domain.instants import to_us
from stalewatch.services.alerting import outdated
from stalewatch.services.alerting.tellings import calendars_of
from stalewatch.services.judging.alert_rows import changing, from_row
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import alerts, audit, notices, records
from stalewatch.store.engine import Connection, Database
from stalewatch.store.visibility import Visible


class Refusal(StrEnum):
    """Why an answer was not taken."""

    NOT_FOUND = "not_found"
    RESOLVED = "resolved"
    REASON_MISSING = "reason_missing"
    TOO_LONG = "too_long"
    IN_THE_PAST = "in_the_past"
    TOO_OFTEN = "too_often"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it: the alert's row as it is now, or why nothing was done.

    `until` is the latest moment that a snooze may last to, where the refusal is about that.
    """

    alert: Any = None
    refusal: Refusal | None = None
    until: int | None = None


def snooze(
    db: Database, clock: Clock, book: Rulebook, alert_id: str, *, until: int, reason: str, actor: str,
    visible: Visible | None = None,
) -> Answer:  # fmt: skip
    """Hold an episode's messages back until a moment; when it ends and the deal is still late, it is asked again.

    At most `defaults.snooze.max` long and `times` per episode; after that "on hold until the customer's date"
    is the honest answer.
    """
    now = to_us(clock.now())
    with db.write() as conn:
        return snooze_within(conn, book, alert_id, now=now, until=until, reason=reason, actor=actor, visible=visible)


def snooze_within(
    conn: Connection, book: Rulebook, alert_id: str, *, now: int, until: int, reason: str, actor: str,
    visible: Visible | None = None, request: str | None = None,
) -> Answer:  # fmt: skip
    """The same in a transaction of the caller's, together with what else must be true or not be at all.

    Args:
        request: what asked for it, for the audit log.
    """
    row = alerts.standing(conn, alert_id)
    if row is None or not records.read_by_ids(conn, row.object, [row.record_id], visible=visible):
        return Answer(refusal=Refusal.NOT_FOUND)
    latest = latest_end(conn, book, row, now)
    refusal = _refusal(book, row, until, reason, now, latest)
    if refusal is not None:
        return Answer(alert=row, refusal=refusal, until=latest)
    alert = episodes.snooze(from_row(row), until, _policy(book))
    values = changing(alert, row, now)
    answered = {"snoozed_by": actor, "snooze_reason": reason, "acted_at": now, "acted_as": "snoozed"}
    alerts.update(conn, [{"id": row.id, "version": row.version, **values, **answered}])
    waiting = notices.of_alerts(conn, [row.id], (notices.PENDING, notices.HELD))
    notices.drop(conn, [notice.key for notice in waiting], "snoozed")
    outdated.ask(conn, [row.id], now)
    audit.add(
        conn, at=now, actor=actor, action="alert.snooze", obj=row.id, request=request,
        before={"state": row.state}, after={"until": until, "reason": reason},
    )  # fmt: skip
    return Answer(alert=alerts.by_id(conn, [row.id])[row.id])


def latest_end(conn: Connection, book: Rulebook, row: Any, now: int) -> int:
    """The latest moment that a snooze of this alert may last to, by the record's own calendar."""
    calendar = calendars_of(conn, book, {row.record_id: row.object})[row.record_id]
    return int(calendar.add(np.array([now], np.int64), book.judging.snoozing.longest)[0])


def _refusal(book: Rulebook, row: Any, until: int, reason: str, now: int, latest: int) -> Refusal | None:
    limits = book.judging.snoozing
    if row.state == AlertState.RESOLVED:
        return Refusal.RESOLVED
    if limits.reason_required and not reason.strip():
        return Refusal.REASON_MISSING
    if until <= now:
        return Refusal.IN_THE_PAST
    if until > latest:
        return Refusal.TOO_LONG
    return Refusal.TOO_OFTEN if row.snoozes >= limits.times else None


def _policy(book: Rulebook) -> life.Policy:
    return life.policy_of(book.calendars.default, book.judging.keep_for, book.judging.reopen_within)
