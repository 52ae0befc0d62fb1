"""Cells as values: what a text in a file means, by the type of the catalogue field above it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from stalewatch.sdk.records import Value
from stalewatch_csv import dates, numbers
from stalewatch_csv.headings import plain
from stalewatch_csv.remembered import Remembered
from stalewatch_csv.stock import WORDS
from stalewatch_csv.survey import PLAIN, Form
from stalewatch_csv.unusable import UnusableError

_YES: Final = frozenset({"true", "yes", "1"})
_NO: Final = frozenset({"false", "no", "0"})

Words = Remembered[str, str]


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
        return Remembered(lambda text: dates.instant(text, self.zone, form.date))

    def words(self, name: str) -> Words:
        """Our words for the choices of a field; one that nobody knows stays as it is, and is judged as unknown."""
        mapped, stock = self._words.get(name, {}), self._stock.get(name, {})
        return Remembered(lambda text: mapped.get(text, _of_stock(stock, text)) or text)

    def reader(self, name: str, form: Form) -> Callable[[str], Value]:
        """How the filled cells of a catalogue field are read, without blanks around them; what it gives raises
        UnusableError for a text that is not of the field's type."""
        parse = self._by_type.get(self.types.get(name, "text"))
        if parse is None:
            return self.words(name).__getitem__
        return lambda text: parse(text, name, form)

    def value(self, name: str, text: str, form: Form = PLAIN) -> Value:
        """The value of one cell of a catalogue field; an empty one is None. Raises as `reader` says."""
        text = text.strip()
        return self.reader(name, form)(text) if text else None


def _of_stock(words: Mapping[str, str], text: str) -> str | None:
    """Our word for one of theirs, with or without the name of the pipeline behind it in brackets."""
    return words.get(plain(text)) or words.get(plain(text.partition("(")[0]))
