"""What an exception's `where` says of records whose fields cannot all be told: it holds, it does not, or nobody knows.

An empty field decides a condition; a field that cannot be told leaves it open. Both bounds of a condition are kept
apart: where it holds whatever the fields in the dark contain, and where it could hold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from stalewatch.domain.compiled import Program, Test
from stalewatch.domain.instants import Mask, to_day
from stalewatch.domain.language.model import All, AnyOf, Condition, Not, RuleException
from stalewatch.domain.language.refs import fields

if TYPE_CHECKING:
    from stalewatch.domain.conditions import Scope

Bounds = Callable[["Scope"], tuple[Mask, Mask]]
"""Where a condition surely holds, and where it could hold. The masks may be shared: nobody writes into them."""


@dataclass(frozen=True, slots=True)
class ExceptionPlan:
    """An exception, ready to run.

    Attributes:
        ends_on: the day behind its last, as days since 1970-01-01.
        where: its test where everything can be told; None takes every record.
        bounds: its bounds where something cannot; None if `where` is.
        reads: the catalogue fields behind `where`.
    """

    ends_on: int
    where: Test | None
    bounds: Bounds | None
    reads: frozenset[str]


def exception_plan(exception: RuleException, program: Program) -> ExceptionPlan:
    """Compile an exception."""
    day, where = to_day(exception.until) + 1, exception.where
    if where is None:
        return ExceptionPlan(day, None, None, frozenset())
    return ExceptionPlan(day, program.test(where), bounds(where, program), fields(where, program.rules))


def unclear(condition: Condition, scope: Scope) -> Mask:
    """Where the condition could hold, and nobody can tell whether it does."""
    with np.errstate(all="ignore"):  # as in Scope.holds
        sure, could = bounds(condition, scope.program)(scope)
    return could & ~sure


def bounds(condition: Condition, program: Program) -> Bounds:
    """The bounds of a condition: what reads a field that cannot be told could be true, and could be false."""
    match condition:
        case Not(part=part):
            inner = bounds(part, program)
            return lambda scope: _turned(*inner(scope))
        case All(parts=parts) if parts:
            return _joined([bounds(part, program) for part in parts], np.logical_and)
        case AnyOf(parts=parts) if parts:
            return _joined([bounds(part, program) for part in parts], np.logical_or)
    test, names = program.test(condition), fields(condition, program.rules)

    def both(scope: Scope) -> tuple[Mask, Mask]:
        held, hidden = test(scope), scope.hidden(names)
        return (held, held) if hidden is None else (held & ~hidden, held | hidden)

    return both


def _turned(sure: Mask, could: Mask) -> tuple[Mask, Mask]:
    return ~could, ~sure


def _joined(parts: Sequence[Bounds], join: Callable[[Mask, Mask], Mask]) -> Bounds:
    def both(scope: Scope) -> tuple[Mask, Mask]:
        found = [part(scope) for part in parts]
        return reduce(join, (sure for sure, _ in found)), reduce(join, (could for _, could in found))

    return both
