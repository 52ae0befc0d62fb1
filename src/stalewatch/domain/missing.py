"""What a record still lacks: every part of a rule's `until` that is false, named by its field's title."""

from __future__ import annotations

from collections.abc import Iterator

from stalewatch.domain.conditions import Scope
from stalewatch.domain.language.model import (
    All,
    AnyOf,
    Condition,
    Field,
    Not,
    Rule,
    RuleSet,
    Since,
    Words,
)
from stalewatch.domain.language.refs import refs


def missing(rule: Rule, rules: RuleSet, scope: Scope) -> list[tuple[Words, ...]]:
    """Per answer of the scope the titles of what is missing, in the order of the rule, each once.

    In a `since` rule, whose condition is the trouble itself, it is what the scores it names lack.
    """
    if rule.until is not None:
        leaves = list(_leaves(rule.until, rules))
    elif isinstance(rule.start, Since):
        leaves = list(_leaves(rule.start.condition, rules, only_scores=True))
    else:
        leaves = []
    lacking = [(title, ~scope.holds(leaf)) for title, leaf in leaves]
    found: list[tuple[Words, ...]] = []
    for answer in range(scope.size):
        titles = [title for title, mask in lacking if mask[answer]]
        found.append(tuple({title.get("en", ""): title for title in titles}.values()))
    return found


def _leaves(condition: Condition, rules: RuleSet, *, only_scores: bool = False) -> Iterator[tuple[Words, Condition]]:
    """Every leaf with the title of the field it asks for; a score is opened into its items' leaves."""
    match condition:
        case All(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from _leaves(part, rules, only_scores=only_scores)
        case Not(part=All() | AnyOf()):
            yield from _leaves(condition.part, rules, only_scores=True)
        case _:
            for ref in refs(condition):
                score = rules.scores.get(ref.name.removeprefix("score.")) if ref.name.startswith("score.") else None
                if score is not None:
                    for _, item in score.items:
                        yield from _leaves(item, rules)
                elif not only_scores and ref.name not in rules.bands:
                    yield title_of(ref.name, rules), condition


def title_of(name: str, rules: RuleSet) -> Words:
    """The title of a field, score or band as a reader sees it; its name made readable where it has none."""
    for fields in rules.catalogue.objects.values():
        field: Field | None = fields.get(name)
        if field is not None and field.title:
            return field.title
    plain = name.removeprefix("score.").replace("roles.", "").replace("_", " ")
    return {"en": plain.upper() if name.startswith("score.") else plain}
