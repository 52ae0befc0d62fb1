"""The `where` of a route: a few tests over the facts of one notice, all of which must hold.

The words are those of rule conditions; a comparison with something empty is false.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

Facts = Mapping[str, object]
"""What routes may ask about a notice: severity, watch, rule, team and the record's fields, by name."""

Operand = str | bool | int | float | Decimal | tuple[str | bool | int | float | Decimal, ...] | None

_ORDER: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "at_least": operator.ge,
    "more_than": operator.gt,
    "at_most": operator.le,
    "below": operator.lt,
}
_WORDS: Final = frozenset({*_ORDER, "is", "not", "in", "not_in", "set", "empty"})


@dataclass(frozen=True, slots=True)
class FieldTest:
    """One line of a `where`: `field`, one of is, not, in, not_in, at_least, more_than, at_most, below, set, empty.

    Raises:
        ValueError: for another word, or a list beside a word that takes one value.
    """

    field: str
    word: str
    operand: Operand = None

    def __post_init__(self) -> None:
        if self.word not in _WORDS:
            raise ValueError(f"not a comparison: {self.word}")
        if isinstance(self.operand, tuple) is not (self.word in ("in", "not_in")):
            raise ValueError(f"{self.word} does not take {self.operand!r}")

    def holds(self, facts: Facts) -> bool:
        """Whether the facts pass this test."""
        value = facts.get(self.field)
        is_empty = value is None or value == ""
        if self.word in ("set", "empty"):
            return is_empty is (self.word == "empty")
        return not is_empty and self._compares(value)

    def _compares(self, value: object) -> bool:
        if self.word in _ORDER:
            return _is_number(value) and _is_number(self.operand) and _ORDER[self.word](value, self.operand)
        wanted: Collection[object] = self.operand if isinstance(self.operand, tuple) else (self.operand,)
        return (value in wanted) is (self.word in ("is", "in"))


@dataclass(frozen=True, slots=True)
class Where:
    """All of these tests; with none, everything."""

    tests: tuple[FieldTest, ...] = ()

    def __call__(self, facts: Facts) -> bool:
        return all(test.holds(facts) for test in self.tests)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)
