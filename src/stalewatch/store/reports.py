"""The lists that people read, and what will soon be late. One row per record, whatever the number of rules.

What is late already has a table of its own: stalled.py.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store.bulk import Found
from stalewatch.store.expressions import among
from stalewatch.store.paging import Order, Rows, page
from stalewatch.store.tables import clocks, deals, leads, people
from stalewatch.store.visibility import Visible, seen_by

_QUARTER: Final = 15 * 60 * 1_000_000


class Sort(StrEnum):
    """The orders of a list. `worst` puts the gravest first, among them the longest over."""

    WORST = "worst"
    DUE = "due"
    AMOUNT = "amount"
    NAME = "name"
    OWNER = "owner"
    CLOSE_DATE = "close_date"
    CREATED = "created"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which records a list shows; None: all.

    Attributes:
        obj: "deal", "partner_deal" or "lead"; None: both kinds of deals.
        owners: ids of people.
        rule, severity: records with a breach of this rule, of this severity (`stalled` only).
        min_amount: hundredths of the project's currency; leads have none.
        q: a piece of the name, in any case.
        ids: of records.
    """

    obj: str | None = None
    connection: str | None = None
    owners: Collection[str] | None = None
    team: str | None = None
    pipeline: str | None = None
    stage: str | None = None
    rule: str | None = None
    severity: str | None = None
    min_amount: int | None = None
    q: str | None = None
    ids: Collection[str] | None = None


def due_soon(
    conn: Connection,
    filters: Filters,
    *,
    now: int,
    until: int,
    visible: Visible | None,
    sort: Sort = Sort.DUE,
    falling: bool | None = None,
    limit: int = 50,
    after: str | None = None,
) -> Rows:
    """Records of which a deadline breaks in (now, until]: their columns, owner_name, owner_email, breach_at, next_at.

    `worst` sorts like `due`. What breaks is in `clocks.entries`; rule and severity are not filtered here, but by `ids`
    of what `soon` found.

    Raises:
        CursorNotUnderstood: see `paging.page`.
    """
    table = table_of(filters)
    listed = _listed(conn, table, filters, visible).add_columns(clocks.c.breach_at, clocks.c.next_at)
    joined = listed.join(clocks, clocks.c.record_id == table.c.id).where(*_breaking(now, until))
    order = order_by(sort, table.c, table.c.id, clocks.c.breach_at, falling)
    return page(conn, joined, order, limit=limit, after=after)


def soon(
    conn: Connection, filters: Filters, *, now: int, until: int, visible: Visible | None, limit: int
) -> list[Found]:
    """(record_id, entries as text) of the first `limit` records that `due_soon` would list, the first due first."""
    table = table_of(filters)
    listed = _listed(conn, table, filters, visible).join(clocks, clocks.c.record_id == table.c.id)
    breaking = listed.with_only_columns(clocks.c.record_id, clocks.c.entries).where(*_breaking(now, until))
    return list(conn.execute(breaking.order_by(clocks.c.breach_at, clocks.c.record_id).limit(limit)))


def open_sum(conn: Connection, filters: Filters, *, visible: Visible | None) -> Found:
    """(records, amount) of every open record that the filters let through, stalled or not."""
    return _summed(conn, filters, _listed(conn, table_of(filters), filters, visible))


def due_sum(conn: Connection, filters: Filters, *, now: int, until: int, visible: Visible | None) -> Found:
    """(records, amount) of everything that `due_soon` would list."""
    table = table_of(filters)
    listed = _listed(conn, table, filters, visible).join(clocks, clocks.c.record_id == table.c.id)
    return _summed(conn, filters, listed.where(*_breaking(now, until)))


def due_quarters(conn: Connection, filters: Filters, *, now: int, until: int, visible: Visible | None) -> list[Found]:
    """(moment, records, amount) of everything that `due_soon` would list, by the quarter of an hour in which it breaks.

    No zone of our time begins its days within one.
    """
    table = table_of(filters)
    listed = _listed(conn, table, filters, visible).join(clocks, clocks.c.record_id == table.c.id)
    began = clocks.c.breach_at - clocks.c.breach_at % _QUARTER
    amount = sa.func.coalesce(sa.func.sum(table.c.amount), 0) if "amount" in table.c else sa.literal(0)
    columns = (began.label("moment"), sa.func.count().label("records"), amount.label("amount"))
    there = listed.with_only_columns(*columns).where(*_breaking(now, until))
    return list(conn.execute(there.group_by(began).order_by(began)))


def owners(conn: Connection, filters: Filters, *, visible: Visible | None, limit: int) -> list[Found]:
    """(id, name, email) of those who own open records, by name."""
    table = table_of(filters)
    owner = (people.c.id, people.c.name, people.c.email)
    some = _listed(conn, table, filters, visible).where(people.c.id.is_not(None)).with_only_columns(*owner)
    return list(conn.execute(some.distinct().order_by(people.c.name, people.c.id).limit(limit)))


def teams(conn: Connection, filters: Filters, *, visible: Visible | None, limit: int) -> list[str]:
    """The teams that open records belong to, by name."""
    table = table_of(filters)
    some = _listed(conn, table, filters, visible).where(table.c.team.is_not(None)).with_only_columns(table.c.team)
    return list(conn.scalars(some.distinct().order_by(table.c.team).limit(limit)))


def _summed(conn: Connection, filters: Filters, listed: sa.Select[Any]) -> Found:
    """How many records, and their amounts in hundredths of the project's currency; leads have none."""
    table = table_of(filters)
    amount = sa.func.coalesce(sa.func.sum(table.c.amount), 0) if "amount" in table.c else sa.literal(0)
    return conn.execute(listed.with_only_columns(sa.func.count().label("records"), amount.label("amount"))).one()


def _breaking(now: int, until: int) -> tuple[sa.ColumnElement[bool], ...]:
    """Along the index over breaches, in whose order lists are shown."""
    return (clocks.c.breach_at > now, clocks.c.breach_at <= until)


def table_of(filters: Filters) -> sa.Table:
    """The table of the records that the filters are about."""
    return leads if filters.obj == "lead" else deals


def _listed(conn: Connection, table: sa.Table, filters: Filters, visible: Visible | None) -> sa.Select[Any]:
    """Open records of `table` that may be seen, with their owner."""
    owner = (people.c.name.label("owner_name"), people.c.email.label("owner_email"))
    listed = sa.select(*table.c, *owner).select_from(table).outerjoin(people, people.c.id == table.c.owner)
    present = (table.c.is_open, table.c.gone_at.is_(None), seen_by(conn, table, visible))
    return listed.where(*present, *_conditions(conn, table, filters))


def _conditions(conn: Connection, table: sa.Table, filters: Filters) -> list[sa.ColumnElement[bool]]:
    equal = {
        "object": filters.obj,
        "connection": filters.connection,
        "team": filters.team,
        "pipeline": filters.pipeline,
        "stage": filters.stage,
    }
    asked = {name: value for name, value in equal.items() if value is not None}
    found = [table.c[name] == value if name in table.c else sa.false() for name, value in asked.items()]
    if filters.owners is not None:
        found.append(among(conn, table.c.owner, sorted(filters.owners)))
    if filters.ids is not None:
        found.append(among(conn, table.c.id, sorted(filters.ids)))
    if filters.min_amount is not None:
        found.append(table.c.amount >= filters.min_amount if "amount" in table.c else sa.false())
    if filters.q:
        found.append(table.c.name.icontains(filters.q, autoescape=True))
    return found


def order_by(
    sort: Sort, columns: Any, identity: sa.ColumnElement[str], due: sa.ColumnElement[int], falling: bool | None
) -> Order:
    """An order by these columns of records; what is empty sorts below everything else.

    Args:
        columns: of leads, where there is no amount among them.
        due: what `due` sorts by.
    """
    has_money = "amount" in columns
    values: dict[Sort, tuple[sa.ColumnElement[Any], bool]] = {
        Sort.WORST: (-due, True),
        Sort.DUE: (due, False),
        Sort.AMOUNT: (sa.func.coalesce(columns.amount, -1) if has_money else sa.literal(0), True),
        Sort.NAME: (sa.func.coalesce(columns.name, ""), False),
        Sort.OWNER: (sa.func.coalesce(people.c.name, ""), False),
        Sort.CLOSE_DATE: (sa.func.coalesce(columns.close_date, -(2**31)) if has_money else sa.literal(0), False),
        Sort.CREATED: (sa.func.coalesce(columns.created_at, -(2**63)), True),
    }
    value, natural = values[sort]
    down = natural if falling is None else falling
    return Order(f"{sort}:{'down' if down else 'up'}", value, identity, down)
