"""What differs between two versions of rules in which one number is another one, and whether a record can show it.

Two changes no record could show. A score between two values that it cannot take: of four items it is 0, 25, 50, 75
or 100, so `at_least: 51` and `at_least: 75` say the same. And a zero beside money: `amount > 0` asks whether there
is an amount, and one yen is no limit.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import Enum, auto
from typing import Any, Final

from stalewatch.domain.language.model import Compare, FieldType, Literal, Ref, RuleSet

_TRUTH: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SCORE: Final = "score."
_Found = tuple[object, object, object]


class Change(Enum):
    """What a changed number does."""

    REAL = auto()
    """A record can show it."""
    HIDDEN = auto()
    """No record can show it; a further step might."""
    NONE = auto()
    """It was no limit, but a text or a name."""


def change(old: RuleSet, new: RuleSet) -> Change:
    """Compare rules that differ in one number."""
    found = _difference(old, new)
    if found is None:
        return Change.NONE
    inside, before, after = found
    if isinstance(before, Literal) and isinstance(after, Literal):
        return _of_constants(inside, before, after, old)
    return Change.NONE if isinstance(before, str) else Change.REAL


def _of_constants(inside: object, before: Literal, after: Literal, rules: RuleSet) -> Change:
    if isinstance(before.value, str | bool):
        return Change.NONE
    ref = _beside(inside)
    if ref is None or not isinstance(inside, Compare):
        return Change.REAL
    if ref.name.startswith(_SCORE):
        apart = _tells_apart(inside, before, after, _values_of(ref, rules))
        return Change.REAL if apart else Change.HIDDEN
    return Change.NONE if ref.type is FieldType.MONEY and before.value == 0 else Change.REAL


def _beside(inside: object) -> Ref | None:
    """The field that a constant is compared with."""
    terms = (inside.left, inside.right) if isinstance(inside, Compare) else ()
    return next((term for term in terms if isinstance(term, Ref)), None)


def _difference(old: object, new: object, inside: object = None) -> _Found | None:
    """The first value that differs: what holds it, as it was, and as it is; None if nothing does."""
    if old == new:
        return None
    pairs, holder = _pairs(old, new), inside if isinstance(old, tuple | dict) else old
    if pairs is None:
        return inside, old, new
    return next((found for mine, theirs in pairs if (found := _difference(mine, theirs, holder))), None)


def _pairs(old: object, new: object) -> list[tuple[object, object]] | None:
    """The parts of two things side by side; None if they have no parts, or not the same."""
    if isinstance(old, dict) and isinstance(new, dict):
        return list(zip(old.values(), new.values(), strict=True))
    if isinstance(old, tuple) and isinstance(new, tuple):
        return list(zip(old, new, strict=True))
    if is_dataclass(old) and type(old) is type(new) and not isinstance(old, Literal):
        return [(getattr(old, one.name), getattr(new, one.name)) for one in fields(old)]
    return None


def _values_of(score: Ref, rules: RuleSet) -> list[int]:
    """The values that a score can take: the share of its items, rounded half up."""
    count = len(rules.scores[score.name.removeprefix(_SCORE)].items)
    return [(200 * share + count) // (2 * count) for share in range(count + 1)]


def _tells_apart(compare: Compare, old: Literal, new: Literal, values: list[int]) -> bool:
    holds, score_left = _TRUTH[compare.op], isinstance(compare.left, Ref)

    def verdicts(limit: Literal) -> list[bool]:
        return [holds(value, limit.value) if score_left else holds(limit.value, value) for value in values]

    return verdicts(old) != verdicts(new)
