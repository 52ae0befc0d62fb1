"""Cells as values: what a text in a file means, by the type of the catalogue field above it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from stalewatch.sdk.records import Value
from stalewatch_csv import dates, numbers
from stalewatch_csv.headings import plain
from stalewatch_csv.stock import WORDS
from stalewatch_csv.survey import PLAIN, Form
from stalewatch_csv.unusable import UnusableError

_YES: Final = frozenset({"true", "yes", "1"})
_NO: Final = frozenset({"false", "no", "0"})


def truth(text: str, name: str) -> bool:
    """true, yes, 1 or false, no, 0."""
    word = text.casefold()
    if word in _YES or word in _NO:
        return word in _YES
    raise UnusableError(f"{name} is not true or false", text)


class Translator:
    """Turns cells into values: by type, in one zone, with the words that `map` gives for a field's choices.

    Args:
        stock: whether the values that a new CRM comes with are known as well; those of `map` win.
    """

    def __init__(
        self, types: Mapping[str, str], words: Mapping[str, Mapping[str, str]], zone: ZoneInfo, *, stock: bool = False
    ) -> None:
        self.types = types
        self.zone = zone
        self._words = words
        self._stock = WORDS if stock else {}
        self._by_type: Mapping[str, Callable[[str, str, Form], Value]] = {
            "int": lambda text, name, form: numbers.whole(text, name, form.number),
            "money": lambda text, name, form: numbers.money(text, name, form.number),
            "bool": lambda text, name, _: truth(text, name),
            "date": lambda text, _, form: dates.day(text, zone, form.date),
            "datetime": lambda text, _, form: dates.instant(text, zone, form.date),
        }

    def instant(self, text: str) -> datetime:
        """A time in UTC, as our own columns are written; see `dates.instant`."""
        return dates.instant(text, self.zone)

    def moments(self, form: Form) -> dates.Moments:
        """The times that a column of this form names."""
        return dates.Moments(self.zone, form.date)

    def word(self, name: str, text: str) -> str | None:
        """Our word for a choice; one that nobody knows stays as it is, and is judged as unknown."""
        known = self._words.get(name, {}).get(text)
        if known is None and name in self._stock:
            return _of_stock(self._stock[name], text) or text or None
        return known or text or None

    def value(self, name: str, text: str, form: Form = PLAIN) -> Value:
        """The value of a catalogue field; an empty cell is None.

        Raises:
            UnusableError: if the text is not of the field's type.
        """
        text = text.strip()
        if not text:
            return None
        parse = self._by_type.get(self.types.get(name, "text"))
        return parse(text, name, form) if parse else self.word(name, text)


def _of_stock(words: Mapping[str, str], text: str) -> str | None:
    """Our word for one of theirs, with or without the name of the pipeline behind it in brackets."""
    return words.get(plain(text)) or words.get(plain(text.partition("(")[0]))
