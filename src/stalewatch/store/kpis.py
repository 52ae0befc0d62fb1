"""What is kept of each day: two numbers of every KPI for each place, and their sums for those who see everything.

A place is where a record stands on the day: its owner, team, pipeline, segment, partner and connection ("" where there
is none). Figures are a JSON list of triples in a row: the KPI's number, `over`, `of`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store.bulk import Found
from stalewatch.store.expressions import among
from stalewatch.store.tables import kpi_days, kpi_names, kpi_totals, kpi_work, people
from stalewatch.store.visibility import Visible

WORK: Final = "kpis"
"""The one row of work: who holds it works out days."""
ALL: Final = "all"
"""The grouping with one group, under the key ""."""
GROUPINGS: Final = (ALL, "team", "owner", "pipeline", "segment", "partner")
Figures = Mapping[str, tuple[int, int]]
"""KPI -> over, of."""


class Place(NamedTuple):
    """Where a record stands on a day."""

    owner: str = ""
    team: str = ""
    pipeline: str = ""
    segment: str = ""
    partner: str = ""
    connection: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """Which places are read; None: all."""

    owners: Collection[str] | None = None
    team: str | None = None
    pipeline: str | None = None
    connection: str | None = None


class Kept(NamedTuple):
    """The figures of one group on one day, still to be read: the texts of its places."""

    day: int
    key: str
    figures: str


def keep(conn: Connection, day: int, places: Mapping[Place, Figures]) -> None:
    """Put the figures of a day in the place of what was kept of it."""
    number = _numbers(conn, {name for figures in places.values() for name in figures})
    for table in (kpi_days, kpi_totals):
        conn.execute(sa.delete(table).where(table.c.day == day))
    rows = [{"day": day, **at._asdict(), "figures": _text(some, number)} for at, some in places.items() if some]
    bulk.insert(conn, kpi_days, rows)
    bulk.insert(conn, kpi_totals, list(_totals(day, places, number)))


def _totals(day: int, places: Mapping[Place, Figures], number: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    for grouping in GROUPINGS:
        sums: dict[str, dict[str, tuple[int, int]]] = {}
        for place, figures in places.items():
            mine = sums.setdefault("" if grouping == ALL else getattr(place, grouping), {})
            for name, (over, of) in figures.items():
                there = mine.get(name, (0, 0))
                mine[name] = (there[0] + over, there[1] + of)
        for key, figures in sums.items():
            yield {"day": day, "grouping": grouping, "key": key, "figures": _text(figures, number)}


def _text(figures: Figures, number: Mapping[str, int]) -> str:
    flat = [part for name, (over, of) in sorted(figures.items()) for part in (number[name], over, of)]
    return msgspec.json.encode(flat).decode()


def _numbers(conn: Connection, wanted: Collection[str]) -> dict[str, int]:
    """The number of each of these KPIs; one that is new gets the next. Only who holds the work gives numbers."""
    known = {name: number for number, name in names(conn).items()}
    new = sorted(set(wanted) - known.keys())
    first = max(known.values(), default=0) + 1
    bulk.insert(conn, kpi_names, [{"id": first + place, "name": name} for place, name in enumerate(new)])
    return {**known, **{name: first + place for place, name in enumerate(new)}}


def names(conn: Connection) -> dict[int, str]:
    """The KPI of each number."""
    return {row.id: row.name for row in conn.execute(sa.select(kpi_names))}


def read(
    conn: Connection, days: Collection[int], grouping: str, narrowed: Narrowed, visible: Visible | None
) -> list[Kept]:
    """What is kept of these days, by the groups of a grouping; several rows may be of one group.

    Sums are read where there are some of just these records; else places, one by one. Who does not see every record
    reads only what belongs to an owner whom they may see.
    """
    owners = _both(narrowed.owners, None if visible is None else visible.owners)
    wanted = {"owner": owners, "team": narrowed.team, "pipeline": narrowed.pipeline, "connection": narrowed.connection}
    asked = {name: value for name, value in wanted.items() if value is not None}
    summed = next(iter(asked), grouping) if len(asked) < 2 else ""
    if summed in GROUPINGS and grouping in (ALL, summed):
        return _of_totals(conn, days, grouping, summed, asked.get(summed))
    key = sa.literal("").label("key") if grouping == ALL else kpi_days.c[grouping].label("key")
    there = [_is(conn, kpi_days.c[name], value) for name, value in asked.items()]
    columns = (kpi_days.c.day, key, kpi_days.c.figures)
    return _kept(conn, sa.select(*columns).where(kpi_days.c.day.in_(sorted(days)), *there))


def _of_totals(
    conn: Connection, days: Collection[int], grouping: str, summed: str, wanted: str | Collection[str] | None
) -> list[Kept]:
    key = kpi_totals.c.key if grouping == summed else sa.literal("")
    there = [kpi_totals.c.day.in_(sorted(days)), kpi_totals.c.grouping == summed]
    there += [] if wanted is None else [_is(conn, kpi_totals.c.key, wanted)]
    return _kept(conn, sa.select(kpi_totals.c.day, key.label("key"), kpi_totals.c.figures).where(*there))


def _both(some: Collection[str] | None, others: Collection[str] | None) -> Collection[str] | None:
    """Owners who are in both; what nobody owns is seen by those alone who see everything."""
    if some is None or others is None:
        found = some if others is None else others
        return None if found is None else set(found) - {""}
    return set(some).intersection(others) - {""}


def _is(conn: Connection, column: sa.ColumnElement[Any], wanted: str | Collection[str]) -> sa.ColumnElement[bool]:
    return column == wanted if isinstance(wanted, str) else among(conn, column, sorted(wanted))


def _kept(conn: Connection, statement: sa.Select[Any]) -> list[Kept]:
    return [Kept(*row) for row in bulk.tuples(conn, statement)]


def owners_named(conn: Connection, ids: Collection[str]) -> dict[str, Found]:
    """Name and address of people by id; those whom nobody knows any more are missing."""
    rows = bulk.read(conn, [people.c.id, people.c.name, people.c.email], people.c.id, ids)
    return {row.id: row for row in rows}


# --------------------------------------------------------------------------------------------------------- the work


def work(conn: Connection) -> Found | None:
    """How far the work has come: kept_from, kept_to, wanted_from (days), the version of the definitions, and since when
    (microseconds) the past of each field is `tracked`; None before it ever began."""
    return conn.execute(sa.select(kpi_work).where(kpi_work.c.id == WORK)).one_or_none()


def begin(conn: Connection, now: int) -> None:
    """Let there be work, due now; that of a company that was there before it, the schema's upgrade has begun."""
    bulk.insert(conn, kpi_work, [{"id": WORK, "due_at": now, "tracked": {}}])
