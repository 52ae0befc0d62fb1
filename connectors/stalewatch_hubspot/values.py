"""Cells as values. HubSpot writes everything as text, and not always in the same way."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final
from zoneinfo import ZoneInfo

from stalewatch.sdk.records import Value

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS: Final = re.compile(r"-?\d+(\.0*)?")
_GROUPED: Final = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?")
_LARGEST: Final = Decimal("1e15")
_YES: Final = frozenset({"true", "yes", "1"})
_NO: Final = frozenset({"false", "no", "0"})


class Unusable(ValueError):
    """A cell is no value of its type; the message is a phrase that groups like cases."""


def moment(text: str) -> datetime:
    """An instant in UTC, of milliseconds or of ISO 8601; a bare date is its beginning in UTC.

    Raises:
        Unusable: it is none.
    """
    try:
        if text[-1:] == "Z":  # as HubSpot usually writes it
            return datetime.fromisoformat(text)
        if _DIGITS.fullmatch(text):
            return _EPOCH + timedelta(milliseconds=int(text.partition(".")[0]))
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Unusable("is no time") from error


def maybe(text: str | None) -> datetime | None:
    """An instant; None if there is none, or it cannot be read."""
    try:
        return moment(text) if text else None
    except Unusable:
        return None


def day(text: str, zone: ZoneInfo) -> date:
    """A date; of an instant, the date in a zone.

    Raises:
        Unusable: it is neither.
    """
    try:
        is_bare = len(text) == 10 and not text.isdigit()
        return date.fromisoformat(text) if is_bare else moment(text).astimezone(zone).date()
    except (ValueError, OverflowError) as error:
        raise Unusable("is no date") from error


def number(text: str) -> Decimal:
    """A finite decimal number below 10^15 either side of zero; commas may group its thousands.

    Raises:
        Unusable: it is none.
    """
    try:
        found = Decimal(text.replace(",", "") if "," in text and _GROUPED.fullmatch(text) else text)
    except InvalidOperation as error:
        raise Unusable("is no number") from error
    if not found.is_finite() or abs(found) >= _LARGEST:
        raise Unusable("is no number")
    return found


def whole(text: str) -> int:
    """A whole number; raises Unusable if it is none."""
    found = number(text)
    if found != found.to_integral_value():
        raise Unusable("is no whole number")
    return int(found)


def truth(text: str) -> bool:
    """true or false; raises Unusable if it is neither."""
    word = text.casefold()
    if word not in _YES and word not in _NO:
        raise Unusable("is not true or false")
    return word in _YES


def value_of(text: str, type_name: str, zone: ZoneInfo, words: Mapping[str, str]) -> Value:
    """The value of a catalogue field; choices become our words where the mapping knows them.

    Raises:
        Unusable: the text is of another type.
    """
    if not text.strip():
        return None
    if type_name == "date":
        return day(text, zone)
    read = _BY_TYPE.get(type_name)
    return words.get(text.casefold(), text) if read is None else read(text)


def several(text: str, type_name: str, words: Mapping[str, str]) -> Value:
    """What was ticked in a list of several: one text of all of them; of a choice there is only one.

    Raises:
        Unusable: several were, and the field is a choice.
    """
    ticked = [one.strip() for one in text.split(";") if one.strip()]
    if type_name == "choice" and len(ticked) > 1:
        raise Unusable("is several choices")
    return ", ".join(words.get(one.casefold(), one) for one in ticked) or None


_BY_TYPE: Final[Mapping[str, Callable[[str], Value]]] = {
    "int": whole, "money": number, "bool": truth, "datetime": moment,
}  # fmt: skip
