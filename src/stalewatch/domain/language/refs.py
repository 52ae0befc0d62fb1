"""Which fields a condition reads, seen through bands and scores down to the catalogue."""

from __future__ import annotations

from collections.abc import Iterator

from stalewatch.domain.language.model import (
    All,
    AnyOf,
    Arithmetic,
    Compare,
    Condition,
    Contains,
    Entered,
    IsSet,
    Not,
    OneOf,
    Ref,
    RuleSet,
    Term,
)


def refs(condition: Condition) -> Iterator[Ref]:
    """Every field, band and score that the condition names, as it names them."""
    match condition:
        case Compare(left=left, right=right):
            yield from _term_refs(left)
            yield from _term_refs(right)
        case OneOf(ref=ref) | Contains(ref=ref) | IsSet(ref=ref) | Entered(ref=ref):
            yield ref
        case Not(part=part):
            yield from refs(part)
        case All(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from refs(part)


def fields(condition: Condition, rules: RuleSet) -> frozenset[str]:
    """The catalogue fields behind the condition: a band gives its amount, a score its items' fields."""
    return frozenset(name for ref in refs(condition) for name in resolve(ref.name, rules))


def resolve(name: str, rules: RuleSet) -> frozenset[str]:
    """The catalogue fields behind one name."""
    if name in rules.bands:
        return frozenset({rules.bands[name].of.name})
    if name.startswith("score."):
        items = rules.scores[name.removeprefix("score.")].items
        return frozenset(field for _, item in items for field in fields(item, rules))
    return frozenset({name})


def _term_refs(term: Term) -> Iterator[Ref]:
    if isinstance(term, Ref):
        yield term
    elif isinstance(term, Arithmetic):
        yield from _term_refs(term.left)
        yield from _term_refs(term.right)
