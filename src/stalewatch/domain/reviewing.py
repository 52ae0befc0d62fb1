"""Weeks and months that are reviewed: what they are called, when they begin, and when somebody hears of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

_WEEK: Final = re.compile(r"(\d{4})-W(0[1-9]|[1-4]\d|5[0-3])", re.ASCII)
_MONTH: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


class Every(StrEnum):
    """How much one review is of."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True)
class Span:
    """One week (Monday to Sunday, ISO 8601) or one month of the calendar; both days belong to it."""

    every: Every
    key: str
    first: date
    last: date

    @property
    def before(self) -> Span:
        """The one before it."""
        return holding(self.every, self.first - timedelta(days=1))

    @property
    def after(self) -> Span:
        """The one after it."""
        return holding(self.every, self.last + timedelta(days=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """`reviews.weekly` or `reviews.monthly`: where a review is posted, and when.

    Attributes:
        channel: with its "#"; None: not as a whole.
        teams: teams whose own review goes to the channel that `teams:` gives them.
        weekday: 0 is Monday; of monthly ones it does not matter. minute: after local midnight.
    """

    channel: str | None = None
    teams: tuple[str, ...] = ()
    weekday: int = 0
    minute: int = 9 * 60


def holding(every: Every, day: date) -> Span:
    """The week, or the month, in which a date lies."""
    if every is Every.MONTHLY:
        first = day.replace(day=1)
        following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
        return Span(every, f"{day:%Y-%m}", first, following - timedelta(days=1))
    first = day - timedelta(days=day.weekday())
    year, week, _ = first.isocalendar()
    return Span(every, f"{year}-W{week:02}", first, first + timedelta(days=6))


def span_of(every: Every, text: str) -> Span | None:
    """A week by its name (2026-W46), a month by its (2026-11); None if it is none."""
    found = (_WEEK if every is Every.WEEKLY else _MONTH).fullmatch(text)
    if found is None or not 1990 <= int(found[1]) <= 2099:
        return None
    if every is Every.MONTHLY:
        return holding(every, date(int(found[1]), int(found[2]), 1))
    try:
        return holding(every, date.fromisocalendar(int(found[1]), int(found[2]), 1))
    except ValueError:  # a year of 52 weeks has no week 53
        return None


def due_day(span: Span, posting: Posting, is_worked: Callable[[date], bool]) -> date:
    """The day on which the review of a span is posted: the first that is worked, from the weekday on (weekly) or from
    the first of the month after it (monthly)."""
    day = span.last + timedelta(days=1 + (posting.weekday if span.every is Every.WEEKLY else 0))
    for ahead in range(31):
        if is_worked(day + timedelta(days=ahead)):
            return day + timedelta(days=ahead)
    return day
