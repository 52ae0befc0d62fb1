"""The forecast week by week, from the days that are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from stalewatch.domain.forecasting import Period, quarter
from stalewatch.domain.instants import to_day
from stalewatch.services.measuring.forecast_days import SPAN
from stalewatch.services.measuring.worth import NOTHING, Worth
from stalewatch.services.reporting.reports import Filters, Visible
from stalewatch.store import facts, forecast_days
from stalewatch.store.engine import Connection

SHOWN: Final = 13
"""Weeks that have ended, of a trend: a quarter of a year."""
_SUNDAY: Final = 6


@dataclass(frozen=True, slots=True)
class Week:
    """The forecast at the end of a day.

    Attributes:
        day: a Sunday, or today.
        all: None: nothing is known of that day.
        stalled: of it the deals in breach; None: nobody watched yet, so nobody knows.
    """

    day: date
    all: Worth | None
    stalled: Worth | None


def weeks(
    conn: Connection, filters: Filters, today: date, period: Period | None, *, visible: Visible | None
) -> tuple[Week, ...]:
    """The last 13 weeks that have ended, the oldest first.

    Empty where nothing is kept yet, and where the filters or the period ask for what is not kept apart: a stage, an
    amount, a name, single records, a period that is no quarter.
    """
    other = (filters.stage, filters.min_amount, filters.q, filters.ids)
    if any(one is not None for one in other) or (period is not None and not _is_quarter(period)):
        return ()
    last = today - timedelta(days=today.weekday() + 1)
    sundays = [last - timedelta(weeks=SHOWN - 1 - back) for back in range(SHOWN)]
    wanted = None if period is None else period.key
    span = facts.read(conn, SPAN)
    if span is None:
        return ()
    rows = forecast_days.sums(conn, filters, wanted, to_day(sundays[0]), visible=visible)
    found = {row.day: row for row in rows}
    return tuple(_week(day, found.get(to_day(day)), span[0] <= to_day(day) <= span[1]) for day in sundays)


def _week(day: date, row: Any, is_kept: bool) -> Week:
    if row is None:
        return Week(day, NOTHING, NOTHING) if is_kept else Week(day, None, None)
    everything = Worth(row.deals, _money(row.amount), _money(row.weighted), row.without_amount, row.unweighted)
    if not row.known:
        return Week(day, everything, None)
    return Week(day, everything, Worth(row.stalled_deals, _money(row.stalled_amount), _money(row.stalled_weighted)))


def _money(hundredths: Any) -> Decimal:
    return Decimal(int(hundredths)) / 100


def _is_quarter(period: Period) -> bool:
    return period.first is not None and period == quarter(period.first)
