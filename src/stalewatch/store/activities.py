"""Activities and the records they belong to: the evidence of who acted last and which meetings are planned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.sdk.records import CALLED_OFF
from stalewatch.store import bulk
from stalewatch.store.bulk import Found, Row
from stalewatch.store.columns import as_text, encoded
from stalewatch.store.expressions import among
from stalewatch.store.tables import activities, activity_records

_OFF: Final = tuple(state.value for state in CALLED_OFF)
Links = dict[str, set[str]]


def upsert(conn: Connection, rows: Sequence[Row]) -> list[str]:
    """Store activities, each with its `records` (ids); return the ids of records for which something changed.

    An activity that lost a record counts for that record too.
    """
    last = {row["id"]: row for row in rows}
    wanted: Links = {id_: set(row["records"]) for id_, row in last.items()}
    linked = _links(conn, list(last))
    changed = _changed(conn, last)
    bulk.upsert(conn, activities, [_without_records(last[id_]) for id_ in changed])
    gained = [(record, id_) for id_ in last for record in wanted[id_] - linked[id_]]
    lost = [(record, id_) for id_ in last for record in linked[id_] - wanted[id_]]
    bulk.insert(conn, activity_records, [_link(*pair) for pair in gained])
    bulk.delete(conn, activity_records, [_link(*pair) for pair in lost])
    touched = {record for id_ in changed for record in wanted[id_]}
    return sorted(touched | {record for record, _ in gained} | {record for record, _ in lost})


def remove(conn: Connection, ids: Collection[str]) -> list[str]:
    """Forget activities that the CRM no longer has; return the ids of the records they belonged to."""
    linked = _links(conn, sorted(ids))
    for chunk in bulk.chunks(sorted(ids)):
        bulk.delete_where(conn, activity_records, among(conn, activity_records.c.activity_id, chunk))
        bulk.delete_where(conn, activities, among(conn, activities.c.id, chunk))
    return sorted(set().union(*linked.values()))


def read(conn: Connection, record_ids: Collection[str]) -> list[Found]:
    """One row per record and activity of it, `record_id` first, sorted by record, time and id."""
    found: list[Found] = []
    both = activity_records.join(activities, activities.c.id == activity_records.c.activity_id)
    order = (activity_records.c.record_id, activities.c.at, activities.c.id)
    for chunk in bulk.chunks(sorted(record_ids)):
        there = among(conn, activity_records.c.record_id, chunk)
        statement = sa.select(activity_records.c.record_id, *activities.c).select_from(both).where(there)
        found.extend(conn.execute(statement.order_by(*order)).all())
    return found


def called_off(conn: Connection, record_ids: Collection[str], after: int) -> list[Found]:
    """Meetings of these records that would begin after a moment and were called off: (record_id, at, meeting)."""
    found: list[Found] = []
    both = activity_records.join(activities, activities.c.id == activity_records.c.activity_id)
    columns = (activity_records.c.record_id, activities.c.at, activities.c.meeting)
    for chunk in bulk.chunks(sorted(record_ids)):
        ahead = (activities.c.meeting.in_(_OFF), activities.c.at > after)
        statement = sa.select(*columns).select_from(both).where(among(conn, columns[0], chunk), *ahead)
        found.extend(conn.execute(statement.order_by(*columns)).all())
    return found


def first_due(conn: Connection, record_ids: Collection[str]) -> dict[str, int]:
    """Per record the earliest day on which one of its open tasks is due; records without such a task are left out."""
    found: dict[str, int] = {}
    both = activity_records.join(activities, activities.c.id == activity_records.c.activity_id)
    record, earliest = activity_records.c.record_id, sa.func.min(activities.c.due)
    for chunk in bulk.chunks(sorted(record_ids)):
        there = (among(conn, record, chunk), activities.c.due.is_not(None))
        rows = conn.execute(sa.select(record, earliest).select_from(both).where(*there).group_by(record))
        found.update((row[0], row[1]) for row in rows)
    return found


def _changed(conn: Connection, rows: dict[str, Row]) -> list[str]:
    if not rows:
        return []
    columns = [column for column in activities.c if column.name in next(iter(rows.values()))]
    stored = {
        row[0]: tuple(row) for row in bulk.read(conn, [as_text(column) for column in columns], activities.c.id, rows)
    }
    return [id_ for id_, row in rows.items() if stored.get(id_) != _values(row, columns)]


def _values(row: Row, columns: Sequence[sa.Column[Any]]) -> tuple[Any, ...]:
    return tuple(encoded(row["people"]) if column.name == "people" else row[column.name] for column in columns)


def _links(conn: Connection, ids: Sequence[str]) -> Links:
    found: Links = defaultdict(set)
    for id_, record in bulk.read(
        conn, [activity_records.c.activity_id, activity_records.c.record_id], activity_records.c.activity_id, ids
    ):
        found[id_].add(record)
    return found


def _link(record: str, activity: str) -> dict[str, str]:
    return {"record_id": record, "activity_id": activity}


def _without_records(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "records"}
