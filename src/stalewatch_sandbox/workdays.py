"""Working days by number: lives are told in working days and minutes, and come out as instants in UTC."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import holidays

_SATURDAY: Final = 5
_MINUTES: Final = tuple(timedelta(minutes=minute) for minute in range(24 * 60))
_PAST, _AHEAD = timedelta(days=3 * 365), timedelta(days=2 * 365)


class Workdays:
    """The working days of one country from three years before a date to two years after, numbered from 0.

    Weekends, public holidays, the turn of the year and the days of Obon are not worked.
    """

    def __init__(self, country: str, zone: str, around: date) -> None:
        self.zone = ZoneInfo(zone)
        first, last = around - _PAST, around + _AHEAD
        public = holidays.country_holidays(country, years=range(first.year, last.year + 1))
        days = (first + timedelta(days=n) for n in range((last - first).days))
        self._dates = [day for day in days if day.weekday() < _SATURDAY and day not in public and not _is_closed(day)]
        self._midnights = [datetime.combine(day, time(), self.zone).astimezone(UTC) for day in self._dates]

    def at(self, number: int, minute: int) -> datetime:
        """The instant so many minutes after the local midnight that begins a working day."""
        return self._midnights[number] + _MINUTES[minute]

    def date(self, number: int) -> date:
        """The local date of a working day."""
        return self._dates[number]

    def number(self, moment: datetime) -> int:
        """The working day that a moment lies in, or else the last one before it."""
        return bisect_right(self._dates, moment.astimezone(self.zone).date()) - 1


@lru_cache(maxsize=32)
def workdays(country: str, zone: str, around: date) -> Workdays:
    """The working days of a country, computed once."""
    return Workdays(country, zone, around)


def _is_closed(day: date) -> bool:
    first, last = (12, 29), (1, 3)
    here = (day.month, day.day)
    return here >= first or here <= last or (8, 13) <= here <= (8, 15)
