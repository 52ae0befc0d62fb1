"""The tables of the stalled list and of open records are what the others say, after whatever was written to them.

Who keeps something that was made of a row learns by its stamp that it does not hold any more, and of the table by its
version.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stalewatch.store import bulk, connections, renewing, stalled
from stalewatch.store import people as persons
from stalewatch.store.engine import Connection, Database
from stalewatch.store.tables import (
    activities,
    activity_records,
    alerts,
    changes,
    clocks,
    deals,
    leads,
    metadata,
    open_records,
    people,
)
from stalewatch.store.tables import stalled as listed
from tests.store.builders import alert, change, clock, deal, lead

LATE = ("open", "snoozed", "claimed", "backlog")
GRAVITY = {"info": 1, "warning": 2, "critical": 3}
RECORDS = ("sf:a", "sf:b", "sf:l")
SHOWN_OF_ALERT = ("id", "rule_id", "subject", "severity", "state", "breach_at", "anchor", "muted_by")

records = st.sampled_from(RECORDS)
maybe = st.sampled_from((None, 1))
an_alert = st.fixed_dictionaries(
    {
        "id": st.sampled_from("123"),
        "record_id": records,
        "rule_id": st.sampled_from(("quiet", "overdue")),
        "severity": st.sampled_from(tuple(GRAVITY)),
        "state": st.sampled_from((*LATE, "resolved", "shadow", "waiting")),
        "breach_at": st.integers(1, 3),
        "breached_at": maybe,
        "muted_by": st.sampled_from((None, "overdue")),
        "anchor": maybe,
    }
)
a_record = st.fixed_dictionaries(
    {"id": records},
    optional={
        "is_open": st.booleans(),
        "gone_at": maybe,
        "owner": st.sampled_from((None, "sf:sato", "sf:mori")),
        "team": st.sampled_from(("tokyo", "osaka")),
        "name": st.sampled_from("XY"),
        "amount": st.sampled_from((None, 7, 9)),
        "fields": st.sampled_from((None, {"pain": "slow"})),
        "seen_at": st.integers(1, 9),
    },
)
steps = st.one_of(
    st.tuples(st.just("alert"), an_alert),
    st.tuples(st.just("alert gone"), st.sampled_from("123")),
    st.tuples(st.just("record"), a_record),
    st.tuples(st.just("record gone"), records),
    st.tuples(st.just("person"), st.tuples(st.sampled_from(("sf:sato", "sf:mori")), st.sampled_from("XY"))),
    st.tuples(st.just("clock"), st.tuples(records, st.integers(1, 3))),
    st.tuples(st.just("change"), st.tuples(records, st.integers(1, 2))),
    st.tuples(st.just("meeting"), st.tuples(records, st.sampled_from(("planned", "cancelled")))),
    st.tuples(st.just("type"), st.sampled_from(("hubspot", "salesforce"))),
)


def put(conn: Connection, table: sa.Table, row: Mapping[str, Any]) -> None:
    """Change the row if it is there, else add it."""
    bulk.upsert(conn, table, [row])


def set_or_add(conn: Connection, table: sa.Table, row: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Set these columns of the row if it is there, else add it with others of a new one."""
    known = conn.execute(sa.select(table.c.id).where(table.c.id == row["id"])).first()
    if known is None:
        bulk.insert(conn, table, [{**new, **row}])
    elif len(row) > 1:
        bulk.update(conn, table, [row], by=("id",))


def take(conn: Connection, what: str, given_: Any) -> None:
    """Take one step of a story."""
    _STEPS[what](conn, given_)


def _alert(conn: Connection, said: Mapping[str, Any]) -> None:
    row = {**said, "id": f"a{said['id']}"}
    set_or_add(conn, alerts, row, alert(said.get("record_id", ""), fingerprint=row["id"]))


def _record_gone(conn: Connection, record: str) -> None:
    for table in (deals, leads):
        bulk.delete(conn, table, [{"id": record}])


def _person(conn: Connection, said: tuple[str, str]) -> None:
    key, name = said
    put(conn, people, {"id": key, "connection": "sf", "external_id": key, "name": name, "active": True})


def _meeting(conn: Connection, said: tuple[str, str]) -> None:
    record, state = said
    meeting = {"id": f"m{record}", "connection": "sf", "kind": "meeting", "actor": "seller", "at": 5}
    put(conn, activities, {**meeting, "meeting": state})
    link = {"record_id": record, "activity_id": meeting["id"]}
    mine = sa.select(activity_records).where(activity_records.c.record_id == record)
    if conn.execute(mine).first() is None:
        bulk.insert(conn, activity_records, [link])


def _put_record(conn: Connection, row: Mapping[str, Any]) -> None:
    table, new = (leads, lead("l")) if row["id"] == "sf:l" else (deals, deal(row["id"].removeprefix("sf:")))
    set_or_add(conn, table, {name: value for name, value in row.items() if name in table.c}, new)


_STEPS: Mapping[str, Callable[[Connection, Any], object]] = {
    "alert": _alert,
    "alert gone": lambda conn, number: bulk.delete(conn, alerts, [{"id": f"a{number}"}]),
    "record": _put_record,
    "record gone": _record_gone,
    "person": _person,
    "clock": lambda conn, said: put(conn, clocks, {**clock(*said), "entries": str(said[1])}),
    "change": lambda conn, said: put(conn, changes, change(said[0], "stage", said[1], said[1])),
    "meeting": _meeting,
    "type": lambda conn, kind: connections.ensure(conn, {"sf": kind}, due_at=0),
}


def told(conn: Connection) -> dict[str, Any]:
    """Record -> everything that the list may show of it, worked out from the tables that it follows from."""
    found = {}
    names = {row.id: (row.name, row.email) for row in conn.execute(sa.select(people))}
    types = {row.id: row.type for row in connections.read(conn)}
    for shelf, table in (("deal", deals), ("lead", leads)):
        for row in conn.execute(sa.select(table).where(table.c.is_open, table.c.gone_at.is_(None))):
            late = [one for one in _of(conn, alerts, row.id) if one.breached_at is not None and one.state in LATE]
            if late:
                gravity, breach = max(GRAVITY[one.severity] for one in late), min(one.breach_at for one in late)
                place = (shelf, row.owner, row.team, getattr(row, "amount", None), gravity, breach, len(late))
                said = [{name: getattr(one, name) for name in SHOWN_OF_ALERT} for one in late]
                own = {name: value for name, value in row._mapping.items() if name != "seen_at"}
                past = [tuple(one) for one in _of(conn, changes, row.id)]
                met = [
                    tuple(one)
                    for one in conn.execute(
                        sa.select(activities.c.at, activities.c.meeting)
                        .join(activity_records, activity_records.c.activity_id == activities.c.id)
                        .where(activity_records.c.record_id == row.id)
                    )
                ]
                judged = [one.entries for one in _of(conn, clocks, row.id)]
                around = (names.get(row.owner), types.get(row.connection))
                found[row.id] = place, (own, said, past, met, judged, around)
    return found


def _of(conn: Connection, table: sa.Table, record: str) -> list[Any]:
    return list(conn.execute(sa.select(table).where(table.c.record_id == record).order_by(*table.primary_key.columns)))


def opened(conn: Connection) -> Counter[tuple[Any, ...]]:
    """What open records there are by shelf, owner, team and stage: how many, and what they are worth."""
    found: Counter[tuple[Any, ...]] = Counter()
    for shelf, table in (("deal", deals), ("lead", leads)):
        for row in conn.execute(sa.select(table).where(table.c.is_open, table.c.gone_at.is_(None))):
            key = (shelf, row.owner or "", row.team or "", getattr(row, "stage", None) or "")
            found[*key, "records"] += 1
            found[*key, "amount"] += getattr(row, "amount", None) or 0
    return found


def counted(conn: Connection) -> Counter[tuple[Any, ...]]:
    """The same as the table has it."""
    found: Counter[tuple[Any, ...]] = Counter()
    for row in conn.execute(sa.select(open_records)):
        for name in ("records", "amount"):
            found[row.shelf, row.owner, row.team, row.stage, name] += getattr(row, name)
    return found


def kept(conn: Connection) -> dict[str, Any]:
    """Record -> its place as the table has it, and its stamp."""
    renewing.renew(conn)
    columns = ("shelf", "owner", "team", "amount", "gravity", "breach_at", "breaches")
    rows = conn.execute(sa.select(listed))
    return {row.record_id: (tuple(getattr(row, name) for name in columns), row.stamp) for row in rows}


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.lists(steps, min_size=1, max_size=3), min_size=4, max_size=12))
def test_the_table_follows_whatever_is_written(db: Database, story: list[list[tuple[str, Any]]]) -> None:
    with db.write() as conn:
        for table in (alerts, deals, leads, people, clocks, changes, activities, activity_records):
            bulk.delete_where(conn, table, sa.true())
        assert kept(conn) == {}
        connections.ensure(conn, {"sf": "salesforce"}, due_at=0)  # no record comes before its connection
        for name in ("a", "b"):
            bulk.insert(conn, deals, [deal(name)])
    before: dict[str, Any] = {}
    said: dict[str, Any] = {}
    version = stalled.version(db)
    for transaction in story:
        with db.write() as conn:
            for step in transaction:
                take(conn, *step)
        with db.read() as conn:
            now, says = kept(conn), told(conn)
            assert +counted(conn) == +opened(conn)
        assert {record: place for record, (place, _) in now.items()} == {one: place for one, (place, _) in says.items()}
        for record in now.keys() & before.keys():
            if says[record] != said[record]:
                assert now[record][1] != before[record][1], f"{record} keeps its stamp after {transaction}"
        risen = stalled.version(db)
        assert (risen != version) or now == before
        before, said, version = now, says, risen


PERSON = {"id": "sf:sato", "connection": "sf", "external_id": "sato", "name": "Sato", "active": True}
NEWS: list[tuple[str, Any]] = [
    *(("alert", {"id": "1", name: value}) for name, value in {
        "subject": "m1", "state": "claimed", "anchor": 3, "muted_by": "x", "rule_id": "other",
        "severity": "critical", "breach_at": 2,
    }.items()),
    ("alert", {"id": "2", "record_id": "sf:a", "breached_at": 1}),
    ("alert gone", "2"),
    ("record", {"id": "sf:a", "owner": "sf:mori"}),
    ("record", {"id": "sf:a", "owner": "sf:sato"}),
    ("person", ("sf:sato", "X")),
    ("person", ("sf:sato", "Y")),
    *(("clock", ("sf:a", said)) for said in (1, 2)),
    *(("change", ("sf:a", at)) for at in (1, 2)),
    *(("meeting", ("sf:a", state)) for state in ("planned", "cancelled")),
    *(("type", kind) for kind in ("hubspot", "salesforce")),
]  # fmt: skip


def test_each_kind_of_news_renews_the_stamp_of_its_record_alone(db: Database) -> None:
    with db.write() as conn:
        connections.ensure(conn, {"sf": "csv", "hs": "csv"}, due_at=0)
        bulk.insert(conn, deals, [deal("a"), {**deal("b", owner="hs:ito"), "connection": "hs"}])
        for number, record in (("a1", "sf:a"), ("a9", "sf:b")):
            bulk.insert(conn, alerts, [alert(record, id=number, fingerprint=number)])
        untouched = kept(conn)["sf:b"]
        for what, given_ in NEWS:
            before = kept(conn)["sf:a"]
            take(conn, what, given_)
            assert kept(conn)["sf:a"][1] != before[1], f"{what} {given_}"
        for table in (clocks, changes, activity_records, people):
            before = kept(conn)["sf:a"]
            bulk.delete_where(conn, table, sa.true())
            assert kept(conn)["sf:a"][1] != before[1], f"{table.name} are gone"
        assert kept(conn)["sf:b"] == untouched


def test_what_was_only_seen_once_more_keeps_its_stamp(db: Database) -> None:
    with db.write() as conn:
        bulk.insert(conn, deals, [deal("a")])
        bulk.insert(conn, alerts, [alert("sf:a")])
        persons.upsert(conn, [PERSON])
        before = kept(conn)
    version = stalled.version(db)
    with db.write() as conn:
        now = conn.execute(sa.select(alerts)).all()
        persons.upsert(conn, [{**PERSON, "team": "osaka"}])
        bulk.set_where(conn, deals, sa.true(), {"seen_at": 77})
        bulk.update(conn, alerts, [{"id": row.id, "due_at": 5, "state": row.state} for row in now], by=("id",))
        assert kept(conn) == before
    assert stalled.version(db) == version


@pytest.mark.parametrize("table", ["deals", "leads"])
def test_every_column_of_a_record_that_can_be_news_renews_its_stamp(db: Database, table: str) -> None:
    """A migration that adds a column to deals or leads makes their triggers again."""
    records_, row = (deals, deal("a")) if table == "deals" else (leads, lead("a"))
    with db.write() as conn:
        bulk.insert(conn, records_, [row])
        bulk.insert(conn, alerts, [alert("sf:a")])
        for column in metadata.tables[table].c:
            if column.name in ("id", "seen_at", "is_open", "gone_at"):
                continue
            before = kept(conn)["sf:a"][1]
            value: Any = {str: "other", int: 7, bool: True}.get(column.type.python_type, {"other": 1})
            bulk.set_where(conn, records_, sa.true(), {column.name: value})
            assert kept(conn)["sf:a"][1] != before, f"{table}.{column.name} is not watched"
