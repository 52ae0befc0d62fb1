"""What a forecast is made of: what a deal weighs, how long it has been late, and when it is to close."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from stalewatch.domain.instants import to_day

OMITTED: Final = "omitted"
"""The category of deals that are not part of the forecast."""
USUAL: Final[Mapping[str, int]] = MappingProxyType({"commit": 90, "best_case": 50, "pipeline": 20})
"""Per cent of its amount that a deal of each category counts for, unless `forecast.weights` says otherwise."""
LEAST_BASE: Final = 20
"""Closed deals from which on a win rate may stand for a weight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighting:
    """`forecast:` of stalewatch.yaml.

    Attributes:
        weights: category -> per cent (0..100).
        probability: the field of the catalogue (`type: int`, per cent) that says what a deal weighs, if it is there.
    """

    weights: Mapping[str, int] = field(default_factory=lambda: USUAL)
    probability: str = "probability"


class Source(StrEnum):
    """Who says what a deal weighs, the first that can."""

    CRM = "crm_probability"
    CATEGORY = "forecast_category"
    STAGE = "stage_win_rate"
    NONE = "none"


class Age(StrEnum):
    """How long the longest breach of a deal has lasted, in calendar days of the project's zone."""

    WEEK = "0-7"
    FORTNIGHT = "8-14"
    MONTH = "15-30"
    LONGER = "31+"


UP_TO: Final[Mapping[Age, int]] = MappingProxyType({Age.WEEK: 7, Age.FORTNIGHT: 14, Age.MONTH: 30})
"""The last day of each age but the last."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of the closed deals that were ever in a stage were won."""

    won: int
    closed: int

    @property
    def percent(self) -> int | None:
        """The win rate, rounded half up; None where the base is too small."""
        return None if self.closed < LEAST_BASE else (200 * self.won + self.closed) // (2 * self.closed)


OVERDUE: Final = "overdue"
UNDATED: Final = "none"
_NAMED: Final = re.compile(r"(\d{4})-(?:Q([1-4])|(0[1-9]|1[0-2]))", re.ASCII)


@dataclass(frozen=True, slots=True)
class Period:
    """Close dates from `first` to `last`, both included; None: open on that side. `UNDATED` has none at all."""

    key: str
    first: date | None = None
    last: date | None = None

    @property
    def bounds(self) -> tuple[int | None, int | None]:
        """As day numbers."""
        first, last = self.first, self.last
        return None if first is None else to_day(first), None if last is None else to_day(last)


def quarter(day: date) -> Period:
    """The quarter of the calendar year that a date lies in: 2026-Q4."""
    number = (day.month - 1) // 3
    first = date(day.year, 3 * number + 1, 1)
    return Period(f"{day.year}-Q{number + 1}", first, _month_end(date(day.year, 3 * number + 3, 1)))


def following(period: Period) -> Period:
    """The quarter after a quarter; the last of all is its own."""
    last = period.last or date.max
    return period if last == date.max else quarter(last + timedelta(days=1))


def period_of(text: str, today: date) -> Period | None:
    """A period by its name: 2026-Q4, 2026-11, this-quarter, next-quarter, overdue, none; None if it is none."""
    mine = quarter(today)
    named = {"this-quarter": mine, "next-quarter": following(mine), UNDATED: Period(UNDATED)}
    if text in named:
        return named[text]
    if text == OVERDUE:
        return Period(OVERDUE, None, today - timedelta(days=1))
    found = _NAMED.fullmatch(text)
    if found is None or found[1] == "0000":
        return None
    year, part, month = int(found[1]), found[2], found[3]
    if part:
        return quarter(date(year, 3 * int(part), 1))
    first = date(year, int(month), 1)
    return Period(text, first, _month_end(first))


def columns(today: date) -> tuple[Period, ...]:
    """How open deals are told apart by their close date: passed, the rest of this quarter, three more, later."""
    mine = quarter(today)
    coming = [Period(mine.key, today, mine.last)]
    for _ in range(3):
        mine = following(mine)
        coming.append(mine)
    after = (mine.last or date.max) + timedelta(days=1)
    return (Period(OVERDUE, None, today - timedelta(days=1)), *coming, Period("later", after), Period(UNDATED))


def _month_end(first: date) -> date:
    if first.month == 12:
        return date(first.year, 12, 31)
    return date(first.year, first.month + 1, 1) - timedelta(days=1)
