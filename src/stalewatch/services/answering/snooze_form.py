"""What the snooze form offers: days on which the deal's calendar opens, none beyond what the project allows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

import numpy as np

from stalewatch.delivery.slack.forms import DATE, UNTIL, Choice, Snoozing
from stalewatch.delivery.slack.interactions import Given
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.instants import to_day
from stalewatch.services.answering.case import Case

_OFFERED: Final = tuple(Duration(days, Unit.BUSINESS_DAY) for days in (1, 3, 5))


def snoozing(case: Case, latest: int, now: int, before: str) -> Snoozing:
    """The form of a case; `latest` is the last moment that a snooze may end at."""
    limits = case.book.judging.snoozing
    return Snoozing(
        alert=case.alert.id,
        name=case.name,
        title=case.title,
        choices=_choices(case.calendar, limits.longest, latest, now),
        longest=limits.longest,
        latest=latest,
        zone=case.calendar.spec.zone,
        needs_reason=limits.reason_required,
        before=before,
    )


def asked_for(given: Mapping[str, Given], calendar: Calendar) -> tuple[str, int | None]:
    """The field that says until when, and the moment it means; None if it says nothing that can be understood.

    A day of one's own goes before what is ticked: the first choice is ticked from the beginning.
    """
    day, choice = given.get(DATE, Given()).date, given.get(UNTIL, Given()).choice
    if day:
        return DATE, _morning_of(day, calendar)
    return UNTIL, int(choice) if choice.isascii() and choice.isdigit() and len(choice) < 19 else None


def is_morning(moment: int, calendar: Calendar) -> bool:
    """Whether this is when the calendar opens on that day."""
    at = np.array([moment], np.int64)
    return bool((calendar.opens_at(calendar.local_day(at)) == at)[0])


def _morning_of(day: str, calendar: Calendar) -> int | None:
    try:
        number = to_day(date.fromisoformat(day))
    except ValueError:
        return None
    return int(calendar.opens_at(np.array([number], np.int64))[0])


def _choices(calendar: Calendar, longest: Duration, latest: int, now: int) -> tuple[Choice, ...]:
    """Some spans and the longest, each until the morning of its last day, as long as that is ahead and allowed."""
    found: dict[int, Choice] = {}
    for span in (*_OFFERED, longest):
        due = calendar.add(np.array([now], np.int64), span)
        morning = int(calendar.opens_at(calendar.local_day(due))[0])
        if now < morning <= latest:
            found.setdefault(morning, Choice(span=span, until=morning))
    return tuple(found[until] for until in sorted(found)) or (Choice(span=longest, until=latest, is_timed=True),)
