"""Durations as rules write them: `14d`, `10bd`, `24h`, `4bh`, `30m`, `2w`, also `10営業日`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class Unit(StrEnum):
    """What is counted. Days and weeks are whole local dates; hours and minutes elapse exactly."""

    MINUTE = "m"
    HOUR = "h"
    DAY = "d"
    WEEK = "w"
    BUSINESS_DAY = "bd"
    BUSINESS_HOUR = "bh"

    @property
    def counts_dates(self) -> bool:
        """True for d, w and bd, which land at the calendar's close or open."""
        return self in (Unit.DAY, Unit.WEEK, Unit.BUSINESS_DAY)


@dataclass(frozen=True, slots=True)
class Duration:
    """An amount of one unit; never negative."""

    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        if self.amount < 0:
            raise ValueError("a duration is never negative")

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"


_MINUTE_US = 60_000_000
_ELAPSED_MINUTES = {
    Unit.MINUTE: Fraction(1),
    Unit.HOUR: Fraction(60),
    Unit.BUSINESS_HOUR: Fraction(60),
    Unit.DAY: Fraction(24 * 60),
    Unit.WEEK: Fraction(7 * 24 * 60),
    Unit.BUSINESS_DAY: Fraction(7 * 24 * 60, 5),
}


def elapsed(duration: Duration) -> int:
    """Microseconds of plain time, for spans that follow no calendar: 24 hours a day, 7 days for 5 business days."""
    return int(duration.amount * _ELAPSED_MINUTES[duration.unit] * _MINUTE_US)


_PLAIN_MINUTES = {Unit.MINUTE: 1, Unit.HOUR: 60, Unit.DAY: 24 * 60, Unit.WEEK: 7 * 24 * 60}


def ratio(left: Duration, right: Duration, open_minutes: int) -> Fraction:
    """How many times `right` fits into `left`, to compare durations of different units.

    Dates compare as dates (1w = 7d = 5bd); plain time as time (1d = 24h); a business day beside hours is the
    calendar's open hours. Source: rules.md, "Warn".

    Args:
        open_minutes: minutes that the calendar is open on a business day.

    Raises:
        ZeroDivisionError: if `right` is zero.
    """
    if left.unit.counts_dates and right.unit.counts_dates:
        return _in_days(left) / _in_days(right)
    if Unit.BUSINESS_HOUR in (left.unit, right.unit) or Unit.BUSINESS_DAY in (left.unit, right.unit):
        return _in_open_minutes(left, open_minutes) / _in_open_minutes(right, open_minutes)
    return Fraction(left.amount * _PLAIN_MINUTES[left.unit], right.amount * _PLAIN_MINUTES[right.unit])


def _in_days(duration: Duration) -> Fraction:
    if duration.unit is Unit.BUSINESS_DAY:
        return Fraction(duration.amount * 7, 5)
    return Fraction(duration.amount * (7 if duration.unit is Unit.WEEK else 1))


def _in_open_minutes(duration: Duration, open_minutes: int) -> Fraction:
    if duration.unit in (Unit.DAY, Unit.WEEK):
        return _in_days(duration) * Fraction(5, 7) * open_minutes
    if duration.unit is Unit.BUSINESS_DAY:
        return Fraction(duration.amount * open_minutes)
    return Fraction(duration.amount * (1 if duration.unit is Unit.MINUTE else 60))
