"""What a condition says of records of which only some choices are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stalewatch.domain.language.predicates import All, AnyOf, Compare, Condition, Literal, Not, OneOf, Ref


def holds(condition: Condition | None, known: Mapping[str, str]) -> bool | None:
    """Whether it holds for each of these records: True, False for none of them, None: for some, or nobody can tell.

    Args:
        known: field -> its value in all of them.
    """
    match condition:
        case None:
            return True
        case All(parts):
            return _all(holds(part, known) for part in parts)
        case AnyOf(parts):
            return _not(_all(_not(holds(part, known)) for part in parts))
        case Not(part):
            return _not(holds(part, known))
        case _:
            return _told(condition, known)


def _told(condition: Condition, known: Mapping[str, str]) -> bool | None:
    match condition:
        case OneOf(ref, values, negated) if ref.name in known:
            return (known[ref.name] in {one.value for one in values}) is not negated
        case Compare("==" | "!=" as op, Ref(name), Literal(value)) if name in known:
            return (known[name] == value) is (op == "==")
        case _:
            return None


def _not(one: bool | None) -> bool | None:
    return None if one is None else not one


def _all(some: Iterable[bool | None]) -> bool | None:
    told = list(some)
    return False if False in told else None if None in told else True
