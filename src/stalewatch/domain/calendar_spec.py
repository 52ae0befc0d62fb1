"""What a calendar is made of, and what makes one impossible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

YearlyRange = tuple[tuple[int, int], tuple[int, int]]
"""(month, day) of the first and the last date, each year; the last may lie in the next: ((12, 29), (1, 3))."""

_MINUTES_A_DAY: Final = 24 * 60


class CalendarError(ValueError):
    """A calendar that cannot be: an unknown zone or country, hours that end before they begin, no workday."""


@dataclass(frozen=True)
class Spec:
    """One calendar as `stalewatch.yaml` describes it; `check` and the building of a Calendar say if it can be.

    Attributes:
        zone: an IANA zone name.
        opens, closes: minutes of the local day; `closes` may be 1440.
        days: weekdays that are worked, 0 = Monday.
        holidays: the country or subdivision whose public holidays are not worked ("JP", "DE-BY"), or None.
        closed: ranges of dates, both ends included, that are not worked in any year.
    """

    name: str
    zone: str
    opens: int
    closes: int
    days: frozenset[int]
    holidays: str | None = None
    closed: tuple[YearlyRange, ...] = ()

    def check(self) -> None:
        """Refuses hours and weekdays that cannot be.

        Raises:
            CalendarError: saying which.
        """
        if not 0 <= self.opens < _MINUTES_A_DAY or self.closes > _MINUTES_A_DAY:
            raise CalendarError(f"calendar {self.name!r}: hours lie between 00:00 and 24:00")
        if self.closes <= self.opens:
            raise CalendarError(f"calendar {self.name!r} closes before it opens")
        if not self.days:
            raise CalendarError(f"calendar {self.name!r} has no workday at all")
        if not self.days <= frozenset(range(7)):
            raise CalendarError(f"calendar {self.name!r}: weekdays are numbered 0 (Monday) to 6")
