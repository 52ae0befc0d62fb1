"""The calendar's rules once more, slowly and in plain Python: a loop over dates, and over minutes for hours.

It shares no code with the tables; what both say about a case is what rules.md says, or one of them is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from stalewatch.domain.calendar import Spec
from stalewatch.domain.durations import Duration, Unit

ONE_DAY = timedelta(days=1)
ONE_MINUTE = timedelta(minutes=1)
Wait = tuple[datetime, datetime]


@cache
def holidays_of(place: str) -> frozenset[date]:
    country, _, subdivision = place.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=range(1970, 2100)))


class SlowCalendar:
    """One calendar; instants are aware datetimes in UTC."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.zone = ZoneInfo(spec.zone)
        self._free = holidays_of(spec.holidays) if spec.holidays else frozenset()
        self._shown: dict[tuple[date, int], datetime] = {}
        self._works: dict[date, bool] = {}
        self._lived: dict[date, bool] = {}

    # ---------------------------------------------------------------------------------------- dates

    def local_date(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def clock_shows(self, day: date, minutes: int) -> datetime:
        known = self._shown.get((day, minutes))
        if known is None:
            wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
            known = self._shown[day, minutes] = wall.replace(tzinfo=self.zone).astimezone(UTC)
        return known

    def opens(self, day: date) -> datetime:
        return self.clock_shows(day, self.spec.opens)

    def closes(self, day: date) -> datetime:
        return self.clock_shows(day, self.spec.closes)

    def lived(self, day: date) -> bool:
        """False for a date on which this zone's clocks showed no time at all."""
        if day not in self._lived:
            self._lived[day] = any(
                self.local_date(self.clock_shows(day, hour * 60)) == day for hour in (12, *range(24))
            )
        return self._lived[day]

    def works(self, day: date) -> bool:
        if day not in self._works:
            self._works[day] = self._is_worked(day)
        return self._works[day]

    def _is_worked(self, day: date) -> bool:
        closed = any(_within(day, first, last) for first, last in self.spec.closed)
        return day.weekday() in self.spec.days and day not in self._free and not closed and self.lived(day)

    def counts(self, day: date, unit: Unit) -> bool:
        return self.works(day) if unit is Unit.BUSINESS_DAY else self.lived(day)

    def date_of_deadline(self, at: datetime) -> date:
        """Midnight is the end of its day where the calendar closes at 24:00."""
        before = self.local_date(at - timedelta(microseconds=1))
        return before if self.closes(before) == at else self.local_date(at)

    # ------------------------------------------------------------------------------------ deadlines

    def add(self, anchor: datetime, limit: Duration, waits: Sequence[Wait] = (), dated: bool = False) -> datetime:
        if not limit.unit.counts_dates:
            return self._pass_minutes(anchor, limit, waits, +1)
        day = self.date_of_deadline(anchor) if dated else self.local_date(anchor)
        if limit.amount == 0 and self.counts(day, limit.unit) and (dated or self.closes(day) > anchor):
            return self.closes(day)
        return max(anchor, self.closes(self._step(day, limit, waits, +1)))

    def sub(self, breach: datetime, warn: Duration, waits: Sequence[Wait] = ()) -> datetime:
        if not warn.unit.counts_dates:
            return self._pass_minutes(breach, warn, waits, -1)
        day = self.date_of_deadline(breach)
        if warn.amount == 0 and self.counts(day, warn.unit) and self.opens(day) < breach:
            return self.opens(day)
        return min(breach, self.opens(self._step(day, warn, waits, -1)))

    def _step(self, day: date, duration: Duration, waits: Sequence[Wait], towards: int) -> date:
        left = max(duration.amount * (7 if duration.unit is Unit.WEEK else 1), 1)
        while left:
            day += ONE_DAY * towards
            paused = any(start <= self.closes(day) < end for start, end in waits)
            left -= self.counts(day, duration.unit) and not paused
        return day

    def _pass_minutes(self, at: datetime, duration: Duration, waits: Sequence[Wait], towards: int) -> datetime:
        left = duration.amount * (1 if duration.unit is Unit.MINUTE else 60)
        if duration.unit is Unit.BUSINESS_HOUR:
            return self._pass_open_minutes(at, left, waits, towards)
        if not waits:
            return at + ONE_MINUTE * left * towards
        while left:
            begins = at if towards > 0 else at - ONE_MINUTE
            left -= not any(start <= begins < end for start, end in waits)
            at += ONE_MINUTE * towards
        return at

    def _pass_open_minutes(self, at: datetime, left: int, waits: Sequence[Wait], towards: int) -> datetime:
        """The minutes of one worked date after the other; those while it is closed need no look."""
        day = self.local_date(at) - 2 * ONE_DAY * towards
        while left:
            day += ONE_DAY * towards
            if not self.works(day):
                continue
            opens, closes = self.opens(day), self.closes(day)
            here = max(at, opens) if towards > 0 else min(at, closes)
            while left and (here < closes if towards > 0 else here > opens):
                begins = here if towards > 0 else here - ONE_MINUTE
                left -= not any(start <= begins < end for start, end in waits)
                here += ONE_MINUTE * towards
                at = here
        return at


def _within(day: date, first: tuple[int, int], last: tuple[int, int]) -> bool:
    here = (day.month, day.day)
    return first <= here <= last if first <= last else here >= first or here <= last
