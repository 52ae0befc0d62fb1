"""What a transaction touches of what the stalled list follows from, so that SQLite's list is renewed once, at its end.

PostgreSQL's triggers look at a statement as a whole (migration 0018). SQLite has triggers for single rows only: they
cost more than the writes that they watch. So everything that is written to the tables below goes through
`store/bulk.py`, which says here, before it writes, what that may change; `store/renewing.py` renews the list by it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store.expressions import among
from stalewatch.store.tables import activities, activity_records, alerts, clocks, people
from stalewatch.store.tables import stalled as listed

Row = Mapping[str, Any]
_INFO: Final = "touched"
LATE_STATES: Final = ("open", "snoozed", "claimed", "backlog")

RANKED: Final = frozenset({"record_id", "state", "breached_at", "severity", "breach_at"})
"""Of an alert: whether its record is in the list, and where."""
_SAID: Final = frozenset({"id", "rule_id", "subject", "anchor", "muted_by"})
"""Of an alert: what else the list says of it."""
_ALERT: Final = ("id", *sorted(RANKED | _SAID - {"id"}))
_UNTOLD: Final = frozenset({"id", "seen_at"})
"""Of a record: what the list does not tell."""
_PLACED: Final = frozenset({"is_open", "gone_at", *(column.name for column in listed.c)})
_PERSON: Final = ("name", "email")
_TOLD: Final[Mapping[str, frozenset[str] | None]] = {
    "alerts": RANKED | _SAID,
    "deals": None,
    "leads": None,
    "clocks": frozenset({"record_id", "entries"}),
    "changes": None,
    "activity_records": None,
    "activities": frozenset({"at", "meeting"}),
    "people": frozenset(_PERSON),
    "connections": frozenset({"type"}),
}
"""The tables that the list follows from, and their columns that it tells (None: any)."""


@dataclass(slots=True)
class Touched:
    """Records whose place may be another one, and those of which something else may be said: by their own ids, or by
    those of the activities, owners and connections around them."""

    placed: set[str] = field(default_factory=set)
    said: set[str] = field(default_factory=set)
    activities: set[str] = field(default_factory=set)
    owners: set[str] = field(default_factory=set)
    connections: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.placed or self.said or self.activities or self.owners or self.connections)


def begin(conn: Connection) -> None:
    """Note from now on what this transaction touches."""
    conn.info[_INFO] = Touched()


def end(conn: Connection) -> Touched | None:
    """What the transaction touched, and an end of noting; None where nobody does."""
    found: Touched | None = conn.info.pop(_INFO, None)
    return found


def concerns(table: str, names: Collection[str] | None) -> bool:
    """Whether the list tells anything of these columns of a table (None: of rows that come or go)."""
    if table not in _TOLD:
        return False
    told = _TOLD[table]
    if names is None:
        return True
    return not _UNTOLD.issuperset(names) if told is None else not told.isdisjoint(names)


def adding(conn: Connection, table: sa.Table, rows: Sequence[Row], names: Collection[str]) -> None:
    """Rows are about to be added, and those that are there already left as they are: alerts are taken for new ones."""
    touched: Touched | None = conn.info.get(_INFO)
    if touched is not None and table is alerts:
        touched.placed.update(row["record_id"] for row in rows if _is_late(row))
        return
    writing(conn, table, rows, names)


def writing(conn: Connection, table: sa.Table, rows: Sequence[Row], names: Collection[str]) -> None:
    """Rows are about to be added, or found by their key and set in these columns."""
    touched: Touched | None = conn.info.get(_INFO)
    if touched is None or not rows or not concerns(table.name, names):
        return
    match table.name:
        case "deals" | "leads":
            mine = touched.said if _PLACED.isdisjoint(names) else touched.placed
            mine.update(row["id"] for row in rows)
        case "alerts":
            _alerts(conn, touched, rows, names)
        case "clocks":
            _clocks(conn, touched, rows)
        case "activities":
            touched.activities.update(row["id"] for row in rows)
        case "people":
            there = (people.c.id, *(people.c[name] for name in _PERSON))
            known = {row[0]: row[1:] for row in _found(conn, there, people.c.id, [row["id"] for row in rows])}
            touched.owners.update(row["id"] for row in rows if known.get(row["id"]) != _person(row, known))
        case "connections":
            touched.connections.update(row["id"] for row in rows)
        case _:
            touched.said.update(row["record_id"] for row in rows)


def taking(conn: Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Rows are about to be deleted by these columns."""
    if conn.info.get(_INFO) is None or not rows or not concerns(table.name, None):
        return
    for name in rows[0]:
        if name in ("id", "record_id"):
            there(conn, table, among(conn, table.c[name], {row[name] for row in rows}), None)
            return
    raise AssertionError(f"rows of {table.name} go by their id or that of their record")


def there(
    conn: Connection, table: sa.Table, condition: sa.ColumnElement[bool], values: Mapping[str, Any] | None
) -> None:
    """What a condition finds is about to be set to these values, or deleted (None)."""
    touched: Touched | None = conn.info.get(_INFO)
    if touched is None or not concerns(table.name, values):
        return
    key = table.c.record_id if "record_id" in table.c else table.c.id
    if table is activities and values is None:
        links = sa.select(activities.c.id).where(condition)
        condition, key = activity_records.c.activity_id.in_(links), activity_records.c.record_id
    ids = conn.scalars(sa.select(key).where(condition)).all()
    _around(touched, table, values).update(ids)
    if values is not None and isinstance(values.get("record_id"), str):
        touched.placed.add(values["record_id"])


def _around(touched: Touched, table: sa.Table, values: Mapping[str, Any] | None) -> set[str]:
    match table.name:
        case "deals" | "leads":
            return touched.placed if values is None or not _PLACED.isdisjoint(values) else touched.said
        case "alerts":
            return touched.placed if values is None or not RANKED.isdisjoint(values) else touched.said
        case "activities":
            return touched.said if values is None else touched.activities
        case "people":
            return touched.owners
        case "connections":
            return touched.connections
    return touched.said


def _alerts(conn: Connection, touched: Touched, rows: Sequence[Row], names: Collection[str]) -> None:
    """Alerts differ mostly in what the list does not tell: when somebody looks at them next."""
    told = [alerts.c[name] for name in _ALERT]
    before = {row[0]: row for row in _found(conn, told, alerts.c.id, _ids(rows))}
    asked = [(place, name) for place, name in enumerate(_ALERT) if name in names]
    for row in rows:
        old = before.get(row["id"])
        differing = [name for place, name in asked if old is None or old[place] != row[name]]
        if not differing:
            continue
        known = {} if old is None else dict(zip(_ALERT, old, strict=True))
        new = {**known, **{name: row[name] for name in differing}}
        if _is_late(known) or _is_late(new):
            mine = touched.said if RANKED.isdisjoint(differing) else touched.placed
            mine.update((known.get("record_id", new["record_id"]), new["record_id"]))


def _is_late(alert: Row) -> bool:
    return alert.get("breached_at") is not None and alert["state"] in LATE_STATES


def _clocks(conn: Connection, touched: Touched, rows: Sequence[Row]) -> None:
    """Clocks are stored again with other rules that say the same: that is no news."""
    beside = listed.outerjoin(clocks, clocks.c.record_id == listed.c.record_id)
    new = {row["record_id"]: row["entries"] for row in rows}
    known = sa.select(listed.c.record_id, clocks.c.entries).select_from(beside)
    for record, entries in conn.execute(known.where(among(conn, listed.c.record_id, new))).all():
        if entries != new[record]:
            touched.said.add(record)


def _person(row: Row, known: Mapping[str, Sequence[Any]]) -> tuple[Any, ...] | None:
    old = known.get(row["id"], (None,) * len(_PERSON))
    return tuple(row.get(name, before) for name, before in zip(_PERSON, old, strict=True))


def _ids(rows: Iterable[Row]) -> list[str]:
    return [row["id"] for row in rows]


def _found(
    conn: Connection, columns: Sequence[sa.ColumnElement[Any]], key: sa.ColumnElement[Any], ids: Collection[str]
) -> Sequence[sa.Row[Any]]:
    return conn.execute(sa.select(*columns).where(among(conn, key, ids))).all()
