"""Dates, times and durations as a reader says them: no year unless it differs, no zone unless it differs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date

from stalewatch.delivery.wording.reader import Reader
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.instants import from_us

_EARLIEST: Final = -62_135_510_400_000_000  # a day into the year 1: a zone may shift it and it stays a date
_DAYS_OF_A_WEEK: Final = 7
_LATEST: Final = 253_402_214_400_000_000


def day(when: date, reader: Reader, zone: str | None = None) -> str:
    """ "30 Oct", with its year if that is not the present one in `zone` (default: the reader's)."""
    present = reader.now.astimezone(ZoneInfo(zone or reader.zone)).year
    patterns = reader.words
    if when.year == present:
        pattern = patterns.pgettext("date pattern (CLDR)", "d MMM")
    else:
        pattern = patterns.pgettext("date pattern (CLDR)", "d MMM y")
    return format_date(when, pattern, locale=reader.locale)


def day_named(when: date, reader: Reader, *, bare: bool = False) -> str:
    """ "yesterday", "on Tuesday" if that is less than a week away, else "on 30 Oct"; `bare` leaves out the "on"."""
    words, present = reader.words, reader.now.astimezone(ZoneInfo(reader.zone)).date()
    away = (when - present).days
    near = {
        -1: words.pgettext("a day", "yesterday"),
        0: words.pgettext("a day", "today"),
        1: words.pgettext("a day", "tomorrow"),
    }
    if away in near:
        return near[away]
    name = format_date(when, "EEEE", locale=reader.locale) if abs(away) < _DAYS_OF_A_WEEK else day(when, reader)
    return name if bare else words.pgettext("a day", "on {day}").format(day=name)


def moment(us: int, reader: Reader, zone: str | None = None, *, timed: bool = True, zoned: bool = False) -> str:
    """The instant in `zone` (default: the reader's): "27 Oct 18:00", with the zone's name if clocks differ there.

    `us` is in microseconds since the epoch; without `timed` only the date is said, and with `zoned` the zone always.
    """
    at = from_us(max(_EARLIEST, min(_LATEST, us))).astimezone(ZoneInfo(zone or reader.zone))
    date_of = day(at.date(), reader, zone)
    if not timed:
        return date_of
    said = f"{date_of} {at:%H:%M}"
    return said if not zoned and _same_clocks(at, reader.zone) else f"{said} {_zone_name(at)}"


def duration(length: Duration, reader: Reader) -> str:
    """ "14 business days" / "14営業日"; zero days are "the same day"."""
    words, count = reader.words, length.amount
    if count == 0:
        return words.gettext("the same day")
    said = {
        Unit.MINUTE: words.ngettext("{count} minute", "{count} minutes", count),
        Unit.HOUR: words.ngettext("{count} hour", "{count} hours", count),
        Unit.DAY: words.ngettext("{count} day", "{count} days", count),
        Unit.WEEK: words.ngettext("{count} week", "{count} weeks", count),
        Unit.BUSINESS_DAY: words.ngettext("{count} business day", "{count} business days", count),
        Unit.BUSINESS_HOUR: words.ngettext("{count} business hour", "{count} business hours", count),
    }[length.unit]
    return said.format(count=reader.number(count))


def day_unit(limit: Duration) -> Unit:
    """The days in which a limit of this unit is said to be over: business days for bd and bh, else calendar."""
    return Unit.BUSINESS_DAY if limit.unit in (Unit.BUSINESS_DAY, Unit.BUSINESS_HOUR) else Unit.DAY


def over(days: int, unit: Unit, reader: Reader) -> str:
    """The chip of a limit that has passed: "4 bd over" / "4営業日超過"."""
    words = reader.words
    if days <= 0:
        return words.gettext("limit reached")
    if unit is Unit.BUSINESS_DAY:
        return words.gettext("{count} bd over").format(count=reader.number(days))
    return words.ngettext("{count} day over", "{count} days over", days).format(count=reader.number(days))


def left(days: int, unit: Unit, reader: Reader) -> str:
    """The chip of a limit ahead: "2 bd left" / "あと2営業日"."""
    words = reader.words
    if days <= 0:
        return words.gettext("due today")
    if unit is Unit.BUSINESS_DAY:
        return words.gettext("{count} bd left").format(count=reader.number(days))
    return words.ngettext("{count} day left", "{count} days left", days).format(count=reader.number(days))


def _same_clocks(at: datetime, zone: str) -> bool:
    return at.utcoffset() == at.astimezone(ZoneInfo(zone)).utcoffset()


def _zone_name(at: datetime) -> str:
    """JST, EST; where a zone has no letters of its own, UTC+03:00."""
    name = at.tzname() or ""
    return name if name.isalpha() else f"UTC{at.isoformat(timespec='minutes')[16:]}"
