"""How sure a figure is: intervals of 95 %."""

from __future__ import annotations

from math import sqrt
from typing import Final, NamedTuple

_Z: Final = 1.959963984540054
"""The 97.5th percentile of the normal distribution."""


class Interval(NamedTuple):
    """A range in which the truth lies nineteen times of twenty."""

    low: float
    high: float

    def overlaps(self, other: Interval) -> bool:
        """Whether both may mean the same."""
        return self.low <= other.high and other.low <= self.high


class Rate(NamedTuple):
    """A share of a whole, with its interval (Wilson 1927)."""

    over: int
    of: int

    @property
    def value(self) -> float | None:
        """None where there is nothing to have a share of."""
        return self.over / self.of if self.of else None

    @property
    def interval(self) -> Interval | None:
        """None where `value` is."""
        return wilson(self.over, self.of) if self.of else None


def newcombe(mine: Rate, other: Rate) -> Interval | None:
    """The interval of the difference `mine - other` of two shares, out of those of both; None where one has none.

    Robert G. Newcombe, "Interval estimation for the difference between independent proportions: comparison of eleven
    methods", Statistics in Medicine 17 (1998), 873-890: his tenth, without a correction for continuity.
    """
    one, two = mine.interval, other.interval
    if one is None or two is None:
        return None
    first, second = mine.over / mine.of, other.over / other.of
    return Interval(
        first - second - sqrt((first - one.low) ** 2 + (two.high - second) ** 2),
        first - second + sqrt((one.high - first) ** 2 + (second - two.low) ** 2),
    )


def wilson(over: int, of: int) -> Interval:
    """Wilson's score interval of a share.

    Raises:
        ZeroDivisionError: `of` is 0.
    """
    share = over / of
    spread = 1 + _Z**2 / of
    middle = (share + _Z**2 / (2 * of)) / spread
    half = _Z * sqrt(share * (1 - share) / of + _Z**2 / (4 * of**2)) / spread
    return Interval(0.0 if over == 0 else middle - half, 1.0 if over == of else middle + half)
