"""The stalled deals on which the forecast rests, those first on which most of it does."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import msgspec

from stalewatch.domain.forecasting import Period, Source
from stalewatch.domain.instants import from_day, to_day
from stalewatch.services.measuring import forecast
from stalewatch.services.measuring.weighing import weights
from stalewatch.services.reporting.reports import Filters, Reports, Visible
from stalewatch.store import forecasts
from stalewatch.store.engine import Connection

MOST: Final = 10_000
"""Deals that a list shows at the most."""


class Resting(msgspec.Struct, frozen=True):
    """One stalled deal. Amounts are in the project's currency; None: nobody knows, which is not 0.

    Attributes:
        weight: per cent; `source` says whose word that is.
        days_late: calendar days since the earliest of its breaches.
        rules: the titles of the rules it breaks, the gravest first.
    """

    id: str
    object: str
    name: str
    connection: str
    owner_name: str | None
    owner_email: str | None
    team: str | None
    pipeline: str | None
    stage: str | None
    category: str | None
    amount: Decimal | None
    weight: int | None
    source: Source
    weighted: Decimal | None
    close_date: str | None
    url: str | None
    days_late: int
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RestingList:
    """The deals, and whether there are more than are shown."""

    deals: tuple[Resting, ...]
    more: bool


def resting(
    reports: Reports, filters: Filters, now: int, *, visible: Visible | None, period: Period | None = None,
    limit: int = MOST,
) -> RestingList:  # fmt: skip
    """At most `limit` of the stalled deals that the forecast counts, the greatest weighted amount first."""
    with reports.db.read() as conn:
        wanted = forecast.wanted(reports, weights(conn, reports.book), now, period)
        rows = forecasts.resting(conn, filters, wanted, visible=visible, limit=limit + 1)
        said = _titles(conn, reports, [row.id for row in rows[:limit]])
    return RestingList(tuple(_one(row, reports, said.get(row.id, ()), now) for row in rows[:limit]), len(rows) > limit)


def _titles(conn: Connection, reports: Reports, ids: list[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for alert in forecasts.broken(conn, ids):
        rule = reports.book.by_id.get(alert.rule_id)
        words = rule.title if rule else {}
        title = words.get(reports.language) or words.get("en") or alert.rule_id
        found.setdefault(alert.record_id, {})[title] = None
    return {record: tuple(titles) for record, titles in found.items()}


def _one(row: Any, reports: Reports, titles: tuple[str, ...], now: int) -> Resting:
    amount = None if row.amount is None else Decimal(row.amount) / 100
    today = to_day(forecast.today_of(reports, now))
    return Resting(
        id=row.id, object=row.object, name=row.name or row.id, connection=row.connection, owner_name=row.owner_name,
        owner_email=row.owner_email, team=row.team, pipeline=row.pipeline, stage=row.stage,
        category=row.forecast_category, amount=amount, weight=row.percent, source=Source(row.source),
        weighted=None if amount is None or row.percent is None else amount * row.percent / 100,
        close_date=None if row.close_date is None else from_day(row.close_date).isoformat(), url=row.url,
        days_late=max(0, today - to_day(forecast.today_of(reports, row.breach_at))), rules=titles,
    )  # fmt: skip
