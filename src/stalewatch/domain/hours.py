"""When one person may be spoken to: their zone, their working days, the hours of `quiet:`, their digest's time.

Local times go through the zone each day anew, so that 09:00 stays 09:00 over a change of the clocks. A local
date that a zone skipped is not a day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, tzinfo
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.instants import Mask, from_day, from_us, to_day, to_us

MINUTES_A_DAY: Final = 24 * 60
FURTHEST: Final = 400
"""Days looked ahead for one that can be used; a calendar without any is refused where it is read."""


class WorkDays(Protocol):
    """What of a calendar is needed here: which dates are business days (domain/calendar.py has it)."""

    def is_business_day(self, days: NDArray[np.int64], /) -> Mask:
        """True per day number that is a business day."""
        ...


@dataclass(frozen=True, slots=True)
class Quiet:
    """`quiet:`; nothing is sent outside `opens`..`closes`, minutes after local midnight, both included.

    `on_business_days` is `days: calendar`: other days are quiet as a whole. `respects_dnd`: nobody is told anything
    while their messenger says that they are not to be disturbed.

    Raises:
        ValueError: unless 0 <= opens < closes <= 24:00.
    """

    opens: int
    closes: int
    on_business_days: bool = True
    respects_dnd: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.opens < self.closes <= MINUTES_A_DAY:
            raise ValueError("quiet hours: send_between needs an earlier and a later time of one day")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """One person's hours. `quiet` None is `quiet: off`: every hour of every day is fine.

    Attributes:
        digest_at: minutes after local midnight at which their digest is due.
    """

    zone: tzinfo
    calendar: WorkDays
    digest_at: int = 9 * 60
    quiet: Quiet | None = None
    _days: dict[int, bool] = field(default_factory=dict, init=False, compare=False, repr=False)
    _instants: dict[tuple[int, int], int] = field(default_factory=dict, init=False, compare=False, repr=False)

    def day_of(self, at: int) -> int:
        """The local date of an instant, as days since 1970-01-01."""
        return to_day(from_us(at).astimezone(self.zone).date())

    def is_day(self, day: int) -> bool:
        """Whether anything may be sent on this local date; asked for each of many notices, and worked out once."""
        found = self._days.get(day)
        if found is None:
            found = self._days[day] = self._may_be_used(day)
        return found

    def _may_be_used(self, day: int) -> bool:
        if self.day_of(self._at(day, 12 * 60)) != day:
            return False  # a date this zone never had
        if self.quiet is None or not self.quiet.on_business_days:
            return True
        return bool(self.calendar.is_business_day(np.array([day], dtype=np.int64))[0])

    def days_from(self, day: int) -> Iterator[int]:
        """The dates at or after `day` on which something may be sent."""
        return (later for later in range(day, day + FURTHEST) if self.is_day(later))

    def midnight(self, day: int) -> int:
        """When the local date begins."""
        return self._at(day, 0)

    def opens(self, day: int) -> int:
        """The first instant of this date at which something may be sent."""
        return self._at(day, self.quiet.opens if self.quiet else 0)

    def closes(self, day: int) -> int:
        """The last instant of this date at which something may be sent."""
        if self.quiet is None or self.quiet.closes == MINUTES_A_DAY:
            return self._at(day + 1, 0) - 1
        return self._at(day, self.quiet.closes)

    def digest(self, day: int) -> int:
        """When the digest of this date is due; a time inside the quiet hours moves to their end."""
        if self.quiet and not self.quiet.opens <= self.digest_at <= self.quiet.closes:
            return self.opens(day)
        return self._at(day, self.digest_at)

    def allow(self, at: int) -> bool:
        """Whether something may be sent at this instant."""
        day = self.day_of(at)
        return self.is_day(day) and self.opens(day) <= at <= self.closes(day)

    def _at(self, day: int, minutes: int) -> int:
        """The instant of a local time; one that the clocks jumped over is taken as they stood before."""
        found = self._instants.get((day, minutes))
        if found is None:
            carried, minute = divmod(minutes, MINUTES_A_DAY)
            local: date = from_day(day + carried)
            found = to_us(datetime.combine(local, time(minute // 60, minute % 60), tzinfo=self.zone))
            self._instants[day, minutes] = found
        return found
