"""The records that a tick looks at: their rows, their clocks, and the latest episode of everything they ever had."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from stalewatch.domain.entries import Entry
from stalewatch.domain.steps import Watched
from stalewatch.services.alerting.tellings import calendars_of
from stalewatch.services.judging.alert_rows import from_row
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import alerts, clocks, merges, records
from stalewatch.store.engine import Connection

_READ: Final = ("id", "object", "connection", "owner", "team", "is_open", "gone_at", "meeting_ends_at")
"""What a tick reads of every record, beside what routes ask for: most of a record's columns it never looks at."""


def watch(
    conn: Connection, book: Rulebook, ids: Sequence[str], since: Mapping[str, int], asked: Collection[str]
) -> tuple[list[Watched], dict[str, Any], dict[str, Any]]:
    """The records with their clocks and alerts; their rows by id; their alerts' rows by fingerprint.

    Args:
        asked: the columns of a record that are read besides.
    """
    entries = clocks.entries(conn, ids, list[Entry])
    stored = alerts.latest_of(conn, ids)
    taken = merges.moved_away(conn, ids)
    names = {*_READ, *asked}
    rows = {row.id: row for row in records.read_by_ids(conn, "deal", ids, names=names)}
    rows.update((row.id, row) for row in records.read_by_ids(conn, "lead", set(ids) - rows.keys(), names=names))
    calendars = calendars_of(conn, book, {record: row.object for record, row in rows.items()})
    known: dict[str, dict[tuple[str, str | None], Any]] = {}
    heirs: dict[str, set[tuple[str, str | None]]] = {}
    for row in stored:
        known.setdefault(row.record_id, {})[row.rule_id, row.subject] = from_row(row)
        if is_inherited(row, rows):
            heirs.setdefault(row.record_id, set()).add((row.rule_id, row.subject))
    watched = [
        Watched(
            id=record,
            object=row.object,
            is_open=bool(row.is_open),
            clocks=entries.get(record, []),
            alerts=known.get(record, {}),
            calendar=calendars[record],
            live_since=since,
            is_gone=row.gone_at is not None,
            owner=row.owner,
            heirs=heirs.get(record, ()),
            taken=taken.get(record, ()),
        )
        for record, row in sorted(rows.items())
    ]
    return watched, rows, {row.fingerprint: row for row in stored}


def is_inherited(alert: Any, rows: Mapping[str, Any]) -> bool:
    """Whether somebody else owned the record when something was last said of this alert."""
    record = rows.get(alert.record_id)
    return record is not None and alert.told is not None and alert.told.get("owner") != record.owner
