"""The stalled list: one row per record with a breached deadline, read from a table that is kept in its order.

The table (tables/stalled.py) is kept by triggers. What it cannot tell by itself (a rule, a severity, a piece of a name)
is read from the alerts and records behind it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store.bulk import Found
from stalewatch.store.engine import Database
from stalewatch.store.expressions import among, one_by_one
from stalewatch.store.paging import Order, Rows, page
from stalewatch.store.reports import Filters, Sort, order_by, table_of
from stalewatch.store.tables import alerts, people
from stalewatch.store.tables import stalled as listed_records
from stalewatch.store.visibility import Visible, may_see

_ALL_TIME: Final = 10**17
"""More microseconds than any instant has: severity comes before age."""

_FEW: Final = 50
"""People whose deals are found by their index alone: those of more are no fewer than those of a stage or a team."""

_STALLED: Final = sa.text(
    "alerts.breached_at IS NOT NULL AND alerts.state IN ('open', 'snoozed', 'claimed', 'backlog')"
)


class Pulse(NamedTuple):
    """What every request asks first.

    Attributes:
        access: see `versions.access`.
        version: another number after anything changed that a stalled list may show.
        read_at: connections, and when each was last read.
    """

    access: int
    version: int
    read_at: tuple[tuple[str, int | None], ...]


_PULSE: Final = (
    "SELECT (SELECT coalesce(sum(number), 0) FROM versions) || ' ' || "
    "(SELECT coalesce(sum(number), 0) FROM stalled_versions) || coalesce((SELECT {} FROM connections), '')"
)
_LITE_PULSE: Final = _PULSE.format("group_concat(char(10) || id || ' ' || coalesce(data_at, ''), '')")
_SERVERS_PULSE: Final = _PULSE.format("string_agg(chr(10) || id || ' ' || coalesce(data_at::text, ''), '')")


def stalled(
    conn: Connection,
    filters: Filters,
    *,
    visible: Visible | None,
    sort: Sort = Sort.WORST,
    falling: bool | None = None,
    limit: int = 50,
    after: str | None = None,
) -> Rows:
    """Where records with a breached alert stand: id, `stamp`, and of their breaches the earliest (`breach_at`), the
    gravest (`gravity`: 1 info, 2 warning, 3 critical) and how many there are (`breaches`).

    `stamp` is another number whenever anything changed that a list may show of the record.

    Args:
        falling: turn the order round; None: each sort's own way (worst, greatest and newest first, else upwards).

    Raises:
        CursorNotUnderstood: see `paging.page`.
    """
    listed = _stalled(conn, filters, visible, in_order=sort is Sort.WORST)
    order = _order_of_stalled(listed, sort, falling)
    shown = listed.whole if sort is Sort.WORST and _names(filters, visible) else None
    return page(conn, listed.sorted_by(sort), order, limit=limit, after=after, shown=shown)


def shown(conn: Connection, filters: Filters, ids: Collection[str]) -> list[Found]:
    """Whole records of the list that the filters are about, with owner_name and owner_email, in no order."""
    table = table_of(filters)
    owner = (people.c.name.label("owner_name"), people.c.email.label("owner_email"))
    there = sa.select(*table.c, *owner).select_from(table).outerjoin(people, people.c.id == table.c.owner)
    return list(conn.execute(there.where(among(conn, table.c.id, sorted(ids)))))


def stalled_sum(conn: Connection, filters: Filters, *, visible: Visible | None) -> Found:
    """(records, amount) of everything that `stalled` would list."""
    listed = _stalled(conn, filters, visible, in_order=False)
    amount = sa.func.coalesce(sa.func.sum(listed_records.c.amount), 0)
    return conn.execute(listed.chosen.with_only_columns(sa.func.count().label("records"), amount.label("amount"))).one()


def stalled_alerts(conn: Connection, record_ids: Collection[str]) -> list[Found]:
    """The breached alerts behind a page of `stalled`, by record, the gravest and longest over first."""
    there = sa.select(alerts).where(among(conn, alerts.c.record_id, sorted(record_ids)), _STALLED)
    return list(conn.execute(there.order_by(alerts.c.record_id, _gravity().desc(), alerts.c.breach_at, alerts.c.id)))


def version(db: Database) -> int:
    """A number that is another one after anything changed that a stalled list may show; costs microseconds."""
    return pulse(db).version


def pulse(db: Database) -> Pulse:
    """How things stand, in one question; costs microseconds."""
    return _felt(db.value(_LITE_PULSE if db.is_sqlite else _SERVERS_PULSE))


@lru_cache(maxsize=8)
def _felt(told: str) -> Pulse:
    numbers, *connections = told.split("\n")
    access, version = numbers.split(" ")
    pairs = (one.rpartition(" ") for one in connections)
    return Pulse(int(access), int(version), tuple((name, int(at) if at else None) for name, _, at in pairs))


@dataclass(frozen=True, slots=True)
class _Stalled:
    """The rows of the stalled list that are asked for.

    Attributes:
        late: what a rule or a severity leaves of the breaches; else what stands in the table.
    """

    chosen: sa.Select[Any]
    late: sa.FromClause
    rank: sa.ColumnElement[int]

    @property
    def whole(self) -> sa.Select[Any] | None:
        """The table's rows without a condition; None where it does not have all of them itself."""
        is_alone = self.late is listed_records
        return sa.select(*self.chosen.selected_columns).select_from(listed_records) if is_alone else None

    def sorted_by(self, sort: Sort) -> sa.Select[Any]:
        """With the owners beside it where the order reads their names."""
        owners = people.c.id == listed_records.c.owner
        return self.chosen.outerjoin(people, owners) if sort is Sort.OWNER else self.chosen


def _stalled(conn: Connection, filters: Filters, visible: Visible | None, *, in_order: bool) -> _Stalled:
    """
    Args:
        in_order: they are read in the order of the table, and not all of them.
    """
    mine = listed_records
    late = mine if filters.rule is None and filters.severity is None else _late(filters)
    columns = (mine.c.record_id.label("id"), mine.c.stamp, late.c.breach_at, late.c.gravity, late.c.breaches)
    chosen = sa.select(*columns).where(*_conditions_of_stalled(conn, filters, visible, in_order=in_order))
    if late is not mine:
        chosen = chosen.join(late, late.c.record_id == mine.c.record_id)
    rank = mine.c.rank if late is mine else late.c.breach_at - late.c.gravity * sa.literal(_ALL_TIME, sa.BigInteger())
    return _Stalled(chosen, late, rank)


def _conditions_of_stalled(
    conn: Connection, filters: Filters, visible: Visible | None, *, in_order: bool
) -> list[sa.ColumnElement[bool]]:
    """SQLite walks along the list's order where that finds a page soon. Of few people the index over owners finds all
    there is; and what no index tells (a pipeline, a piece of a name) is sifted out of the table from end to end: to
    look up row after row through the order takes thirty times as long."""
    mine = listed_records.c
    few = 0 < _names(filters, visible) <= _FEW
    named = (filters.owners, filters.ids, visible)
    kind = None if filters.obj == "lead" else filters.obj  # leads have a shelf of their own
    sifted = (kind, filters.connection, filters.pipeline, filters.min_amount, filters.q)
    walks = in_order and all(one is None for one in (*named, *sifted))
    shelf = mine.shelf if walks else one_by_one(conn, mine.shelf)
    asked = {
        mine.object: filters.obj,
        mine.connection: filters.connection,
        one_by_one(conn, mine.team) if few else mine.team: filters.team,
        mine.pipeline: filters.pipeline,
        one_by_one(conn, mine.stage) if few else mine.stage: filters.stage,
    }
    found = [shelf == _shelf(filters), *(column == value for column, value in asked.items() if value is not None)]
    if filters.owners is not None:
        found.append(among(conn, mine.owner, sorted(filters.owners)))
    if filters.ids is not None:
        found.append(among(conn, mine.record_id, sorted(filters.ids)))
    if filters.min_amount is not None:
        found.append(mine.amount >= filters.min_amount)
    if filters.q:
        found.append(mine.name.icontains(filters.q, autoescape=True))
    return [*found, may_see(conn, mine.owner, mine.record_id, visible)]


def _names(filters: Filters, visible: Visible | None) -> int:
    """How many people the list is narrowed to; 0 where it is not."""
    named = [some for some in (filters.owners, visible.owners if visible else None) if some is not None]
    return min(map(len, named), default=0)


def _late(filters: Filters) -> sa.Subquery:
    """The breaches of a rule, of a severity, by record."""
    columns = (
        alerts.c.record_id,
        sa.func.min(alerts.c.breach_at).label("breach_at"),
        sa.func.max(_gravity()).label("gravity"),
        sa.func.count().label("breaches"),
    )
    asked = {alerts.c.rule_id: filters.rule, alerts.c.severity: filters.severity}
    wanted = [column == value for column, value in asked.items() if value is not None]
    return sa.select(*columns).where(_STALLED, *wanted).group_by(alerts.c.record_id).subquery("late")


def _shelf(filters: Filters) -> str:
    return "lead" if filters.obj == "lead" else "deal"


def _order_of_stalled(listed: _Stalled, sort: Sort, falling: bool | None) -> Order:
    """`worst` follows the rank, of which the smallest is the worst."""
    if sort is not Sort.WORST:
        return order_by(sort, listed_records.c, listed_records.c.record_id, listed.late.c.breach_at, falling)
    name = "worst:up" if falling is False else "worst"
    return Order(name, listed.rank, listed_records.c.record_id, falling is False)


def _gravity() -> sa.ColumnElement[int]:
    ranks = {"info": 1, "warning": 2, "critical": 3}
    return sa.case(ranks, value=alerts.c.severity, else_=0)
