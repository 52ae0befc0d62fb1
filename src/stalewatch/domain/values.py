"""Field values as they are stored and compared: whole numbers, texts and yes/no, nothing else.

datetime  microseconds since the epoch        money  hundredths of the project's currency
date      days since 1970-01-01               int    itself
bool      itself                              text, choice, person  text; "" is empty and becomes None
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Final

from stalewatch.domain.instants import from_day, from_us, to_day, to_us
from stalewatch.domain.language.model import FieldType
from stalewatch.sdk.records import Value

Stored = str | bool | int | None

LONGEST: Final = 4_000
"""Characters kept of a text; rules and messages never need more."""
_MOST: Final = 10**17
"""Greatest number that is believed, in hundredths for money: beyond it something is broken."""

_EXACT: Final = 2**53
"""Below it a whole float is the number that its text says."""


class BadValue(ValueError):
    """A value that cannot be a value of its field; the message is a short reason that groups like cases."""


def store(kind: FieldType, value: Value) -> Stored:
    """Bring a value from a CRM into its stored form.

    Raises:
        BadValue: if it is of another type, not finite or absurdly large.
    """
    return None if is_empty(value) else _STORE[kind](value)


def is_empty(value: Value) -> bool:
    """Whether a CRM says nothing by it."""
    return value is None or (isinstance(value, str) and not value)  # a Decimal compares slowly with a text


def storing(kind: FieldType) -> Callable[[Value], Stored]:
    """How values of this type that are not empty are stored, as `store` does it: looked up once for many of them."""
    return _STORE[kind]


def load(kind: FieldType, stored: Stored) -> str | bool | int | Decimal | date | datetime | None:
    """The Python value of a stored one; money as Decimal, instants in UTC. Beyond Python's years: None."""
    if stored is None or isinstance(stored, str | bool):
        return stored
    try:
        match kind:
            case FieldType.MONEY:
                return Decimal(stored) / 100
            case FieldType.DATE:
                return from_day(stored)
            case FieldType.DATETIME:
                return from_us(stored)
            case _:
                return stored
    except (OverflowError, ValueError):
        return None


def clean(text: str) -> str | None:
    """A text that every database and every terminal can hold: no NUL, no lone surrogates, not endless."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))
    return text.replace("\x00", "")[:LONGEST] or None


def _whole(value: Value) -> int:
    if value.__class__ is int and -_MOST <= value <= _MOST:  # as nearly all of them come
        return value
    return _number(value, 1)


def _hundredths(value: Value) -> int:
    return _number(value, 100)


def _yes_or_no(value: Value) -> bool:
    if isinstance(value, bool):
        return value
    raise BadValue(f"not a {FieldType.BOOL}")


def _day(value: Value) -> int:
    if isinstance(value, date):
        return to_day(value)
    raise BadValue(f"not a {FieldType.DATE}")


def _instant(value: Value) -> int:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return to_us(value)
    raise BadValue(f"not a {FieldType.DATETIME}")


def _text(value: Value) -> str | None:
    if value.__class__ is str and value.isascii() and len(value) <= LONGEST and "\x00" not in value:
        return value or None  # as nearly all of them come
    return clean(str(value))


_STORE: Final[Mapping[FieldType, Callable[[Value], Stored]]] = {
    FieldType.MONEY: _hundredths, FieldType.INT: _whole, FieldType.BOOL: _yes_or_no, FieldType.DATE: _day,
    FieldType.DATETIME: _instant, FieldType.TEXT: _text, FieldType.CHOICE: _text, FieldType.PERSON: _text,
}  # fmt: skip


def _number(value: Value, times: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):  # a union costs more
        raise BadValue("not a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise BadValue("not a finite number")
    try:
        whole = value * times if isinstance(value, int) else _rounded(value, times)
    except (InvalidOperation, OverflowError, ValueError):
        raise BadValue("not a finite number") from None
    if abs(whole) > _MOST:
        raise BadValue("number too large")
    return whole


def _rounded(value: float | Decimal, times: int) -> int:
    """What is whole already, as nearly all amounts are, needs no exact arithmetic."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value) * times
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    return int((exact * times).to_integral_value(ROUND_HALF_EVEN))
