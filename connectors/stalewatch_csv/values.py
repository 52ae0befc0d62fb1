"""Cells as values: what a text in a file means, by the type of the catalogue field above it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from stalewatch.sdk.records import Value

_YES: Final = frozenset({"true", "yes", "1"})
_NO: Final = frozenset({"false", "no", "0"})
_LARGEST: Final = Decimal("1e15")


class UnusableError(Exception):
    """A cell cannot be used; `reason` groups like cases, `detail` is what stood there."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@lru_cache(maxsize=1 << 14)
def has_time(text: str) -> bool:
    """Tell a date with a time from a bare date; raises UnusableError if it is neither."""
    try:
        date.fromisoformat(text)
    except ValueError:
        instant(text, ZoneInfo("UTC"))
        return True
    return False


@lru_cache(maxsize=1 << 14)
def instant(text: str, zone: ZoneInfo) -> datetime:
    """An ISO 8601 time in UTC; without an offset it is local to `zone`, a bare date is the start of that day.

    Raises:
        UnusableError: if it is no such time, or one that UTC has no year for.
    """
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UnusableError("unparsable date", text) from error


def day(text: str, zone: ZoneInfo) -> date:
    """A date; of a time with an offset, the local date in `zone`."""
    if not has_time(text):
        return date.fromisoformat(text)
    try:
        return instant(text, zone).astimezone(zone).date()
    except OverflowError as error:
        raise UnusableError("unparsable date", text) from error


def start_of(local: date, zone: ZoneInfo) -> datetime:
    """The start of a local day."""
    return datetime.combine(local, time(), zone).astimezone(UTC)


def money(text: str, name: str = "amount") -> Decimal:
    """A finite decimal number below 10^15 either side of zero, with a point and without grouping."""
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise UnusableError(f"{name} is not a number", text) from error
    if not number.is_finite() or abs(number) >= _LARGEST:
        raise UnusableError(f"{name} is not a number", text)
    return number


def whole(text: str, name: str) -> int:
    """A whole number; `3.0` is one."""
    number = money(text, name)
    if number != number.to_integral_value():
        raise UnusableError(f"{name} is not a whole number", text)
    return int(number)


def truth(text: str, name: str) -> bool:
    """true, yes, 1 or false, no, 0."""
    word = text.casefold()
    if word in _YES or word in _NO:
        return word in _YES
    raise UnusableError(f"{name} is not true or false", text)


class Translator:
    """Turns cells into values: by type, in one zone, with the words that `map` gives for a field's choices."""

    def __init__(self, types: Mapping[str, str], words: Mapping[str, Mapping[str, str]], zone: ZoneInfo) -> None:
        self.types = types
        self.zone = zone
        self._words = words
        self._by_type: Mapping[str, Callable[[str, str], Value]] = {
            "int": whole,
            "money": money,
            "bool": truth,
            "date": lambda text, _: day(text, zone),
            "datetime": lambda text, _: instant(text, zone),
        }

    def instant(self, text: str) -> datetime:
        """A time in UTC; see `instant`."""
        return instant(text, self.zone)

    def word(self, name: str, text: str) -> str | None:
        """Our word for a choice; one that `map` does not know stays as it is, and is judged as unknown."""
        return self._words.get(name, {}).get(text, text) or None

    def value(self, name: str, text: str) -> Value:
        """The value of a catalogue field; an empty cell is None.

        Raises:
            UnusableError: if the text is not of the field's type.
        """
        text = text.strip()
        if not text:
            return None
        parse = self._by_type.get(self.types.get(name, "text"))
        return parse(text, name) if parse else self.word(name, text)
