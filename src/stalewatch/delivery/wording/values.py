"""The value of a field, as it stands in a rule's message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from stalewatch.delivery.wording.money import money
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import day, moment
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.domain.instants import to_us
from stalewatch.domain.language.model import FieldType, Words
from stalewatch.sdk.records import Value

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Filled:
    """One placeholder's value and what it takes to say it.

    Attributes:
        titles: of a choice, the title of this value.
        currency: of money, ISO 4217.
    """

    type: FieldType
    value: Value
    titles: Words = field(default_factory=dict)
    currency: str = ""


def shown(filled: Filled, reader: Reader, zone: str | None = None) -> str:
    """The value in the reader's language; times in `zone` (default: the reader's). Text is made safe."""
    value = filled.value
    if value is None or value == "":
        return reader.words.pgettext("a field without a value", "not set")
    if isinstance(value, str):
        is_choice = filled.type is FieldType.CHOICE
        return choice(value, filled.titles, reader) if is_choice else clean(value, _LONGEST)
    if isinstance(value, bool):
        return reader.words.pgettext("a field", "yes") if value else reader.words.pgettext("a field", "no")
    if isinstance(value, date):
        return _date(value, reader, zone or reader.zone)
    return _number(filled, value, reader)


def choice(value: str, titles: Mapping[str, str], reader: Reader) -> str:
    """A choice by its title; without one, its name made readable: first_meeting → "First meeting"."""
    plain = clean(value.replace("_", " "))
    return reader.pick(titles) or plain[:1].upper() + plain[1:]


def _number(filled: Filled, value: float | Decimal, reader: Reader) -> str:
    if filled.type is FieldType.MONEY:
        return money(Decimal(str(value)), filled.currency, reader)
    return reader.number(float(value))


def _date(value: date, reader: Reader, zone: str) -> str:
    """A time of day is left out where it is midnight: that is how CRMs keep a date in a time field."""
    if not isinstance(value, datetime):
        return day(value, reader, zone)
    at_midnight = value.astimezone(ZoneInfo(zone)).time() == time(0)
    return moment(to_us(value), reader, zone, timed=not at_midnight)
