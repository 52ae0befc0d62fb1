"""Conditions made ready to run: every name, literal and comparison is looked up once, not once a frame.

A condition becomes a `Test`, a function from a `Scope` (conditions.py) to a mask. Equal conditions of a rule set
are one test, whose mask a scope keeps: what several rules ask is computed once a frame.

Two-valued logic: a comparison with an empty value is false, only `IsSet` sees emptiness.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from stalewatch.domain.comparing import OPERATORS, Sides, codes_of, equals_one_of
from stalewatch.domain.instants import Mask
from stalewatch.domain.language.model import (
    All,
    AnyOf,
    Compare,
    Condition,
    Contains,
    Entered,
    IsSet,
    Literal,
    Not,
    OneOf,
    Ref,
    RuleSet,
)
from stalewatch.domain.language.reads import entered

if TYPE_CHECKING:
    from stalewatch.domain.conditions import Scope

Test = Callable[["Scope"], Mask]
"""Where a condition holds. The mask may be shared: nobody writes into it."""


class Program:
    """The conditions of a rule set on one object, each compiled when it is first asked for."""

    def __init__(self, rules: RuleSet, obj: str) -> None:
        self.rules = rules
        self._object = obj
        self._tests: dict[Condition, Test] = {}
        self._numbers = count()  # never given twice, even to two threads that compile at once
        self._scores: dict[str, tuple[Test, ...]] = {}

    def test(self, condition: Condition) -> Test:
        """The test of a condition; equal conditions get the same one."""
        found = self._tests.get(condition)
        if found is None:
            found = self._compile(condition)
            # What reads the clock's start (`entered`) is another question for every rule.
            if next(entered(condition), None) is None:
                found = _asked_once(found, next(self._numbers))
            self._tests[condition] = found
        return found

    def items(self, score: str) -> tuple[Test, ...]:
        """The tests of a score's items."""
        found = self._scores.get(score)
        if found is None:
            found = self._scores[score] = tuple(self.test(item) for _, item in self.rules.scores[score].items)
        return found

    def _compile(self, condition: Condition) -> Test:  # noqa: PLR0911  # one line per kind of condition
        match condition:
            case Compare():
                return self._compare(condition)
            case OneOf(ref=ref) if ref.type.is_time:
                return self.test(_one_by_one(condition))
            case OneOf():
                return self._one_of(condition)
            case IsSet(ref=ref):
                return lambda scope: scope.column(ref.name).present
            case Not(part=part):
                test = self.test(part)
                return lambda scope: ~test(scope)
            case All(parts=parts):
                return _every([self.test(part) for part in parts])
            case AnyOf(parts=parts):
                return _some([self.test(part) for part in parts])
            case Contains():
                return _contains(condition)
            case Entered(ref=ref):
                return lambda scope: scope.entered(ref.name)

    def _compare(self, condition: Compare) -> Test:
        compare = OPERATORS[condition.op]
        left, right = Sides(self.rules, self._object).of(condition)
        names = [side.name for side in (condition.left, condition.right) if isinstance(side, Ref)]
        # A literal is never empty: it has no mask to look at.
        asks_left, asks_right = (not isinstance(side, Literal) for side in (condition.left, condition.right))

        def test(scope: Scope) -> Mask:
            mine, other = left(scope), right(scope)
            hit = np.asarray(compare(mine.values, other.values), np.bool_)
            if asks_left:
                hit = hit & mine.present
            if asks_right:
                hit = hit & other.present
            for unknown in (scope.frame.unknown[name] for name in names if name in scope.frame.unknown):
                differs = unknown if condition.op == "!=" else False
                hit = np.where(unknown & mine.present & other.present, differs, hit)
            return hit if hit.ndim else np.full(scope.size, hit)

        return test

    def _one_of(self, condition: OneOf) -> Test:
        ref, negated = condition.ref, condition.negated
        find = equals_one_of(ref, codes_of(condition, self.rules, self._object))

        def test(scope: Scope) -> Mask:
            column = scope.column(ref.name)
            hit = find(column.values) if len(column.values) else np.zeros(scope.size, np.bool_)
            if ref.name in scope.frame.unknown:
                hit = hit & ~scope.frame.unknown[ref.name]
            return column.present & ~hit if negated else column.present & hit

        return test


def _one_by_one(condition: OneOf) -> Condition:
    """Times are compared in days or as instants, as each constant asks for."""
    equal = AnyOf(tuple(Compare("==", condition.ref, value) for value in condition.values))
    return All((IsSet(condition.ref), Not(equal))) if condition.negated else equal


def _asked_once(test: Test, number: int) -> Test:
    def known(scope: Scope) -> Mask:
        mask = scope.masks.get(number)
        if mask is None:
            # One answer per event is the record's own, repeated.
            mask = test(scope) if scope.rows is None else known(scope.whole)[scope.rows]
            scope.masks[number] = mask
        return mask

    return known


def _every(tests: list[Test]) -> Test:
    if not tests:
        return lambda scope: np.ones(scope.size, np.bool_)
    return lambda scope: reduce(np.logical_and, (test(scope) for test in tests))


def _some(tests: list[Test]) -> Test:
    if not tests:
        return lambda scope: np.zeros(scope.size, np.bool_)
    return lambda scope: reduce(np.logical_or, (test(scope) for test in tests))


def _contains(condition: Contains) -> Test:
    needle = condition.text.casefold()

    def test(scope: Scope) -> Mask:
        column = scope.column(condition.ref.name)
        hit = np.zeros(scope.size, np.bool_)
        for position in np.flatnonzero(column.present):
            hit[position] = needle in str(column.values[position]).casefold()
        return hit

    return test
