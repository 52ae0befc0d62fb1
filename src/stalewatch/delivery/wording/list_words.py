"""The words of lists: how many, how late, as of when."""

from __future__ import annotations

from datetime import datetime

from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import day_unit, left, moment, over
from stalewatch.domain.durations import Unit
from stalewatch.domain.instants import to_us
from stalewatch.domain.language.durations import parse


def counted(count: int, leads: bool, reader: Reader) -> str:
    """ "3 deals" or "3 leads", as a part of a sentence."""
    words = reader.words
    if leads:
        return words.ngettext("{count} lead", "{count} leads", count).format(count=reader.number(count))
    return words.ngettext("{count} deal", "{count} deals", count).format(count=reader.number(count))


def lateness(due: str, limit: str | None, days_over: int, reader: Reader) -> str:
    """ "4 bd over" or "2 bd left", in the days of the limit.

    Args:
        due: RFC 3339.
        limit: as rules write it ("10bd"); None counts calendar days.
    """
    length = parse(limit or "")
    unit = Unit.DAY if length is None else day_unit(length)
    if to_us(datetime.fromisoformat(due)) <= to_us(reader.now):
        return over(days_over, unit, reader)
    return left(-days_over, unit, reader)


def as_of(when: str, age: int, reader: Reader) -> str:
    """When a list was made (RFC 3339), and how old its data was then, in seconds."""
    words, made = reader.words, moment(to_us(datetime.fromisoformat(when)), reader)
    if age < 60:
        return words.gettext("As of {when}; data just read").format(when=made)
    if age < 3600:
        count = age // 60
        said = words.ngettext("As of {when}; data {count} minute old", "As of {when}; data {count} minutes old", count)
    elif age < 2 * 86_400:
        count = age // 3600
        said = words.ngettext("As of {when}; data {count} hour old", "As of {when}; data {count} hours old", count)
    else:
        count = age // 86_400
        said = words.ngettext("As of {when}; data {count} day old", "As of {when}; data {count} days old", count)
    return said.format(when=made, count=reader.number(count))
