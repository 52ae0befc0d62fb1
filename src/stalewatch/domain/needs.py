"""What a set of rules must be able to read of a record before it can judge it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Final

from stalewatch.domain.calendars import Calendars
from stalewatch.domain.kpi.reads import tracked
from stalewatch.domain.language.model import Condition, RuleSet
from stalewatch.domain.language.reads import fields_read
from stalewatch.domain.language.refs import fields

ALWAYS: Final = frozenset({"is_open", "created_at"})
"""Read for every record: whether a clock can run at all, and where an estimated one starts."""
KEPT_HISTORY: Final = frozenset({"stage", "amount", "close_date", "owner", "forecast_category"})
"""Fields whose changes are kept whatever the rules say: explanations read them, and KPIs, which have more."""


@dataclass(frozen=True, slots=True)
class Needs:
    """For the records of one object.

    Attributes:
        fields: catalogue fields that are read at all.
        values: those of them whose value is read; of the others only whether they are set.
        history: fields whose changes are read.
        events: kinds of events that start clocks.
        measured: fields that KPIs look back at.
    """

    fields: frozenset[str]
    values: frozenset[str]
    history: frozenset[str]
    events: frozenset[str]
    measured: frozenset[str] = frozenset()

    @property
    def tracked(self) -> frozenset[str]:
        """Fields whose changes a sync writes down."""
        return self.history | self.measured | KEPT_HISTORY


def needs(rules: RuleSet, calendars: Calendars) -> Mapping[str, Needs]:
    """What the rules need, per object of the catalogue."""
    return {obj: _of_object(obj, rules, calendars) for obj in rules.catalogue.objects}


def _of_object(obj: str, rules: RuleSet, calendars: Calendars) -> Needs:
    reads = [fields_read(rule, rules) for rule in rules.rules if rule.watch == obj]
    beside = [exception.where for exception in rules.exceptions if exception.watch == obj]
    beside += [condition for condition, _ in calendars.rows]
    # Exceptions and the choice of a calendar are few and read for every record: their values are always needed.
    plain = _fields(beside, rules) | ALWAYS
    known = rules.catalogue.objects[obj].keys()
    return Needs(
        fields=frozenset((plain | _all(read.all for read in reads)) & known),
        values=frozenset((plain | _all(read.values for read in reads)) & known),
        history=frozenset(_all(read.history for read in reads) & known),
        events=_all(read.events for read in reads),
        measured=tracked(rules, obj),
    )


def _fields(conditions: Iterable[Condition | None], rules: RuleSet) -> frozenset[str]:
    return _all(fields(condition, rules) for condition in conditions if condition is not None)


def _all(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset(chain.from_iterable(sets))
