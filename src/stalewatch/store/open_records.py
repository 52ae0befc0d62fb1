"""Open records in figures: how many there are and what they are worth, whose they are, their teams.

Read from a table that triggers keep (migration 0023), one row for each combination of what lists are filtered by. What
it cannot tell (an amount, a piece of a name, single records) is counted among the records themselves.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import reports
from stalewatch.store.bulk import Found
from stalewatch.store.expressions import among, among_given, given, is_sqlite
from stalewatch.store.reports import Filters
from stalewatch.store.tables import open_records as kept
from stalewatch.store.tables import people
from stalewatch.store.visibility import Visible


def total(conn: Connection, filters: Filters, *, visible: Visible | None) -> Found:
    """(records, amount) of every open record that the filters let through, stalled or not."""
    if _needs_records(filters, visible):
        return reports.open_sum(conn, filters, visible=visible)
    sums = (sa.func.coalesce(sa.func.sum(column), 0).label(column.name) for column in (kept.c.records, kept.c.amount))
    return conn.execute(sa.select(*sums).where(*_conditions(conn, filters, visible))).one()


def many(conn: Connection, objects: Collection[str]) -> int:
    """How many open records of these objects there are, whoever they belong to."""
    return int(conn.execute(_many(lite=is_sqlite(conn)), given(conn, objects)).scalar_one())


@cache
def _many(*, lite: bool) -> sa.Select[Any]:
    """Built once, as what else every tick asks."""
    records = sa.func.coalesce(sa.func.sum(kept.c.records), 0)
    return sa.select(records).where(among_given(kept.c.object, lite=lite))


def owners(conn: Connection, filters: Filters, *, visible: Visible | None, limit: int) -> list[Found]:
    """(id, name, email) of those who own open records, by name."""
    if _needs_records(filters, visible):
        return reports.owners(conn, filters, visible=visible, limit=limit)
    mine = sa.select(kept.c.owner).where(*_conditions(conn, filters, visible), kept.c.records > 0)
    there = sa.select(people.c.id, people.c.name, people.c.email).where(people.c.id.in_(mine))
    return list(conn.execute(there.order_by(people.c.name, people.c.id).limit(limit)))


def teams(conn: Connection, filters: Filters, *, visible: Visible | None, limit: int) -> list[str]:
    """The teams that open records belong to, by name."""
    if _needs_records(filters, visible):
        return reports.teams(conn, filters, visible=visible, limit=limit)
    some = (kept.c.records > 0, kept.c.team != "", *_conditions(conn, filters, visible))
    return list(conn.scalars(sa.select(kept.c.team).where(*some).distinct().order_by(kept.c.team).limit(limit)))


def _needs_records(filters: Filters, visible: Visible | None) -> bool:
    single = visible is not None and visible.records
    return bool(single or filters.q) or filters.min_amount is not None or filters.ids is not None


def _conditions(conn: Connection, filters: Filters, visible: Visible | None) -> list[sa.ColumnElement[bool]]:
    asked: dict[sa.Column[Any], str | None] = {
        kept.c.shelf: "lead" if filters.obj == "lead" else "deal",
        kept.c.object: filters.obj,
        kept.c.connection: filters.connection,
        kept.c.team: filters.team,
        kept.c.pipeline: filters.pipeline,
        kept.c.stage: filters.stage,
    }
    found = [column == value for column, value in asked.items() if value is not None]
    owned = (filters.owners, None if visible is None else visible.owners)
    return [*found, *(among(conn, kept.c.owner, sorted(some)) for some in owned if some is not None)]
