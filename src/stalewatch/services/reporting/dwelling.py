"""How long a deal has been in its stage, beside how long it may be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from stalewatch.delivery.wording.times import day_unit
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.entries import Entry
from stalewatch.domain.language.model import FromFields, Rule
from stalewatch.services.alerting.tellings import days_over
from stalewatch.services.rules.rulebook import Rulebook

_ENTERED = "stage_entered_at"


class Dwell(msgspec.Struct, frozen=True, omit_defaults=True):
    """Time in the present stage, in `unit`: "bd" (business days) or "d".

    Attributes:
        limit: from entering the stage to the limit, waits that moved it included; None where no rule sets one.
    """

    days: int
    unit: str
    limit: int | None = None


def dwell(book: Rulebook, calendar: Calendar, row: Any, clocks: Sequence[Entry], now: int) -> Dwell | None:
    """What is stored of a record's time in its stage; None where nobody knows when it entered it."""
    entered = row._mapping.get(_ENTERED)
    if entered is None or entered > now:
        return None
    tightest = min(_limits(book, clocks), key=lambda one: one[0], default=None)
    if tightest is None:
        return Dwell(days_over(calendar, entered, now, _BUSINESS_DAY), "bd")
    due, length = tightest
    unit = "bd" if day_unit(length) is Unit.BUSINESS_DAY else "d"
    return Dwell(days_over(calendar, entered, now, length), unit, days_over(calendar, entered, due, length))


def _limits(book: Rulebook, clocks: Sequence[Entry]) -> list[tuple[int, Duration]]:
    """When the running clocks that count from the entry into the stage break, and the lengths of their limits."""
    return [
        (one.breach_at, book.by_id[one.rule].within[one.limit].duration)
        for one in clocks
        if one.runs and one.breach_at is not None and one.rule in book.by_id and _counts_dwell(book.by_id[one.rule])
    ]


def _counts_dwell(rule: Rule) -> bool:
    """Only leaving the stage ends it: a rule with an `until` limits something else that begins with the stage."""
    counts = isinstance(rule.start, FromFields) and [ref.name for ref in rule.start.fields] == [_ENTERED]
    return counts and rule.until is None


_BUSINESS_DAY = Duration(1, Unit.BUSINESS_DAY)
