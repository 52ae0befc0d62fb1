"""What a written condition says of a record of which not everything can be told: yes, no, or nobody knows."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import IntEnum
from typing import Any

from tests.domain.condition_oracle import View, fields_behind
from tests.domain.written import Expr, Mapped


class Answer(IntEnum):
    """In the order in which `all` takes the least and `any` the most."""

    NO = 0
    UNCLEAR = 1
    YES = 2


def answer(condition: Mapped, view: View, gone: Collection[str]) -> Answer:
    """Whether every key of the mapping holds.

    Args:
        gone: fields that cannot be told; `view` shows them as empty.
    """
    return _all(_key(name, said, view, gone) for name, said in condition.items())


def _key(name: str, said: Any, view: View, gone: Collection[str]) -> Answer:
    match name:
        case "all":
            return _all(answer(one, view, gone) for one in _several(said))
        case "any":
            return _any(answer(one, view, gone) for one in _several(said))
        case "none":
            return _not(_any(answer(one, view, gone) for one in _several(said)))
        case "filled" | "entered":
            return _all(_plain({name: one}, view, gone) for one in _several(said))
        case "expr":
            return _tree(said.tree, view, gone)
    return _plain({name: said}, view, gone)


def _tree(tree: tuple[Any, ...], view: View, gone: Collection[str]) -> Answer:
    match tree:
        case ("and", left, right):
            return _all(_tree(one, view, gone) for one in (left, right))
        case ("or", left, right):
            return _any(_tree(one, view, gone) for one in (left, right))
        case ("not", part):
            return _not(_tree(part, view, gone))
    return _plain({"expr": Expr(tree)}, view, gone)


def _plain(condition: Mapped, view: View, gone: Collection[str]) -> Answer:
    if not fields_behind(condition, view.book).isdisjoint(gone):
        return Answer.UNCLEAR
    return Answer.YES if view.holds(condition) else Answer.NO


def _all(answers: Iterable[Answer]) -> Answer:
    return min(answers, default=Answer.YES)


def _any(answers: Iterable[Answer]) -> Answer:
    return max(answers, default=Answer.NO)


def _not(one: Answer) -> Answer:
    return Answer(2 - one)


def _several(said: Any) -> Iterable[Any]:
    return said if isinstance(said, list | tuple) else [said]
