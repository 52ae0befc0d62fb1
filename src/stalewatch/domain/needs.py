"""What a set of rules must be able to read of a record before it can judge it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stalewatch.domain.calendars import Calendars
from stalewatch.domain.language.model import (
    All,
    AnyOf,
    Compare,
    Condition,
    Contains,
    Each,
    Entered,
    FromFields,
    Not,
    OneOf,
    Ref,
    Rule,
    RuleSet,
    Since,
)
from stalewatch.domain.language.refs import fields, resolve

ALWAYS = frozenset({"is_open", "created_at"})
"""Read for every record: whether a clock can run at all, and where an estimated one starts."""
KEPT_HISTORY = frozenset({"stage", "amount", "close_date", "owner", "forecast_category"})
"""Fields whose changes are kept whatever the rules say: KPIs and explanations read them."""


@dataclass(frozen=True, slots=True)
class Needs:
    """For the records of one object.

    Attributes:
        fields: catalogue fields that are read at all.
        texts: those of them whose text itself is read; of the others only whether they are empty.
        history: fields whose changes are read.
        events: kinds of events that start clocks.
    """

    fields: frozenset[str]
    texts: frozenset[str]
    history: frozenset[str]
    events: frozenset[str]

    @property
    def tracked(self) -> frozenset[str]:
        """Fields whose changes a sync writes down."""
        return self.history | KEPT_HISTORY


def needs(rules: RuleSet, calendars: Calendars) -> Mapping[str, Needs]:
    """What the rules need, per object of the catalogue."""
    return {obj: _of_object(obj, rules, calendars) for obj in rules.catalogue.objects}


def _of_object(obj: str, rules: RuleSet, calendars: Calendars) -> Needs:
    mine = [rule for rule in rules.rules if rule.watch == obj]
    read = set(ALWAYS) | calendars.fields(rules)
    texts: set[str] = set()
    history: set[str] = set()
    for condition in _conditions(obj, mine, rules, calendars):
        read |= fields(condition, rules)
        texts |= _texts(condition)
        history |= {ref.name for ref in _entered(condition)}
    for rule in mine:
        read |= _own(rule)
        history |= _past(rule, rules)
    texts |= {text for score in rules.scores.values() for _, item in score.items for text in _texts(item)}
    known = rules.catalogue.objects[obj].keys()
    events = frozenset(rule.start.event for rule in mine if isinstance(rule.start, Each))
    return Needs(frozenset(read & known), frozenset(texts & known), frozenset(history & known), events)


def _conditions(obj: str, mine: Iterable[Rule], rules: RuleSet, calendars: Calendars) -> list[Condition]:
    found = [exception.where for exception in rules.exceptions if exception.watch == obj]
    found += [condition for condition, _ in calendars.rows]
    for rule in mine:
        found += [rule.where, rule.until, *(limit.when for limit in rule.within)]
        found += [rule.start.condition] if isinstance(rule.start, Since) else []
        found += [rule.pause.condition] if rule.pause else []
    return [condition for condition in found if condition is not None]


def _own(rule: Rule) -> set[str]:
    """Fields that a rule reads outside its conditions."""
    found = {ref.name for ref in rule.start.fields} if isinstance(rule.start, FromFields) else set()
    if rule.pause is not None:
        found |= {ref.name for ref in (rule.pause.since, rule.pause.until) if ref is not None}
    return found


def _past(rule: Rule, rules: RuleSet) -> set[str]:
    """Fields whose past a rule asks about."""
    found = set(fields(rule.start.condition, rules)) if isinstance(rule.start, Since) else set()
    if rule.pause is not None:
        found |= {ref.name for ref in (rule.pause.since, rule.pause.until) if ref is not None}
        found |= fields(rule.pause.condition, rules) if rule.pause.condition else set()
    return found


def _entered(condition: Condition) -> Iterable[Ref]:
    match condition:
        case Entered(ref=ref):
            yield ref
        case Not(part=part):
            yield from _entered(part)
        case All(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from _entered(part)
        case _:
            return


def _texts(condition: Condition) -> set[str]:
    """Text fields whose content the condition compares; `set`, `filled` and `entered` need no content."""
    match condition:
        case Compare(left=left, right=right):
            return {term.name for term in (left, right) if isinstance(term, Ref) and term.type.is_text}
        case OneOf(ref=ref) | Contains(ref=ref):
            return {ref.name} if ref.type.is_text else set()
        case Not(part=part):
            return _texts(part)
        case All(parts=parts) | AnyOf(parts=parts):
            return {name for part in parts for name in _texts(part)}
        case _:
            return set()


def resolved(names: Iterable[str], rules: RuleSet) -> frozenset[str]:
    """The catalogue fields behind some names, seen through bands and scores."""
    return frozenset(field for name in names for field in resolve(name, rules))
