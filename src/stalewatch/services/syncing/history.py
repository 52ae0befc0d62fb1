"""The past of fields: what the CRM's own history tells, and what a sync notices by comparing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from stalewatch.domain.instants import to_us
from stalewatch.domain.kpi.reads import BESIDE
from stalewatch.domain.language.model import FieldType
from stalewatch.domain.values import BadValue, Stored, is_empty, storing
from stalewatch.sdk.connector import Page
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import changes, records
from stalewatch.store.engine import Connection
from stalewatch.store.overwriting import Overwriting
from stalewatch.store.pasts import Pasts

Row = dict[str, Any]
Told = Mapping[tuple[str, str], Stored]
"""By record and field of it a value."""
Differing = tuple[str, str, Stored, Stored, int | None, int | None]
"""Record, field, what is stored, what stands there now, and when the record was made and last modified."""
_ALWAYS: Final = ("fields", "created_at", "modified_at")
_UNTOLD: Final = object()
_EMPTY: Final = (None, "")
_WITHIN: Final = MappingProxyType({"stage": "pipeline"})
"""Who comes to the same stage of another pipeline enters it: that is told, and only that. A CRM that shows with each
change how everything was says most of it again and again, and nothing by it."""


def note(
    conn: Connection, book: Rulebook, obj: str, rows: Sequence[Row], now: int, told: Told = MappingProxyType({}),
    only: Collection[str] | None = None, as_of: int | None = None, fed: Collection[str] | None = None,
    there: Overwriting[Row] | None = None, pasts: Pasts | None = None,
) -> list[str]:  # fmt: skip
    """Write down which tracked fields differ from what is stored; call it before the rows themselves are stored.

    A change is dated by the CRM's own time of modification where it says one. With the first change of a field
    its earlier value is written as well, from the record's creation on. Returns the records that got another owner.

    Args:
        told: the last value of each (record, field) whose own history came along: if that is the value it has now,
            when it changed is known better than "by now".
        only: the fields that these rows speak of; None: every field of a record.
        as_of: when the data was true, if the source says so; dates what the CRM does not date itself.
        fed: the fields that the connection feeds; None: all. What it does not show now was not emptied.
        there: what stands where the rows are to be written, if whoever writes them has asked.
        pasts: what the caller's transaction has read of the past of records, and keeps up.
    """
    spoken = book.rules.catalogue.objects[obj].keys() | set(BESIDE) if only is None else frozenset(only)
    tracked = sorted(book.needs[obj].tracked & spoken)
    own = records.column_names(obj)
    columns = [name for name in tracked if name in own]
    given = {row["id"]: row for row in rows}
    if there is None:
        before = records.columns(conn, obj, given.keys(), [*columns, *_ALWAYS])
    else:  # a column that the page does not name keeps its value
        before = there.columns(given, [*(name for name in columns if name in there.names), *_ALWAYS])
    others = [name for name in tracked if name not in own]
    differing = [
        one for one in _apart(before, given, columns, others) if not _is_hidden(given[one[0]], one[1], one[3], fed)
    ]
    handed_over = [record for record, name, *_ in differing if name == "owner"]
    differing = [one for one in differing if told.get((one[0], one[1]), _UNTOLD) != one[3]]
    differing = _not_only_hidden(conn, differing)
    known = Pasts(conn, {one[1] for one in differing}) if pasts is None else pasts
    last = known.latest(one[:2] for one in differing)
    changes.append(conn, list(_dated(differing, given, last, now if as_of is None else as_of, now)), pasts)
    return handed_over


def _apart(
    before: Mapping[str, Sequence[Any]], given: Mapping[str, Row], columns: Sequence[str], others: Sequence[str]
) -> Iterator[Differing]:
    """Where records are not what they were: in columns, and in what is kept in their `fields`."""
    stored = [(name, before[name]) for name in columns if name in before]
    when = zip(before["id"], before["created_at"], before["modified_at"], strict=True)
    for place, (record, created, modified) in enumerate(when):
        row = given[record]
        for name, values in stored:  # a column that the page does not name keeps its value
            if name in row and values[place] != row[name]:
                yield record, name, values[place], row[name], created, modified
        old, new = (before["fields"][place] or {}, row["fields"] or {}) if others else ({}, {})
        for name in others if old != new else ():
            if old.get(name) != new.get(name):
                yield record, name, old.get(name), new.get(name), created, modified


def _dated(
    differing: Iterable[Differing], given: Mapping[str, Row], last: Mapping[tuple[str, str], int], as_of: int, now: int
) -> Iterator[Row]:
    """The changes as rows of the store, each behind the last one that is known of its field."""
    for record, name, old, new, created, modified in differing:
        if (record, name) not in last:
            yield _seen(record, name, created or 0, old, now)
        at = given[record].get("modified_at")
        # Nobody touched a record whose formula changed, or that is mapped in another way: that was seen, and no more.
        at = min(as_of if at in (None, modified) else at, now)
        # What stands there now came last, whatever the CRM's clock says: a tie or a step back keeps that order.
        yield _seen(record, name, max(at, last.get((record, name), created or 0) + 1), new, now)


def _is_hidden(row: Row, name: str, value: Stored, fed: Collection[str] | None) -> bool:
    """Whether there is no value because nobody shows it."""
    if value not in _EMPTY or name in BESIDE:
        return False
    return name in (row.get("unreadable") or ()) or (fed is not None and name not in fed)


def _not_only_hidden(conn: Connection, differing: list[Differing]) -> list[Differing]:
    """Without those that hold again what they held last, before they were hidden for a while."""
    empty = [one for one in differing if one[2] in _EMPTY]
    if not empty:
        return differing
    past = changes.read(conn, {one[0] for one in empty}, {one[1] for one in empty})
    held = {(one.record_id, one.field): one.value for one in past}
    return [one for one in differing if one[2] not in _EMPTY or held.get(one[:2], _UNTOLD) != one[3]]


def rows_of(connection: str, book: Rulebook, page: Page, now: int) -> list[Row]:
    """The page's own histories as rows of the store."""
    rows: list[Row] = []
    seen: dict[tuple[str, str, int], int] = {}
    for place, value in _told(connection, book, page):
        seen[place] = ordinal = seen.get(place, -1) + 1  # of one field at one instant they keep their order
        record, name, at = place
        rows.append({
            "record_id": record, "field": name, "at": at, "ordinal": ordinal, "value": value, "source": "crm",
            "seen_at": now,
        })  # fmt: skip
    return rows


def told_by(rows: Iterable[Row]) -> Told:
    """The last value of every field whose own history these rows are."""
    last: dict[tuple[str, str], Row] = {}
    for row in rows:
        before = last.setdefault((row["record_id"], row["field"]), row)
        if before is not row and (before["at"], before["ordinal"]) <= (row["at"], row["ordinal"]):
            last[row["record_id"], row["field"]] = row
    return {place: row["value"] for place, row in last.items()}


def replace(
    conn: Connection, connection: str, page: Page, rows: Collection[Row], pasts: Pasts | None = None
) -> list[str]:
    """Store what the page's histories tell, its `rows_of`, instead of what syncs inferred; return the records that
    changed."""
    whole = {f"{connection}:{one}" for one in page.histories}
    echoes = {row["field"] for row in rows}
    if not whole:
        return changes.add(conn, list(rows), echoes=echoes, within=_WITHIN, pasts=pasts)
    mine = [row for row in rows if row["record_id"] in whole and row["field"] in page.history_fields]
    alone = echoes.difference(_WITHIN, _WITHIN.values())
    changed = changes.replace_history(conn, whole, page.history_fields, mine, echoes=alone, pasts=pasts)
    rest = [row for row in rows if row["record_id"] not in whole or row["field"] not in page.history_fields]
    return changed + changes.add(conn, rest, echoes=echoes, within=_WITHIN, pasts=pasts)


def _told(connection: str, book: Rulebook, page: Page) -> Iterator[tuple[tuple[str, str, int], Stored]]:
    """Record, field and instant of the page's visits and changes, each with its value; values that no field could hold
    are left out."""
    catalogue = book.rules.catalogue.objects.values()
    stored = {name: storing(field.type) for fields in catalogue for name, field in fields.items()}
    as_text = storing(FieldType.TEXT)
    pipelines: dict[str, str] = {}
    for visit in page.visits:
        record, at = f"{connection}:{visit.deal}", to_us(visit.entered_at)
        yield (record, "stage", at), visit.stage
        if visit.pipeline is not None and pipelines.get(record) != visit.pipeline:
            pipelines[record] = visit.pipeline
            yield (record, "pipeline", at), visit.pipeline
    told, at = None, 0
    for change in page.changes:
        try:
            value = None if is_empty(change.value) else stored.get(change.field, as_text)(change.value)
        except BadValue:
            continue  # one absurd value of the past; its neighbours still tell when the field changed
        if change.at is not told:  # what changed together was mostly told together
            told, at = change.at, to_us(change.at)
        yield (f"{connection}:{change.record}", change.field, at), value


def _seen(record: str, name: str, at: int, value: Stored, now: int) -> Row:
    return {
        "record_id": record, "field": name, "at": at, "ordinal": 0, "value": value, "source": "seen", "seen_at": now,
    }  # fmt: skip
