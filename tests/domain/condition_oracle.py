"""What a written condition says of one record, straight from rules.md and in plain Python.

It shares no code with the reader of rules nor with the columns: it looks at the text's own words and at the
record's own values, one record at a time.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fractions import Fraction
from math import floor, isfinite
from typing import Any, Final

from tests.domain.calendar_oracle import SlowCalendar
from tests.domain.written import Expr, Mapped, Word

BEYOND: Final = datetime.max.replace(tzinfo=UTC)
"""Whatever needs a date that no calendar has."""
SIGNS: Final = {"at_least": ">=", "more_than": ">", "at_most": "<=", "below": "<", "before": "<", "after": ">"}
_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Unknown:
    """A value of which only is known that it was another one: set, and equal to nothing."""


UNKNOWN: Final = Unknown()


@dataclass(frozen=True)
class Local:
    """A constant time of the record's calendar."""

    at: Any


@dataclass(frozen=True)
class Book:
    """What the files define beside the rules: `bands:` and `scores:`, as written."""

    bands: Mapping[str, Mapped] = field(default_factory=dict)
    scores: Mapping[str, Mapped] = field(default_factory=dict)


def close_of(calendar: SlowCalendar, day: date) -> datetime:
    """The calendar's close of that date."""
    return calendar.closes(day) if day.year < 2100 else BEYOND


@dataclass(frozen=True)
class View:
    """A record at one moment, as conditions see it.

    Attributes:
        values: the fields that are there and can be told.
        entered: whether a field's value changed since the clock started; None where no clock runs.
    """

    values: Mapping[str, Any]
    book: Book
    calendar: SlowCalendar
    entered: Callable[[str], bool] | None = None

    # ---------------------------------------------------------------------------------------- values

    def value(self, name: str) -> Any:
        """A field's, band's or score's value; None if it is empty."""
        if name in self.book.bands:
            return self._band(self.book.bands[name])
        if name.startswith("score."):
            return self._score(self.book.scores[name.removeprefix("score.")]["items"])
        value = self.values.get(name)
        return None if value == "" else value

    def _band(self, band: Mapped) -> Any:
        amount = self.value(band["of"])
        if amount is None or amount is UNKNOWN:  # what cannot be compared is in no band
            return None
        return next((row["name"] for row in band["rows"] if "below" not in row or amount < row["below"]), None)

    def _score(self, items: Mapped) -> int:
        share = Fraction(100 * sum(self.holds(item) for item in items.values()), len(items))
        return floor(share + Fraction(1, 2))

    # ------------------------------------------------------------------------------------ conditions

    def holds(self, condition: Mapped) -> bool:
        """Whether every key of the mapping holds."""
        return all(self._key(name, said) for name, said in condition.items())

    def _key(self, name: str, said: Any) -> bool:  # noqa: PLR0911  # one line per word
        match name:
            case "all":
                return all(map(self.holds, _several(said)))
            case "any":
                return any(map(self.holds, _several(said)))
            case "none":
                return not any(map(self.holds, _several(said)))
            case "filled":
                return all(self.value(one) is not None for one in _several(said))
            case "entered":
                return all(self.entered is not None and self.entered(one) for one in _several(said))
            case "expr":
                return self._true(said.tree)
        if isinstance(said, Mapping):
            return all(self._operator(name, word, beside) for word, beside in said.items())
        return self._equal(name, said, negated=False)

    def _operator(self, name: str, word: str, beside: Any) -> bool:
        if word in ("is", "in", "not", "not_in"):
            return self._equal(name, beside, negated=word.startswith("not"))
        if word == "contains":
            text = self.value(name)
            return isinstance(text, str) and beside.casefold() in text.casefold()
        return self.compare(SIGNS[word], self.value(name), _constant(beside))

    def _equal(self, name: str, said: Any, *, negated: bool) -> bool:
        value = self.value(name)
        if isinstance(said, Word):
            return (value is not None) is ((said == "set") is not negated)
        if value is None:
            return False
        return any(self.compare("==", value, _constant(one)) for one in _several(said)) is not negated

    def compare(self, sign: str, left: Any, right: Any) -> bool:
        """False if a side is empty; a time beside a date compares by dates if the date is a constant."""
        if left is None or right is None:
            return False
        if left is UNKNOWN or right is UNKNOWN:
            return sign == "!="
        return _COMPARE[sign](*self._alike(left, right))

    def _alike(self, left: Any, right: Any) -> tuple[Any, Any]:
        kinds = {type(left), type(right)}
        if Local in kinds:
            constant = right if isinstance(right, Local) else left
            if isinstance(constant.at, datetime):
                return self._instant(left), self._instant(right)
            return self._date(left), self._date(right)
        if kinds == {date, datetime}:
            return self._instant(left), self._instant(right)
        return left, right

    def _instant(self, value: Any) -> datetime:
        if isinstance(value, Local):
            wall: datetime = value.at
            return wall.replace(tzinfo=self.calendar.zone).astimezone(UTC)
        if isinstance(value, datetime):
            return value
        return close_of(self.calendar, value)

    def _date(self, value: Any) -> date:
        day: date = value.at if isinstance(value, Local) else value
        return self.calendar.local_date(day) if isinstance(day, datetime) else day

    # ----------------------------------------------------------------------------------- expressions

    def _true(self, tree: tuple[Any, ...]) -> bool:  # noqa: PLR0911  # one line per kind
        match tree:
            case ("and", left, right):
                return self._true(left) and self._true(right)
            case ("or", left, right):
                return self._true(left) or self._true(right)
            case ("not", part):
                return not self._true(part)
            case ("compare", sign, left, right):
                return self.compare(sign, self._number(left), self._number(right))
            case ("in", name, values, negated):
                return self._equal(name, list(values), negated=negated)
            case ("is", name, word, negated):
                return self._equal(name, Word(word), negated=negated)
            case ("field", name):
                return self.compare("==", self.value(name), True)
        raise ValueError(tree)

    def _number(self, tree: tuple[Any, ...]) -> Any:
        match tree:
            case ("field", name):
                return self.value(name)
            case ("constant", value):
                return _constant(value)
            case ("count", sign, one, other):
                return _counted(sign, self._number(one), self._number(other))
        raise ValueError(tree)


def _counted(sign: str, left: Any, right: Any) -> Any:
    """A number; empty if a side is, if it is divided by zero, or if there is no such number."""
    if left is None or right is None or (sign == "/" and right == 0):
        return None
    if left is UNKNOWN or right is UNKNOWN:
        return None
    count = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}[sign]
    result = count(float(left), float(right))
    return result if isfinite(result) else None


def _constant(value: Any) -> Any:
    return Local(value) if isinstance(value, date) else value


def _several(said: Any) -> Sequence[Any]:
    return said if isinstance(said, list | tuple) else [said]


# ---------------------------------------------------------------------------------------- what is read


def names_in(condition: Mapped) -> Iterator[str]:
    """Every field, band and score that a condition names."""
    for name, said in condition.items():
        if name in ("all", "any", "none"):
            for part in _several(said):
                yield from names_in(part)
        elif name in ("filled", "entered"):
            yield from _several(said)
        elif isinstance(said, Expr):
            yield from _names_in_tree(said.tree)
        else:
            yield name


def _names_in_tree(tree: tuple[Any, ...]) -> Iterator[str]:
    if tree[0] in ("field", "in", "is"):
        yield tree[1]
        return
    for part in tree[1:]:
        if isinstance(part, tuple):
            yield from _names_in_tree(part)


def fields_behind(condition: Mapped, book: Book, *, through_bands: bool = True) -> set[str]:
    """The record's fields behind a condition: a score's are those of its items, a band's is its amount."""
    found: set[str] = set()
    for name in names_in(condition):
        if name in book.bands:
            found |= {book.bands[name]["of"]} if through_bands else set()
        elif name.startswith("score."):
            for item in book.scores[name.removeprefix("score.")]["items"].values():
                found |= fields_behind(item, book, through_bands=through_bands)
        else:
            found.add(name)
    return found
