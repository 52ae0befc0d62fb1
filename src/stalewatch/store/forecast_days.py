"""The forecast of past days: what it is worked out from, and the sums that are kept of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store.bulk import Found, Row
from stalewatch.store.expressions import among
from stalewatch.store.reports import Filters
from stalewatch.store.tables import alerts, deals, forecast_days
from stalewatch.store.visibility import Visible

PIECE: Final = 5_000
_TOLD: Final = (
    *("id", "connection", "object", "owner", "team", "pipeline", "stage", "forecast_category", "amount", "close_date"),
    *("created_at", "closed_at", "gone_at", "is_open", "outcome", "fields"),
)


def deals_since(conn: Connection, since: int) -> Iterator[list[Found]]:
    """Every deal that was open at or after an instant, in pieces, in the order of ids."""
    there = sa.select(*(deals.c[name] for name in _TOLD)).where(
        deals.c.merged_into.is_(None),
        sa.or_(deals.c.is_open, deals.c.closed_at >= since),
        sa.or_(deals.c.gone_at.is_(None), deals.c.gone_at > since),
    )
    last = ""
    while piece := list(conn.execute(there.where(deals.c.id > last).order_by(deals.c.id).limit(PIECE))):
        yield piece
        last = piece[-1].id


def breaches(conn: Connection, record_ids: Collection[str]) -> list[Found]:
    """(record_id, breach_at, resolved_at) of every breach that counts as stalled, or did before it ended."""
    found: list[Found] = []
    columns = (alerts.c.record_id, alerts.c.breach_at, alerts.c.resolved_at)
    stands = alerts.c.state.in_(("open", "snoozed", "claimed", "backlog", "resolved"))
    for chunk in bulk.chunks(sorted(record_ids)):
        wanted = (among(conn, alerts.c.record_id, chunk), alerts.c.breached_at.is_not(None), stands, ~alerts.c.shadow)
        found.extend(conn.execute(sa.select(*columns).where(*wanted)))
    return found


def watched_since(conn: Connection) -> int | None:
    """When the first alert opened: before it nobody knows what was stalled. None: there is none."""
    first: int | None = conn.execute(sa.select(sa.func.min(alerts.c.opened_at))).scalar_one()
    return first


def keep(conn: Connection, day: int, rows: Sequence[Row]) -> None:
    """Let these be the sums of a day, whatever was kept of it."""
    conn.execute(sa.delete(forecast_days).where(forecast_days.c.day == day))
    bulk.insert(conn, forecast_days, rows)


def days(conn: Connection) -> list[int]:
    """The days that are kept, upwards."""
    return list(conn.scalars(sa.select(forecast_days.c.day).distinct().order_by(forecast_days.c.day)))


def forget(conn: Connection, gone: Collection[int]) -> None:
    """Remove the sums of these days."""
    conn.execute(sa.delete(forecast_days).where(forecast_days.c.day.in_(sorted(gone))))


def sums(
    conn: Connection, filters: Filters, quarter: str | None, since: int, *, visible: Visible | None
) -> list[Found]:  # fmt: skip
    """(day, deals, amount, weighted, without_amount, unweighted, stalled_deals, stalled_amount, stalled_weighted,
    known) of each kept day from `since` on; `known` counts the rows of which it is known what was stalled.

    Of the filters connection, obj, owners, team and pipeline are looked at.
    """
    each = forecast_days.c
    names = ("deals", "amount", "weighted", "without_amount", "unweighted",
             "stalled_deals", "stalled_amount", "stalled_weighted")  # fmt: skip
    columns = [sa.func.coalesce(sa.func.sum(each[name]), 0).label(name) for name in names]
    wanted: list[Any] = [each.day >= since]
    if visible is not None:
        wanted.append(among(conn, each.owner, sorted(visible.owners)))
    if filters.owners is not None:
        wanted.append(among(conn, each.owner, sorted(filters.owners)))
    equal = {each.connection: filters.connection, each.object: filters.obj, each.team: filters.team,
             each.pipeline: filters.pipeline, each.quarter: quarter}  # fmt: skip
    wanted += [column == value for column, value in equal.items() if value is not None]
    known = sa.func.count(each.stalled_deals).label("known")
    return list(conn.execute(sa.select(each.day, *columns, known).where(*wanted).group_by(each.day).order_by(each.day)))
