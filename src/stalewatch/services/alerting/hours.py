"""When one person may be spoken to, for a notice about one record."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from stalewatch.domain.calendar import Calendar
from stalewatch.domain.directory import Person
from stalewatch.domain.hours import Hours
from stalewatch.domain.policies import Speaking
from stalewatch.domain.routing import NINE


def hours_of(person: Person | None, calendar: Calendar, speaking: Speaking, digest_at: int = NINE) -> Hours:
    """The hours of a person; of a channel (None) those of the calendar's zone."""
    return Hours(zone=ZoneInfo(zone_of(person, calendar)), calendar=calendar, digest_at=digest_at, quiet=speaking.quiet)


def zone_of(person: Person | None, calendar: Calendar) -> str:
    """The time zone by which the hours of a person, or of a channel (None), go."""
    return person.zone if person is not None and person.zone else calendar.spec.zone
