"""The list of alerts: one row per episode, with the record that it is about and whose that is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store.alerts import IS_OPEN
from stalewatch.store.bulk import Found
from stalewatch.store.expressions import among
from stalewatch.store.paging import Order, Rows, page
from stalewatch.store.tables import alerts, deals, leads, people
from stalewatch.store.visibility import Visible, of_records


class AlertSort(StrEnum):
    """The orders of the list."""

    DUE = "due"
    OPENED = "opened"
    UPDATED = "updated"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFilters:
    """Which alerts a list shows; None: all.

    Attributes:
        state: one of theirs; None: every state but resolved.
        owners: ids of people. record: an id.
    """

    state: str | None = None
    rule: str | None = None
    severity: str | None = None
    connection: str | None = None
    record: str | None = None
    owners: Collection[str] | None = None


def listed(
    conn: Connection, filters: AlertFilters, *, visible: Visible | None, sort: AlertSort = AlertSort.DUE,
    falling: bool | None = None, limit: int = 50, after: str | None = None,
) -> Rows:  # fmt: skip
    """Alerts with their record's `name` and `owner`, and the owner's `owner_name` and `owner_email`.

    Args:
        falling: turn the order round; None: the first due first, the last opened or updated first.

    Raises:
        CursorNotUnderstood: see `paging.page`.
    """
    wanted = sa.select(alerts.c.id).where(*_conditions(conn, filters, visible))
    rows = page(conn, wanted, _order(sort, falling), limit=limit, after=after)
    shown = _shown(conn, [row.id for row in rows.rows])
    return replace(rows, rows=[shown[row.id] for row in rows.rows])


def _shown(conn: Connection, ids: Collection[str]) -> dict[str, Found]:
    """Alerts by id, with what stands beside them: joined for a page only, which costs less than for all it is of."""
    owner = sa.func.coalesce(deals.c.owner, leads.c.owner)
    columns = (
        *alerts.c,
        sa.func.coalesce(deals.c.name, leads.c.name).label("name"),
        owner.label("owner"),
        people.c.name.label("owner_name"),
        people.c.email.label("owner_email"),
    )
    records = alerts.outerjoin(deals, deals.c.id == alerts.c.record_id)
    records = records.outerjoin(leads, leads.c.id == alerts.c.record_id).outerjoin(people, people.c.id == owner)
    there = sa.select(*columns).select_from(records).where(among(conn, alerts.c.id, sorted(ids)))
    return {row.id: row for row in conn.execute(there)}


def _conditions(
    conn: Connection, filters: AlertFilters, visible: Visible | None
) -> list[sa.ColumnElement[bool] | sa.TextClause]:
    equal = {
        alerts.c.rule_id: filters.rule,
        alerts.c.severity: filters.severity,
        alerts.c.connection: filters.connection,
        alerts.c.record_id: filters.record,
    }
    found: list[sa.ColumnElement[bool] | sa.TextClause] = [
        column == value for column, value in equal.items() if value is not None
    ]
    found.append(IS_OPEN if filters.state is None else alerts.c.state == filters.state)
    if filters.owners is not None:
        found.append(of_records(conn, alerts.c.record_id, Visible(frozenset(filters.owners))))
    found.append(of_records(conn, alerts.c.record_id, visible))
    return found


def _order(sort: AlertSort, falling: bool | None) -> Order:
    column, natural = {
        AlertSort.DUE: (alerts.c.breach_at, False),
        AlertSort.OPENED: (alerts.c.opened_at, True),
        AlertSort.UPDATED: (alerts.c.updated_at, True),
    }[sort]
    down = natural if falling is None else falling
    return Order(f"{sort}:{'down' if down else 'up'}", sa.func.coalesce(column, 0), alerts.c.id, down)
