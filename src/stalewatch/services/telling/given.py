"""What people answered, as far as it still holds or ended the alert: what messages say of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from stalewatch.delivery.answered import Answered
from stalewatch.domain.alerts import AlertState, Cause, Hush
from stalewatch.domain.directory import Directory
from stalewatch.domain.instants import from_day
from stalewatch.store import answers, waits
from stalewatch.store.engine import Connection

_VERDICTS: Final = {Cause.FALSE_ALARM: "false_alarm", Cause.LOST: "lost"}
_MET: Final = (Cause.SATISFIED, Cause.RE_ANCHORED, Cause.DEADLINE_MOVED, Cause.NO_LONGER_APPLIES)
"""Ends that a booked meeting can have brought about."""
_HUSHED: Final = {Hush.CLAIMED: "claim", Hush.ACKNOWLEDGED: "acknowledge", Hush.CRM_CHANGED: "crm_changed"}
_QUIETING: Final = ("claim", "acknowledge", "meet", "hold", "loss_check")
"""Answers after which nothing is said for a while, though the alert stays open."""


@dataclass(frozen=True, slots=True)
class Given:
    """The last answer to each of some alerts, and the wait that each of their records is in."""

    latest: Mapping[str, Any]
    waiting: Mapping[str, Any]
    people: Directory
    now: int

    @classmethod
    def read(cls, conn: Connection, alerts: Iterable[Any], people: Directory, now: int) -> Given:
        """Read both for rows of alerts."""
        some = list(alerts)
        latest = {row.alert_id: row for row in answers.of_alerts(conn, {one.id for one in some})}
        records = {one.record_id for one in some if one.state == AlertState.WAITING}
        running = (row for row in waits.read(conn, records) if row.ended_at is None)
        return cls(
            latest, {row.record_id: row for row in sorted(running, key=lambda row: row.set_at or 0)}, people, now
        )

    def of(self, alert: Any) -> Answered | None:
        """What holds of an alert, or ended it; None: nothing that anybody said."""
        match alert.state:
            case AlertState.RESOLVED:
                return self._ended(alert)
            case AlertState.SNOOZED:
                return Answered(
                    act="snooze", by=self._name(alert.snoozed_by), until=alert.snoozed_until,
                    ends=alert.snooze_ends or "",
                )  # fmt: skip
            case AlertState.WAITING:
                return self._held(alert)
        return self._hushed(alert) if alert.hushed_until is not None and alert.hushed_until > self.now else None

    def _ended(self, alert: Any) -> Answered | None:
        row, cause = self.latest.get(alert.id), alert.cause
        if row is None or cause is None:
            return None
        is_booked = row.act == "meet" and cause in _MET
        return self._said(row) if is_booked or _VERDICTS.get(Cause(cause)) == row.act else None

    def _held(self, alert: Any) -> Answered:
        wait = self.waiting.get(alert.record_id)
        if wait is None:
            return Answered(act="hold", until=alert.ask_at)
        return Answered(
            act="hold", by=self._name(wait.set_by), at=wait.set_at, ends=wait.ends or "", reason=wait.reason or "",
            last_day=None if wait.until_day is None else from_day(wait.until_day),
        )  # fmt: skip

    def _hushed(self, alert: Any) -> Answered:
        """The answer that hushed it; what nobody pressed a button for is a change in the CRM."""
        row, act = self.latest.get(alert.id), _HUSHED[Hush(alert.hushed_by)]
        if act != "crm_changed" and row is not None and row.act in _QUIETING:
            return self._said(row, until=alert.hushed_until)
        return Answered(act=act, at=alert.acted_at, until=alert.hushed_until)

    def _said(self, row: Any, until: int | None = None) -> Answered:
        detail: Mapping[str, Any] = row.detail or {}
        is_hold = row.act == "hold"
        return Answered(
            act=row.act,
            by=self._name(row.actor),
            at=row.at,
            until=until,
            last_day=date.fromisoformat(detail["until"]) if is_hold and "until" in detail else None,
            ends=detail.get("ends", "") if is_hold else "",
            reason=detail.get("reason", "") if is_hold else "",
            about=detail.get("tag") or detail.get("why") or "",
            meeting_at=detail.get("starts_at"),
        )

    def _name(self, actor: str | None) -> str:
        """The name of whoever answered, if it was a person."""
        found = (one for one in self.people.people.values() if actor and actor in (one.key, one.email, one.alias))
        return next((one.name for one in found), "")
