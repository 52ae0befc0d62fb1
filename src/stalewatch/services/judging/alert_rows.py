"""Alerts as rows, and rows as alerts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from stalewatch.domain import levels
from stalewatch.domain.alerts import Alert, AlertState, Cause, Hush, Kind
from stalewatch.domain.language.model import Severity
from stalewatch.domain.levels import Level
from stalewatch.domain.steps import Moved
from stalewatch.store import alerts, events, notices
from stalewatch.store.engine import Connection
from stalewatch.store.events import WAS_LATE

Row = dict[str, Any]
_PASSED_ON: Final = (Kind.RESOLVE, Kind.ESCALATE)
"""What is said to others than whoever owns the record."""


def alert_id(alert: Alert) -> str:
    """The id of an episode, as users and the API see it."""
    return f"{alert.fingerprint}.{alert.episode}"


def from_row(row: Any) -> Alert:
    """The alert that a stored row describes."""
    return Alert(
        fingerprint=row.fingerprint,
        episode=row.episode,
        state=AlertState(row.state),
        anchor=row.anchor or 0,
        warn_at=row.warn_at or 0,
        breach_at=row.breach_at or 0,
        opened_at=row.opened_at,
        breached_at=row.breached_at,
        warn_told=row.warn_told_at is not None,
        breach_told=row.breach_told_at is not None,
        repeats=row.repeats,
        reopens=row.reopens,
        resolved_since_told=row.resolved_since_told,
        snoozes=row.snoozes,
        snoozed_until=row.snoozed_until,
        ask_at=row.ask_at,
        hushed_until=row.hushed_until,
        hushed_by=None if row.hushed_by is None else Hush(row.hushed_by),
        backlog=row.backlog,
        shadow=row.shadow,
        holdout=row.holdout,
        muted_by=row.muted_by,
        resolving_since=row.resolving_since,
        resolved_at=row.resolved_at,
        cause=None if row.cause is None else Cause(row.cause),
        ladder=levels.loaded(row.ladder),
        climbed=row.climbed,
        counts_from=row.counts_from,
        climb_at=row.climb_at,
        due_at=row.due_at,
    )


def level_of(notice: Any, row: Any) -> Level | None:
    """The level that called for a notice that passes its alert on; None for every other one."""
    climbed = levels.loaded(None if row is None else row.ladder)
    return climbed[notice.n - 1] if notice.kind == Kind.ESCALATE and notice.n <= len(climbed) else None


def changing(alert: Alert, before: Any, now: int) -> Row:
    """The columns that an alert's life changes; `before` is its stored row, None for a new one."""
    return {
        "state": alert.state.value,
        "anchor": alert.anchor,
        "warn_at": alert.warn_at,
        "breach_at": alert.breach_at,
        "breached_at": alert.breached_at,
        "warn_told_at": _first(alert.warn_told, before and before.warn_told_at, now),
        "breach_told_at": _first(alert.breach_told, before and before.breach_told_at, now),
        "repeats": alert.repeats,
        "reopens": alert.reopens,
        "resolved_since_told": alert.resolved_since_told,
        "snoozes": alert.snoozes,
        "snoozed_until": alert.snoozed_until,
        "ask_at": alert.ask_at,
        "hushed_until": alert.hushed_until,
        "hushed_by": None if alert.hushed_by is None else alert.hushed_by.value,
        "backlog": alert.backlog,
        "shadow": alert.shadow,
        "holdout": alert.holdout,
        "muted_by": alert.muted_by,
        "resolving_since": alert.resolving_since,
        "resolved_at": alert.resolved_at,
        "cause": None if alert.cause is None else alert.cause.value,
        "ladder": levels.stored(alert.ladder),
        "climbed": alert.climbed,
        "counts_from": alert.counts_from,
        "climb_at": alert.climb_at,
        "due_at": alert.due_at,
        "updated_at": now,
    }


def keep(conn: Connection, moved: Sequence[tuple[Moved, Any]], connection_of: Mapping[str, str], now: int) -> list[Row]:
    """Store what steps changed, each with the row it was before; answers with the rows that are new.

    Raises:
        ChangedMeanwhile: somebody else changed one of them; nothing may be kept.
    """
    new, changed = _split(moved, connection_of, now)
    alerts.insert(conn, new)
    alerts.update(conn, changed)
    events.add(conn, list(_rested(moved, now)))
    named_anew = {(row.rule_id, one.rule_id) for one, row in moved if row is not None and row.rule_id != one.rule_id}
    for old, rule_id in sorted(named_anew):
        notices.rename(conn, old, rule_id)
    return new


def _rested(moved: Iterable[tuple[Moved, Any]], now: int) -> Iterator[Row]:
    """An alert that opens again is one row: when it was late before that is kept, or its past would be forgotten."""
    for one, before in moved:
        if before is None or before.episode != one.alert.episode or one.alert.resolved_at is not None:
            continue
        if before.resolved_at is not None and before.breached_at is not None:
            yield {
                "record_id": before.record_id, "kind": WAS_LATE, "subject": f"{before.id}:{now}",
                "began": before.breached_at, "at": before.resolved_at,
            }  # fmt: skip


def _split(
    moved: Iterable[tuple[Moved, Any]], connection_of: Mapping[str, str], now: int
) -> tuple[list[Row], list[Row]]:
    """New episodes as whole rows, and changes of stored ones by id and the version they were read at."""
    new, changed = [], []
    for one, before in moved:
        if before is not None and before.episode == one.alert.episode:
            same = {"id": before.id, "version": before.version, "rule_id": one.rule_id}
            changed.append({**same, **changing(one.alert, before, now), **_hearer(one, before)})
        else:
            row = _identity(one, connection_of)
            row |= changing(one.alert, None, now)
            row |= _hearer(one, None)
            new.append(row)
    return new, changed


def _identity(one: Moved, connection_of: Mapping[str, str]) -> Row:
    alert = one.alert
    return {
        "id": alert_id(alert),
        "fingerprint": alert.fingerprint,
        "episode": alert.episode,
        "rule_id": one.rule_id,
        "object": one.record.object,
        "record_id": one.record.id,
        "connection": connection_of[one.record.id],
        "subject": one.subject,
        "severity": one.rule.severity.value if one.rule else Severity.WARNING.value,
        "opened_at": alert.opened_at,
    }


def _hearer(one: Moved, before: Any) -> Row:
    """Who owned the record when something was last said of it: the next owner has to hear of it, too."""
    if any(said.kind not in _PASSED_ON for said in one.says):
        return {"told": {"owner": one.record.owner}}
    return {"told": None if before is None else before.told}


def _first(told: bool, before: int | None, now: int) -> int | None:
    if not told:
        return None
    return now if before is None else before
