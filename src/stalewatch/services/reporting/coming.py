"""What will be late, day by day: how many records, how much of what they are worth, and whether anybody works then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from stalewatch.domain.calendar import Calendar
from stalewatch.domain.calendar_workdays import holiday_name
from stalewatch.domain.instants import from_us, to_day
from stalewatch.services.reporting.reports import Filters, Reports, Visible
from stalewatch.store import reports as lists


@dataclass(frozen=True, slots=True)
class Day:
    """One date of the project's own calendar.

    Attributes:
        records: of which the first deadline that is ahead breaks on it.
        amount: what they are worth, in hundredths of the project's currency.
        works: somebody does.
        holiday: its name in the reader's language, "" if it is none that has one.
    """

    on: date
    records: int
    amount: int
    works: bool
    holiday: str


def coming(
    reports: Reports, filters: Filters, now: int, first: date, days: int, *, visible: Visible | None
) -> tuple[Day, ...]:
    """The days from `first` on; what broke before `now` (microseconds) is in none of them."""
    calendar = reports.book.calendars.default
    dates = [first + timedelta(days=ahead) for ahead in range(days)]
    since, until = bounds(calendar, first, dates[-1])
    with reports.db.read() as conn:
        narrowed = reports.narrowed(conn, filters, max(now, since), until, visible)
        quarters = lists.due_quarters(conn, narrowed, now=max(now, since), until=until, visible=visible)
    found = dict.fromkeys(dates, (0, 0))
    zone = ZoneInfo(calendar.spec.zone)
    for row in quarters:
        on = from_us(row.moment).astimezone(zone).date()
        records, amount = found[on]
        found[on] = records + int(row.records), amount + int(row.amount)
    works = calendar.is_business_day(np.array([to_day(one) for one in dates], np.int64)).tolist()
    place, language = calendar.spec.holidays, reports.language
    return tuple(
        Day(on, *found[on], works=does, holiday="" if does or place is None else holiday_name(place, on, language))
        for on, does in zip(dates, works, strict=True)
    )


def today(reports: Reports, now: int) -> date:
    """The date at `now` (microseconds) by the project's own calendar."""
    return from_us(now).astimezone(ZoneInfo(reports.book.calendars.default.spec.zone)).date()


def bounds(calendar: Calendar, first: date, last: date) -> tuple[int, int]:
    """The instants between which these dates lie: after the one, up to the other."""
    edges: Sequence[int] = calendar.midnight(np.array([to_day(first), to_day(last) + 1], np.int64)).tolist()
    return edges[0] - 1, edges[1] - 1
