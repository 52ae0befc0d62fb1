"""Cells of the org as values of the catalogue, by the catalogue's type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Final

from stalewatch.sdk.records import Value
from stalewatch_salesforce import ids
from stalewatch_salesforce.fitting import MULTIPLE
from stalewatch_salesforce.mapping import Words, plain

_YES: Final = frozenset({"true", "yes", "1"})
_NO: Final = frozenset({"false", "no", "0"})
_LARGEST: Final = Decimal("1e15")


class Unusable(Exception):
    """A cell cannot be a value of its field."""


def day(told: object, zone: tzinfo = UTC) -> date | None:
    """A date; of a time, its date in a zone: Salesforce tells every time in UTC, whatever people see.

    Raises:
        Unusable: it is none.
    """
    if told in (None, ""):
        return None
    text = str(told)
    try:
        if "T" not in text:
            return date.fromisoformat(text)
        at = moment(text)
        return None if at is None else at.astimezone(zone).date()
    except (ValueError, OverflowError) as error:
        raise Unusable(f"no date: {text[:40]}") from error


def moment(told: object) -> datetime | None:
    """A time with its zone; of a date, its beginning in UTC.

    Raises:
        Unusable: it is none.
    """
    if told in (None, ""):
        return None
    try:
        at = datetime.fromisoformat(str(told))
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Unusable(f"no time: {str(told)[:40]}") from error


def value_of(told: object, type_name: str, words: Words, theirs: str = "", zone: tzinfo = UTC) -> Value:
    """The value of a catalogue field; an empty cell is None.

    Args:
        theirs: the org's type of the field. zone: the org's, for the date of a time.

    Raises:
        Unusable: the cell is of another type.
    """
    if told in (None, ""):
        return None
    if type_name == "date":
        return day(told, zone)
    if theirs == MULTIPLE and type_name in ("text", "choice"):
        return _several(str(told).split(";"), type_name, words)
    return _BY_TYPE.get(type_name, _text)(told, words)


def _several(chosen: list[str], type_name: str, words: Words) -> str:
    """What was ticked in a list of several: one text of all of them; of a choice there is only one."""
    if type_name == "choice" and len(chosen) > 1:
        raise Unusable("several choices")
    return ", ".join(words.get(plain(one), one.strip()) for one in chosen)


def _text(told: object, _: Words) -> str:
    if isinstance(told, bool | int | float | str | Decimal):
        return str(told)
    raise Unusable("no text")


def _choice(told: object, words: Words) -> str:
    if not isinstance(told, str | bool):
        raise Unusable("no choice")
    return words.get(plain(str(told)), str(told))


def _number(told: object, _: Words) -> Decimal:
    try:
        number = Decimal(str(told))
    except InvalidOperation as error:
        raise Unusable("no number") from error
    if isinstance(told, bool) or not number.is_finite() or abs(number) >= _LARGEST:
        raise Unusable("no number")
    return number


def _whole(told: object, words: Words) -> int:
    number = _number(told, words)
    if number != number.to_integral_value():
        raise Unusable("no whole number")
    return int(number)


def _truth(told: object, words: Words) -> bool:
    word = words.get(plain(str(told)), str(told)).casefold()
    if word in _YES or word in _NO:
        return word in _YES
    raise Unusable("neither true nor false")


def _person(told: object, _: Words) -> str:
    return ids.whole(str(told))


_BY_TYPE: Final[Mapping[str, Callable[[object, Words], Value]]] = {
    "choice": _choice,
    "int": _whole,
    "money": _number,
    "bool": _truth,
    "datetime": lambda told, _: moment(told),
    "person": _person,
}
