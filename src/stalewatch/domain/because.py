"""Which parts of a condition decide its answer for one record: what would have to be true, and what is."""

from __future__ import annotations

from stalewatch.domain.conditions import Scope
from stalewatch.domain.language.model import All, AnyOf, Condition
from stalewatch.domain.language.refs import refs


def wanted(condition: Condition, scope: Scope, answer: int = 0) -> list[Condition]:
    """The parts of a condition that is false which would have to be true; of alternatives all together.

    Args:
        answer: the position among the scope's answers.
    """
    if isinstance(condition, All):
        lacking = [part for part in condition.parts if not scope.holds(part)[answer]]
        return [one for part in lacking for one in wanted(part, scope, answer)]
    return [condition]


def met(condition: Condition, scope: Scope, answer: int = 0) -> list[Condition]:
    """The parts of a condition that is true which make it so; of alternatives the first that is true.

    Args:
        answer: the position among the scope's answers.
    """
    if isinstance(condition, All):
        return [one for part in condition.parts for one in met(part, scope, answer)]
    if isinstance(condition, AnyOf):
        return met(next(part for part in condition.parts if scope.holds(part)[answer]), scope, answer)
    return [condition]


def names(condition: Condition) -> tuple[str, ...]:
    """The fields, bands and scores that a condition names, each once, in their order."""
    return tuple(dict.fromkeys(ref.name for ref in refs(condition)))
