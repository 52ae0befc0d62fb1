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

    @property
    def is_whole(self) -> bool:
        """Nothing is left out."""
        return self.owners is self.team is self.pipeline is self.connection is None


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

    Who does not see every record reads places one by one, and only those whose owner they may see.
    """
    if visible is None and narrowed.is_whole:
        columns = (kpi_totals.c.day, kpi_totals.c.key, kpi_totals.c.figures)
        wanted: list[sa.ColumnElement[bool]] = [kpi_totals.c.grouping == grouping]
        return _kept(conn, sa.select(*columns).where(kpi_totals.c.day.in_(sorted(days)), *wanted))
    key = sa.literal("").label("key") if grouping == ALL else kpi_days.c[grouping].label("key")
    wanted = [kpi_days.c.day.in_(sorted(days)), *_of_owners(conn, narrowed.owners)]
    wanted += [] if visible is None else _of_owners(conn, visible.owners)
    equal = {"team": narrowed.team, "pipeline": narrowed.pipeline, "connection": narrowed.connection}
    wanted += [kpi_days.c[name] == value for name, value in equal.items() if value is not None]
    return _kept(conn, sa.select(kpi_days.c.day, key, kpi_days.c.figures).where(*wanted))


def _of_owners(conn: Connection, owners: Collection[str] | None) -> list[sa.ColumnElement[bool]]:
    """What nobody owns is seen by those alone who see everything."""
    return [] if owners is None else [among(conn, kpi_days.c.owner, sorted(set(owners) - {""}))]


def _kept(conn: Connection, statement: sa.Select[Any]) -> list[Kept]:
    return [Kept(*row) for row in bulk.tuples(conn, statement)]


def owners_named(conn: Connection, ids: Collection[str]) -> dict[str, Found]:
    """Name and address of people by id; those whom nobody knows any more are missing."""
    rows = bulk.read(conn, [people.c.id, people.c.name, people.c.email], people.c.id, ids)
    return {row.id: row for row in rows}


def forget_before(conn: Connection, day: int) -> int:
    """Delete what is kept of the days before one; return how many rows that were."""
    gone = [conn.execute(sa.delete(table).where(table.c.day < day)).rowcount for table in (kpi_days, kpi_totals)]
    return sum(gone)


# --------------------------------------------------------------------------------------------------------- the work


def work(conn: Connection) -> Found | None:
    """How far the work has come: kept_from, kept_to, wanted_from (days), the version of the definitions, and since when
    (microseconds) the past of each field is `tracked`; None before it ever began."""
    return conn.execute(sa.select(kpi_work).where(kpi_work.c.id == WORK)).one_or_none()


def begin(conn: Connection, now: int) -> None:
    """Let there be work, due now; that of a company that was there before it, the schema's upgrade has begun."""
    bulk.insert(conn, kpi_work, [{"id": WORK, "due_at": now, "tracked": {}}])
