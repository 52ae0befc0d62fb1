"""Somebody works on a record in the CRM: alerts that were told of it are silent for three business days.

What counts is a change of a field that the alert's rule reads, of the stage, the next step or the close date. It is
somebody's if the CRM stamped it, and not when we wrote ourselves: a formula, another mapping or a field that was hidden
changes without a stamp. Of a source that stamps nothing only those three count, which people fill. Whether a person or
an automation of the CRM's own moved them, its stamp does not say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from stalewatch.domain import episodes
from stalewatch.domain.alerts import Hush, policy_of
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.instants import DAY
from stalewatch.domain.language.model import Origin
from stalewatch.domain.language.reads import fields_read
from stalewatch.domain.writebacks import WriteState
from stalewatch.sdk.writing import Kind
from stalewatch.services.alerting import outdated
from stalewatch.services.alerting.tellings import calendars_of
from stalewatch.services.judging.alert_rows import changing, from_row
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import alerts, notices, records, writebacks
from stalewatch.store.engine import Connection

Row = Mapping[str, Any]
SILENT_FOR: Final = Duration(3, Unit.BUSINESS_DAY)
ALWAYS: Final = frozenset({"stage", "next_step", "close_date"})
"""Fields in which people write down that a deal moves, whatever a rule reads."""
_OURS: Final = tuple(state.value for state in (WriteState.DONE, WriteState.WRITING, WriteState.UNKNOWN))


def note(conn: Connection, book: Rulebook, obj: str, rows: Sequence[Row], now: int) -> None:
    """Compare a page's rows with what is stored, before they are stored; hush the alerts of what somebody changed."""
    if Hush.CRM_CHANGED not in book.judging.acted:
        return
    given = {row["id"]: row for row in rows}
    told = alerts.told_of(conn, given)
    if not told:
        return
    changed = dict(_changed(conn, book, obj, {row.record_id: given[row.record_id] for row in told}, now))
    worked_on = [row for row in told if changed.get(row.record_id, frozenset()) & _read(book, row.rule_id)]
    if worked_on:
        _hush(conn, book, worked_on, now)


def _read(book: Rulebook, rule_id: str) -> frozenset[str]:
    rule = book.by_id.get(rule_id)
    return ALWAYS if rule is None else ALWAYS | fields_read(rule, book.rules).all


def _changed(
    conn: Connection, book: Rulebook, obj: str, given: Mapping[str, Row], now: int
) -> Iterator[tuple[str, frozenset[str]]]:
    """The fields of each of these records that a person changed since it was stored."""
    kinds = book.rules.catalogue.objects[obj]
    names = sorted(name for name, field in kinds.items() if field.origin is Origin.CRM)
    own = [name for name in names if name in records.column_names(obj)]
    before = records.columns(conn, obj, sorted(given), [*own, "fields", "unreadable", "modified_at"])
    for place, record in enumerate(before["id"]):
        row, stamp = given[record], given[record].get("modified_at")
        if stamp is not None and stamp == before["modified_at"][place]:
            continue
        ours = _ours(conn, record, stamp, now)
        if ours is None:
            continue
        hidden = {*ours, *(row.get("unreadable") or ()), *(before["unreadable"][place] or ())}
        old = {**(before["fields"][place] or {}), **{name: before[name][place] for name in own}}
        new = {**old, **dict.fromkeys(before["fields"][place] or ()), **(row.get("fields") or {}), **_own(row, own)}
        told = ALWAYS.intersection(names) if stamp is None else frozenset(names)
        yield record, frozenset(name for name in told - hidden if old.get(name) != new.get(name))


def _own(row: Row, own: Sequence[str]) -> Row:
    """The columns that a row names: the others keep their values."""
    return {name: row[name] for name in own if name in row}


def _ours(conn: Connection, record: str, stamp: int | None, now: int) -> frozenset[str] | None:
    """What we wrote ourselves of a record since yesterday; None: it was changed last by our write, or is just now."""
    writes = writebacks.of_record(conn, record, _OURS)
    if any(write.state != WriteState.DONE or (stamp is not None and write.version == stamp) for write in writes):
        return None
    lately = [write for write in writes if now - (write.ended_at or 0) < DAY]
    names = {name for write in lately for name in write.wish or ()}
    return frozenset(names | {"stage"} if any(write.kind == Kind.LOST for write in lately) else names)


def _hush(conn: Connection, book: Rulebook, rows: Sequence[Any], now: int) -> None:
    """Silence alerts, call off what waits to be said of them, and say so where they were told."""
    calendars = calendars_of(conn, book, {row.record_id: row.object for row in rows})
    changes = []
    for row in rows:
        calendar = calendars[row.record_id]
        policy = policy_of(calendar, book.judging.keep_for, book.judging.reopen_within)
        until = int(calendar.add(np.array([now], np.int64), SILENT_FOR)[0])
        alert = episodes.crm_changed(from_row(row), until, replace(policy, shadow=row.shadow, holdout=row.holdout))
        acted = (row.acted_at, row.acted_as) if row.acted_at is not None else (now, Hush.CRM_CHANGED.value)
        told = {"acted_at": acted[0], "acted_as": acted[1]}
        changes.append({"id": row.id, "version": row.version, **changing(alert, row, now), **told})
    alerts.update(conn, changes)
    waiting = notices.of_alerts(conn, [row.id for row in rows], (notices.PENDING, notices.HELD))
    notices.drop(conn, [notice.key for notice in waiting], Hush.CRM_CHANGED.value)
    outdated.ask(conn, [row.id for row in rows], now)
