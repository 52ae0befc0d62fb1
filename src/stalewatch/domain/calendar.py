"""Business days and hours of one calendar in one zone, as tables: a deadline is a few array operations.

`add` turns a start and a limit into a deadline, `sub` a deadline and a warning into the moment to warn. Days
and weeks (d, w, bd) are whole local dates that end at the calendar's close and begin at its open; hours (h, m)
elapse in UTC; business hours (bh) pass only while the calendar is open. Waits do not count.

The tables reach from 1970 to 2099; whatever needs a date beyond them is OUTSIDE, never a wrong date.
How dates are counted: calendar_counting.py. Which dates are workdays: calendar_workdays.py.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.branchless import somewhere
from stalewatch.domain.calendar_counting import Dates, ElapsedTime, Holes, OpenTime, Positions, Scale
from stalewatch.domain.calendar_spec import CalendarError, Spec
from stalewatch.domain.calendar_workdays import days_off, on_weekdays
from stalewatch.domain.calendar_zone import DAYS, zone_named
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.instants import DAY, HOUR, MINUTE, NEVER, OUTSIDE, Instants, Mask
from stalewatch.domain.pauses import Pauses

__all__ = ["Calendar", "CalendarError", "Spec"]

_Days = NDArray[np.int64]
_STEP: Final = {
    Unit.MINUTE: MINUTE,
    Unit.HOUR: HOUR,
    Unit.BUSINESS_HOUR: HOUR,
    Unit.DAY: 1,
    Unit.WEEK: 7,
    Unit.BUSINESS_DAY: 1,
}
"""One of each unit: microseconds, or dates."""


class Calendar:
    """One business calendar in one zone. Arrays in, arrays out; NEVER gives NEVER.

    Attributes:
        spec: what it was built from.
        open_minutes: minutes from open to close of an ordinary business day.

    Raises:
        CalendarError: if the zone, country, hours or closures cannot be, or no date is a workday.
    """

    def __init__(self, spec: Spec) -> None:
        spec.check()
        self.spec = spec
        self.open_minutes = spec.closes - spec.opens
        self._zone = zone_named(spec.zone)
        self._start, self._end = int(self._zone.midnights[0]), int(self._zone.midnights[-1])
        weekday = on_weekdays(spec.days) & self._zone.lived
        off = days_off(spec)
        self._days_off: _Days = np.append(np.cumsum(weekday & off, dtype=np.int64), 0)
        self._tabulate(weekday & ~off)

    def _tabulate(self, business: Mask) -> None:
        if not business.any():
            raise CalendarError(f"calendar {self.spec.name!r} has no workday at all")
        opens, closes = self._wall_clock(self.spec.opens), self._wall_clock(self.spec.closes)
        self._opens, self._closes = self._bounded(opens), self._bounded(closes)
        self._business = Dates(business, self._opens, self._closes)
        self._lived = Dates(self._zone.lived, self._opens, self._closes)
        self._elapsed = ElapsedTime()
        self._open_time = OpenTime(opens[business], closes[business])
        # A calendar that closes at 24:00 does so when the next date has begun.
        lived = np.flatnonzero(self._zone.lived)
        self._closes_late = bool((self._zone.local_day(closes[lived]) != lived).any())

    def _wall_clock(self, minutes: int) -> Instants:
        return self._zone.instant(np.arange(DAYS) * DAY + minutes * MINUTE)

    def _bounded(self, us: Instants) -> Instants:
        return np.append(np.where(us < self._end, us, OUTSIDE), OUTSIDE)

    # ------------------------------------------------------------------------------------ dates and hours

    def holds(self, us: Instants) -> Mask:
        """True for the instants that the tables reach."""
        return (us >= self._start) & (us < self._end)

    def local_day(self, us: Instants) -> _Days:
        """Number of the local date of each instant: -1 before 1970 and for NEVER, that of 2100-01-01 after 2099."""
        return self._zone.local_day(us)

    def midnight(self, day: _Days) -> Instants:
        """The first instant of each local date; OUTSIDE beyond the tables."""
        inside = (day >= 0) & (day < DAYS)
        return np.where(inside, self._zone.midnights.take(day, mode="clip"), OUTSIDE)

    def opens_at(self, day: _Days) -> Instants:
        """When the calendar's hours begin on each local date, workday or not; OUTSIDE beyond the tables."""
        return self._opens[np.clip(day, -1, DAYS)]

    def closes_at(self, day: _Days) -> Instants:
        """When the calendar's hours end on each local date, workday or not; OUTSIDE beyond the tables."""
        return self._closes[np.clip(day, -1, DAYS)]

    def is_business_day(self, day: _Days) -> Mask:
        """True for dates that are worked: no holiday, not closed, not skipped by the zone; False beyond the tables."""
        return self._business.counted[np.clip(day, -1, DAYS)]

    # ------------------------------------------------------------------------------------------ deadlines

    def add(
        self,
        anchor: Instants,
        limit: Duration,
        pauses: Pauses | None = None,
        dated: Mask | bool = False,
        *,
        day: _Days | None = None,
    ) -> Instants:
        """The deadline: `limit` after `anchor`, never before it.

        Args:
            anchor: when each clock starts.
            pauses: waits per row of `anchor`, which do not count.
            dated: rows whose anchor is a date without a time, and therefore the close of that date.
            day: what `start_day` says of `anchor`, if that is known already.
        """
        if limit.unit.counts_dates:
            due = self._dates_after(anchor, limit, pauses, dated, self.start_day(anchor, dated) if day is None else day)
        else:
            due = self._time_after(anchor, limit, pauses)
        np.maximum(due, anchor, out=due)
        return _kept(due, NEVER, anchor == NEVER)

    def sub(self, breach: Instants, warn: Duration, pauses: Pauses | None = None) -> Instants:
        """The moment to warn: `warn` before `breach`, never after it. The mirror of `add`; dates end at the open."""
        if warn.unit.counts_dates:
            at = self._dates_before(breach, warn, pauses)
        else:
            at = self._time_before(breach, warn, pauses)
        outside = at == OUTSIDE
        np.minimum(at, breach, out=at)
        return _kept(_kept(at, OUTSIDE, outside), NEVER, breach == NEVER)

    def _dates_after(
        self, anchor: Instants, limit: Duration, pauses: Pauses | None, dated: Mask | bool, day: _Days
    ) -> Instants:
        dates = self._dates(limit.unit)
        if pauses is None or not pauses.start.size:
            due = dates.closes_after(self._distance(limit) or 1).take(day, mode="wrap")
        else:
            due = dates.earliest(self._forward(dates, dates.through[day], self._distance(limit) or 1, pauses))
        if limit.amount:
            return due
        # Limit 0 is the anchor's own date while its close is ahead. It is not counted, so no wait takes it out.
        close = self._closes[day]
        return np.where(dates.counted[day] & (dated | (close > anchor)), close, due)

    def _dates_before(self, breach: Instants, warn: Duration, pauses: Pauses | None) -> Instants:
        dates, day = self._dates(warn.unit), self._due_day(breach)
        if pauses is None or not pauses.start.size:
            at = dates.opens_before(self._distance(warn) or 1).take(day, mode="wrap")
        else:
            at = dates.latest(self._backward(dates, dates.before[day], self._distance(warn) or 1, pauses))
        if warn.amount:
            return at
        opened = self._opens[day]
        return np.where(dates.counted[day] & (opened < breach), opened, at)

    def _time_after(self, anchor: Instants, limit: Duration, pauses: Pauses | None) -> Instants:
        scale, inside = self._scale(limit.unit), self.holds(anchor)
        origin = scale.position(np.where(inside, anchor, self._start))
        due = scale.earliest(self._forward(scale, origin, self._distance(limit), pauses))
        return np.where(inside & (due < self._end), due, OUTSIDE)

    def _time_before(self, breach: Instants, warn: Duration, pauses: Pauses | None) -> Instants:
        scale, inside = self._scale(warn.unit), self.holds(breach)
        origin = scale.position(np.where(inside, breach, self._start))
        at = scale.latest(self._backward(scale, origin, self._distance(warn), pauses))
        return np.where(inside & (at >= self._start), at, OUTSIDE)

    def _scale(self, unit: Unit) -> Scale:
        return self._open_time if unit is Unit.BUSINESS_HOUR else self._elapsed

    def _distance(self, duration: Duration) -> int:
        # Longer than the tables is as good as any longer, and no sum can overflow.
        return min(duration.amount * _STEP[duration.unit], self._end - self._start)

    def _forward(self, scale: Scale, origin: Positions, distance: int, pauses: Pauses | None) -> Positions:
        if pauses is None or not pauses.start.size:
            return origin + distance
        return self._holes(pauses, scale).forward(origin, distance)

    def _backward(self, scale: Scale, origin: Positions, distance: int, pauses: Pauses | None) -> Positions:
        if pauses is None or not pauses.start.size:
            return origin - distance
        return self._holes(pauses, scale).backward(origin, distance)

    def _holes(self, pauses: Pauses, scale: Scale) -> Holes:
        return Holes(pauses, scale, (self._start, self._end))

    # --------------------------------------------------------------------------------------- explanations

    def paused_dates(
        self, anchor: Instants, due: Instants, pauses: Pauses, dated: Mask | bool = False, unit: Unit = Unit.DAY
    ) -> _Days:
        """Per row how many dates after the anchor's, through that of `due`, the waits take out of the count.

        With `unit` bd only business days are told. 0 where an end is beyond the tables.
        """
        dates = self._dates(unit)
        low, high = dates.through[self.start_day(anchor, dated)], dates.through[self._due_day(due)]
        paused = self._holes(pauses, dates).between(low, high)
        return np.where(self.holds(anchor) & self.holds(due), paused, 0)

    def holidays_between(self, anchor: Instants, due: Instants, dated: Mask | bool = False) -> _Days:
        """Per row how many dates after the anchor's, through that of `due`, a holiday or closure makes no workday.

        0 where an end is beyond the tables.
        """
        first, last = self.start_day(anchor, dated), self._due_day(due)
        skipped = self._days_off[last] - self._days_off[first]
        return np.where(self.holds(anchor) & self.holds(due), np.maximum(skipped, 0), 0)

    def _dates(self, unit: Unit) -> Dates:
        return self._business if unit is Unit.BUSINESS_DAY else self._lived

    def start_day(self, anchor: Instants, dated: Mask | bool = False) -> _Days:
        """The local date after which `add` counts: the anchor's, or the date whose close a dated anchor is."""
        if not self._closes_late or dated is False:
            return self.local_day(anchor)
        return np.where(dated, self._due_day(anchor), self.local_day(anchor))

    def _due_day(self, due: Instants) -> _Days:
        """The local date that each deadline belongs to: a close at 24:00 ends its own date, not the next."""
        day = self.local_day(due)
        if not self._closes_late:
            return day
        earlier = self.local_day(due - 1)
        return np.where(self._closes[earlier] == due, earlier, day)


def _kept(instants: Instants, value: int, where: Mask) -> Instants:
    """The instants with `value` written where the mask holds, which is rare: a masked copy of all costs the most."""
    if somewhere(where):
        np.copyto(instants, value, where=where)
    return instants
