"""What a rule reads, derived from its text alone: for re-arming, for "cannot judge", and for what to fetch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from stalewatch.domain.language.model import (
    All,
    AnyOf,
    Arithmetic,
    Compare,
    Condition,
    Contains,
    Each,
    Entered,
    FromFields,
    IsSet,
    Not,
    OneOf,
    Ref,
    Rule,
    RuleSet,
    Since,
    Term,
)
from stalewatch.domain.language.refs import fields, refs, resolve


@dataclass(frozen=True, slots=True)
class Reads:
    """Catalogue fields that a rule reads; bands and scores are seen through to theirs.

    Attributes:
        judged: read by start, where, until, or a score used there: if one cannot be told for a record, the
            rule cannot judge it.
        lenient: read by within, pause and bands only: counts as empty where it cannot be told.
        values: fields whose value matters.
        presence: fields of which only matters whether they are set.
        history: fields whose changes matter (`since`, `entered`, pauses).
        events: kinds of events that start its clocks.
    """

    judged: frozenset[str]
    lenient: frozenset[str]
    values: frozenset[str]
    presence: frozenset[str]
    history: frozenset[str]
    events: frozenset[str]

    @property
    def all(self) -> frozenset[str]:
        return self.judged | self.lenient


def fields_read(rule: Rule, rules: RuleSet) -> Reads:
    """What a rule reads, without `is_open`, the calendar's choice and its exceptions (every rule has those)."""
    strict = [condition for condition in (rule.where, rule.until, _since(rule)) if condition]
    loose = [limit.when for limit in rule.within if limit.when] + _while(rule)
    anchors = {ref.name for ref in rule.start.fields} if isinstance(rule.start, FromFields) else set[str]()
    judged = {name for condition in strict for name in _judged(condition, rules)} | anchors
    everything = {name for condition in (*strict, *loose) for name in fields(condition, rules)}
    waits = {ref.name for ref in _wait_fields(rule)}
    uses = [use for condition in (*strict, *loose) for use in _uses(condition, rules)]
    values = {name for name, needs_value in uses if needs_value} | anchors | waits
    return Reads(
        judged=frozenset(judged),
        lenient=frozenset((everything | waits) - judged),
        values=frozenset(values),
        presence=frozenset((everything | anchors | waits) - values),
        history=frozenset(_history(rule, rules)),
        events=frozenset({rule.start.event}) if isinstance(rule.start, Each) else frozenset(),
    )


def rearming_fields(rule: Rule, rules: RuleSet, choose: Iterable[str] = ()) -> tuple[str, ...]:
    """Sorted: a change of any other field changes no deadline of the rule. An event reads `event:meeting`.

    Args:
        choose: the fields of `calendars.choose`. Definition: rules.md, "What re-arms".
    """
    reads = fields_read(rule, rules)
    excepted = excepting_fields(rule, rules)
    events = {f"event:{event}" for event in reads.events}
    return tuple(sorted({"is_open", *choose, *reads.all, *excepted, *events}))


def excepting_fields(rule: Rule, rules: RuleSet, on: date = date.min) -> frozenset[str]:
    """What the exceptions of a rule read: where one of these cannot be told, nobody may know whether one holds.

    Args:
        on: exceptions that ended before that day are left out.
    """
    return frozenset(
        name
        for exception in rules.exceptions
        if rule.id in exception.rules and exception.where and exception.until >= on
        for name in fields(exception.where, rules)
    )


def _since(rule: Rule) -> Condition | None:
    return rule.start.condition if isinstance(rule.start, Since) else None


def _while(rule: Rule) -> list[Condition]:
    return [rule.pause.condition] if rule.pause and rule.pause.condition else []


def _wait_fields(rule: Rule) -> list[Ref]:
    return [ref for ref in (rule.pause.until, rule.pause.since) if ref] if rule.pause else []


def _judged(condition: Condition, rules: RuleSet) -> Iterator[str]:
    """The fields behind a condition, but for those of bands: they count as empty (rules.md, "cannot_judge")."""
    for ref in refs(condition):
        if ref.name in rules.bands:
            continue
        if ref.name.startswith("score."):
            for _, item in rules.scores[ref.name.removeprefix("score.")].items:
                yield from _judged(item, rules)
        else:
            yield ref.name


def _history(rule: Rule, rules: RuleSet) -> Iterator[str]:
    for condition in (_since(rule), *_while(rule)):
        if condition:
            yield from fields(condition, rules)
    yield from (ref.name for ref in _wait_fields(rule))
    if rule.until:
        yield from (ref.name for ref in entered(rule.until))


def entered(condition: Condition) -> Iterator[Ref]:
    """The fields that a condition wants to have been entered."""
    match condition:
        case Entered(ref=ref):
            yield ref
        case Not(part=part):
            yield from entered(part)
        case All(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from entered(part)
        case _:
            return


def _uses(condition: Condition, rules: RuleSet) -> Iterator[tuple[str, bool]]:
    """Each field behind a condition, and whether its value is needed (else only its presence)."""
    match condition:
        case IsSet(ref=ref) | Entered(ref=ref):
            yield from _through(ref, False, rules)
        case OneOf(ref=ref) | Contains(ref=ref):
            yield from _through(ref, True, rules)
        case Compare(left=left, right=right):
            for ref in (*_terms(left), *_terms(right)):
                yield from _through(ref, True, rules)
        case Not(part=part):
            yield from _uses(part, rules)
        case All(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from _uses(part, rules)


def _through(ref: Ref, needs_value: bool, rules: RuleSet) -> Iterator[tuple[str, bool]]:
    if ref.name.startswith("score."):
        for _, item in rules.scores[ref.name.removeprefix("score.")].items:
            yield from _uses(item, rules)
        return
    for name in resolve(ref.name, rules):
        yield name, needs_value or ref.name in rules.bands


def _terms(term: Term) -> Iterator[Ref]:
    if isinstance(term, Ref):
        yield term
    elif isinstance(term, Arithmetic):
        yield from _terms(term.left)
        yield from _terms(term.right)
