"""How much of the forecast rests on deals that are stalled: by category, by how long they have been late, by period."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from stalewatch.domain import forecasting
from stalewatch.domain.forecasting import OMITTED, UP_TO, Age, Period
from stalewatch.domain.instants import from_us, to_day
from stalewatch.services.judging.sources import trusted
from stalewatch.services.measuring.weeks import Week, weeks
from stalewatch.services.measuring.weighing import Weights, weights
from stalewatch.services.measuring.worth import NOTHING, Worth, worth
from stalewatch.services.reporting.listing import shown
from stalewatch.services.reporting.reports import Filters, Reports, Visible, data_age
from stalewatch.store import forecasts

NO_CATEGORY: Final = "none"


@dataclass(frozen=True, slots=True)
class Line:
    """One group of deals: all of them, and those of them that are stalled, by how long they have been.

    Attributes:
        key: a forecast category or "none"; or a period: "overdue", "2026-Q4", "later", "none".
    """

    key: str
    all: Worth = NOTHING
    late: Mapping[Age, Worth] | None = None

    @property
    def stalled(self) -> Worth:
        """Its deals in breach."""
        return sum((self.late or {}).values(), NOTHING)

    @property
    def sound(self) -> Worth:
        """Its other deals."""
        return self.all - self.stalled


@dataclass(frozen=True, slots=True)
class Forecast:
    """The open deals that may be seen, but those that the CRM leaves out of the forecast.

    Attributes:
        total: all of them, as one line; by_category and by_period add up to it.
        left_out: deals of the category "omitted", which are in none of the other figures.
        weights: what each deal counts for, and who says so.
        weeks: how it was at the end of the last weeks, and now; empty where the filters ask for what is not kept.
        waiting: connections whose data is too old to judge by.
        as_of: RFC 3339. data_age_seconds: of the oldest connection; None before its first sync.
    """

    currency: str
    total: Line
    by_category: tuple[Line, ...]
    by_period: tuple[Line, ...]
    left_out: Worth
    weights: Weights
    weeks: tuple[Week, ...]
    waiting: tuple[str, ...]
    as_of: str
    data_age_seconds: int | None
    period: Period | None = None

    @property
    def stalled(self) -> Worth:
        """Deals in breach: what the forecast rests on and perhaps should not."""
        return self.total.stalled

    @property
    def share(self) -> float | None:
        """The part (0..1) of the weighted forecast that rests on stalled deals; None where it is worth nothing."""
        return float(self.stalled.weighted / self.total.all.weighted) if self.total.all.weighted else None


def forecast(
    reports: Reports, filters: Filters, now: int, *, visible: Visible | None, period: Period | None = None
) -> Forecast:
    """The forecast at `now` (microseconds). Of the filters, `rule` and `severity` are not looked at.

    Args:
        period: only deals whose close date lies in it; None: all.
    """
    with reports.db.read() as conn:
        weighing = weights(conn, reports.book)
        asked = wanted(reports, weighing, now, period)
        rows = forecasts.cells(conn, filters, asked, visible=visible)
        _, waiting = trusted(conn, reports.sources, now)
        age = data_age(conn, reports.sources, now, filters.connection)
        past = weeks(conn, filters, today_of(reports, now), period, visible=visible)
    counted = [row for row in rows if row.category != OMITTED]
    left_out = [row for row in rows if row.category == OMITTED]
    categories = [*reports.book.judging.forecast.weights, NO_CATEGORY]
    total = _line("all", counted)
    return Forecast(
        currency=reports.book.judging.currency,
        total=total,
        by_category=tuple(_lines(categories, "category", counted)),
        by_period=tuple(_lines(asked.columns, "period", counted)),
        left_out=sum((_worth(row) for row in left_out), NOTHING),
        weights=weighing,
        weeks=(*past, Week(today_of(reports, now), total.all, total.stalled)) if past else (),
        waiting=tuple(waiting), as_of=shown(now, "UTC"), data_age_seconds=age, period=period,
    )  # fmt: skip


def wanted(reports: Reports, weighing: Weights, now: int, period: Period | None) -> forecasts.Wanted:
    """What is asked of the store."""
    today = today_of(reports, now)
    return forecasts.Wanted(
        weights=weighing.categories,
        stages={stage: rate.percent for stage, rate in weighing.stages.items() if rate.percent is not None},
        probability=weighing.probability,
        omitted=OMITTED,
        since=_since(reports, today),
        columns={one.key: one.bounds for one in forecasting.columns(today)},
        span=None if period is None else period.bounds,
    )


def today_of(reports: Reports, now: int) -> date:
    """The date by the project's own calendar."""
    zone = reports.book.calendars.default.spec.zone
    return from_us(now).astimezone(ZoneInfo(zone)).date()


def _since(reports: Reports, today: date) -> Sequence[int]:
    """From which instant on a breach is of each age: the first moment of its earliest day."""
    days = [to_day(today - timedelta(days=most)) for most in UP_TO.values()]
    return [int(at) for at in reports.book.calendars.default.midnight(np.array(days, np.int64))]


def _lines(keys: Iterable[str], name: str, rows: Sequence[Any]) -> Iterable[Line]:
    """A line for each key that has deals, in the order of the keys."""
    for key in keys:
        mine = [row for row in rows if (getattr(row, name) or NO_CATEGORY) == key]
        if mine:
            yield _line(key, mine)


def _line(key: str, rows: Iterable[Any]) -> Line:
    everything, late = NOTHING, dict.fromkeys(Age, NOTHING)
    ages = tuple(Age)
    for row in rows:
        one = _worth(row)
        everything += one
        if row.age is not None:
            late[ages[row.age]] += one
    return Line(key, everything, late)


def _worth(row: Any) -> Worth:
    return worth(row.deals, row.with_amount, int(row.amount), row.percent)
