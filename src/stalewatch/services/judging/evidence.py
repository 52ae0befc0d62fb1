"""Fold the stored activities and history of records into their derived fields, and keep those fields' past."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from stalewatch.domain.evidence import DERIVED, Act, Evidence, changes_of, fold, meetings_held
from stalewatch.sdk.records import ActivityKind, Actor, MeetingState
from stalewatch.services.judging import noting
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import activities, changes, events, records
from stalewatch.store.engine import Connection

Row = dict[str, Any]
_PRESENT = ("id", "created_at", "first_seen_at", "stakeholders", "contacts")
_STORED = tuple(dict.fromkeys((*_PRESENT, *noting.COLUMNS)))


def refresh(
    conn: Connection, book: Rulebook, obj: str, ids: Collection[str], now: int, moved: Collection[str] = ()
) -> list[Row]:
    """Write what the activities of these deals say at `now`: derived fields, their changes, meetings held. Return the
    columns that were set, by `id`.

    A deal without activities keeps what its CRM says of itself, unless its last one was just taken away.

    Args:
        moved: deals whose activities changed.
    """
    found: dict[str, list[Act]] = {record: [] for record in set(moved) & set(ids)}
    found |= {record: [_act(row) for row in rows] for record, rows in _grouped(activities.read(conn, ids))}
    if not found:
        return []
    present = records.columns(conn, obj, found.keys(), _STORED)
    rows, past, held = [], [], []
    columns = [name for name in Evidence._fields if name in records.column_names(obj)]
    kept = book.needs[obj].history & frozenset(DERIVED)
    nameless: set[str] = set()
    for record, created, first_seen, counted, contacts in zip(*(present[name] for name in _PRESENT), strict=True):
        acts, holders, told = found[record], frozenset(contacts or ()), kept
        evidence = fold(acts, now, created, holders)
        rows.append({"id": record, **{name: getattr(evidence, name) for name in columns}})
        # A source that names nobody counts the people itself, if anybody does: its figure stands.
        if contacts is None and not any(act.people for act in acts):
            nameless.add(record)
            rows[-1]["stakeholders"] = counted
            told = kept - {"stakeholders"}
        past += [_change(record, change, n) for n, change in _wanted(changes_of(acts, now, created, holders), told)]
        # What was over before we first saw the record starts no clock: nobody could have been told in time.
        held += [_meeting(record, event) for event in meetings_held(acts, now) if event.at >= first_seen]
    noting.note(conn, book, obj, present, rows, now)
    records.update(conn, obj, rows)
    for ids_, fields in ((nameless, kept - {"stakeholders"}), (found.keys() - nameless, kept)):
        if ids_ and fields:
            changes.replace_history(conn, ids_, fields, [row for row in past if row["record_id"] in ids_])
    events.replace(conn, found.keys(), ("meeting",), held)
    return rows


def _act(row: Any) -> Act:
    return Act(
        id=row.id,
        kind=ActivityKind(row.kind),
        actor=Actor(row.actor),
        at=row.at,
        ends_at=row.ends_at,
        recorded_at=row.recorded_at,
        meeting=None if row.meeting is None else MeetingState(row.meeting),
        people=frozenset(row.people or ()),
    )


def _grouped(rows: Sequence[Any]) -> Iterable[tuple[str, list[Any]]]:
    return ((record, list(mine)) for record, mine in groupby(rows, key=attrgetter("record_id")))


def _wanted(found: Sequence[Any], kept: Collection[str]) -> Iterable[tuple[int, Any]]:
    """The changes of the fields that rules ask the past of, numbered within one field and instant."""
    seen: dict[tuple[str, int], int] = {}
    for change in found:
        if change.field in kept:
            number = seen[change.field, change.at] = seen.get((change.field, change.at), -1) + 1
            yield number, change


def _change(record: str, change: Any, ordinal: int) -> Row:
    return {
        "record_id": record,
        "field": change.field,
        "at": change.at,
        "ordinal": ordinal,
        "value": change.value,
        "source": "crm",
        "seen_at": None,
    }


def _meeting(record: str, event: Any) -> Row:
    return {"record_id": record, "kind": "meeting", "subject": event.subject, "at": event.at, "began": event.began}
