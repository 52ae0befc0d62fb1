"""The two sides of a comparison in one unit: days, instants, numbers, codes of a choice, or text."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.frame import UNKNOWN_CHOICE, Column
from stalewatch.domain.instants import Mask, to_day
from stalewatch.domain.language.model import (
    Arithmetic,
    Compare,
    FieldType,
    Literal,
    OneOf,
    Ref,
    RuleSet,
    Term,
)

if TYPE_CHECKING:
    from stalewatch.domain.conditions import Scope

Reader = Callable[["Scope"], Column]
"""One side of a comparison, read from a scope that answers for every record once."""

OPERATORS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SUMS: Final[dict[str, Callable[[Any, Any], Any]]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}
_NOWHERE: Final = UNKNOWN_CHOICE - 1
"""The code of a value that the field does not have; no record holds it."""
_FEW: Final = 12
"""So many values are compared one after the other, which costs a nanosecond per ten rows each."""


class Sides:
    """Makes readers for the comparisons of one object."""

    def __init__(self, rules: RuleSet, obj: str) -> None:
        self._rules, self._object = rules, obj

    def of(self, condition: Compare) -> tuple[Reader, Reader]:
        """Both sides in one unit: days if a date literal is involved, else instants, numbers, codes or text."""
        sides = condition.left, condition.right
        kinds = {term.type for term in sides if not isinstance(term, Arithmetic)}
        if kinds in ({FieldType.DATE, FieldType.DATETIME}, {FieldType.DATETIME}):
            literal = next((term for term in sides if isinstance(term, Literal)), None)
            in_days = literal is not None and literal.type is FieldType.DATE
            left, right = (_in_days(term) if in_days else _instants(term) for term in sides)
            return left, right
        match sides:
            case Ref(type=FieldType.CHOICE) as one, Ref() as other if one.name != other.name:
                return self._value(one, None), self._recoded(other, one)
        context = next((term for term in sides if isinstance(term, Ref)), None)
        left, right = (self._value(term, context) for term in sides)
        return left, right

    def _value(self, term: Term, context: Ref | None) -> Reader:
        match term:
            case Ref(name=name):
                return lambda scope: scope.column(name)
            case Literal():
                return _always(_number(term, context, self._rules, self._object))
            case Arithmetic():
                return self._arithmetic(term)

    def _recoded(self, ref: Ref, like: Ref) -> Reader:
        """A choice by the codes of another one: the same name is the same value."""
        theirs, ours = (_names(name, self._rules, self._object) for name in (ref.name, like.name))
        codes = [ours.index(name) if name in ours else _NOWHERE for name in theirs]
        table = np.array([*codes, _NOWHERE], np.int32)

        def read(scope: Scope) -> Column:
            column = scope.column(ref.name)
            inside = (column.values >= 0) & (column.values < len(codes))
            return Column(table[np.where(inside, column.values, len(codes)).astype(np.intp)], column.present)

        return read

    def _arithmetic(self, term: Arithmetic) -> Reader:
        left, right = self._value(term.left, None), self._value(term.right, None)
        combine = _divided if term.op == "/" else _summed(_SUMS[term.op])
        return lambda scope: combine(left(scope), right(scope))


def codes_of(condition: OneOf, rules: RuleSet, obj: str) -> list[Any]:
    """The values that a `OneOf` looks for, as columns hold them."""
    return [_number(value, condition.ref, rules, obj) for value in condition.values]


def equals_one_of(ref: Ref, wanted: Sequence[Any]) -> Callable[[NDArray[Any]], Mask]:
    """A function from the values of a column to where they are one of `wanted`."""
    if len(wanted) > 1 and ref.type.is_text:
        return lambda values: np.fromiter((value in wanted for value in values), np.bool_, len(values))
    if len(wanted) > _FEW or not wanted:
        return lambda values: np.isin(values, wanted)

    def find(values: NDArray[Any]) -> Mask:
        hit = np.asarray(values == wanted[0], np.bool_)
        for value in wanted[1:]:
            np.logical_or(hit, values == value, out=hit)
        return hit

    return find


def _always(value: Any) -> Reader:
    column = Column(np.asarray(value), np.ones((), np.bool_))
    return lambda _: column


def _number(literal: Literal, context: Ref | None, rules: RuleSet, obj: str) -> Any:
    if literal.type is FieldType.CHOICE and context is not None:
        return _code(context.name, str(literal.value), rules, obj)
    if isinstance(literal.value, date) and not isinstance(literal.value, datetime):
        return to_day(literal.value)
    return literal.value


def _code(name: str, value: str, rules: RuleSet, obj: str) -> np.int32:
    # In the width of the columns: beside a wider number all of a column would be widened, at every comparison.
    names = _names(name, rules, obj)
    return np.int32(names.index(value) if value in names else _NOWHERE)


def _names(name: str, rules: RuleSet, obj: str) -> Sequence[str]:
    """The values of a choice field or a band, in the order of their codes."""
    band = rules.bands.get(name)
    return [row for row, _ in band.rows] if band else rules.catalogue.objects[obj][name].values


def _divided(left: Column, right: Column) -> Column:
    """Division; by zero it is empty."""
    values = np.divide(left.values, np.where(right.values == 0, 1.0, right.values))
    present = left.present & right.present & (right.values != 0)
    return Column(values, np.asarray(present & np.isfinite(values)))


def _summed(calculate: Callable[[Any, Any], Any]) -> Callable[[Column, Column], Column]:
    def combine(left: Column, right: Column) -> Column:
        values = np.asarray(calculate(left.values.astype(np.float64), right.values))
        return Column(values, np.asarray(left.present & right.present & np.isfinite(values)))

    return combine


def _in_days(term: Term) -> Reader:
    if isinstance(term, Literal):
        assert isinstance(term.value, date)  # noqa: S101  # days are compared with dates only (SW125)
        return _always(to_day(term.value))
    assert isinstance(term, Ref)  # noqa: S101  # arithmetic is on numbers only (SW125)
    name, is_date = term.name, term.type is FieldType.DATE
    return lambda scope: scope.column(name) if is_date else scope.days(name)


def _instants(term: Term) -> Reader:
    if isinstance(term, Literal):
        moment = term.value
        assert isinstance(moment, date)  # noqa: S101  # a time is compared with times only (SW125)
        return lambda scope: scope.moment(moment)
    assert isinstance(term, Ref)  # noqa: S101
    name, is_date = term.name, term.type is FieldType.DATE
    return lambda scope: scope.closes(name) if is_date else scope.column(name)
