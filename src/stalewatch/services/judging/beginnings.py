"""What set the start of a clock, and who says so: the field, the stage, the condition or the event."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from stalewatch.domain.because import names
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.explain import AnchorSource, StartedBy
from stalewatch.domain.language.events import event_title
from stalewatch.domain.language.model import (
    All,
    AnyOf,
    Condition,
    Each,
    FieldType,
    FromFields,
    Not,
    Origin,
    Ref,
    Rule,
    RuleSet,
    Words,
)
from stalewatch.domain.language.refs import fields
from stalewatch.domain.missing import title_of
from stalewatch.domain.needs import Needs
from stalewatch.services.judging.clauses import spoken, stored
from stalewatch.store import changes
from stalewatch.store.engine import Connection

Told = Mapping[tuple[str, str, int], str]
"""(record, field, instant) of a change -> who says so: "crm", "seen" or "stalewatch"."""

_BEHIND: Final = {"stage_entered_at": "stage", "previous_amount": "amount", "close_date_pushes": "close_date"}
"""Fields that follow from the past of another one."""
_MOVED: Final = {
    "stage_regressed": ("stage",),
    "proposal_sent": ("stage", "proposal_sent_at"),
    "amount_decreased": ("amount",),
    "close_date_pushed": ("close_date",),
}
"""Events that follow from the past of fields."""
_PAST: Final = frozenset(_BEHIND.values())
_SHORT: Final = 2
"""Leaves up to which a condition is repeated in full."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """What set an anchor, the words for it, and who says so."""

    start: StartedBy
    said: tuple[Words, ...]
    source: AnchorSource


def told(conn: Connection, ids: Collection[str], needs: Needs) -> Told:
    """Who says when the fields changed that the start of a clock may follow."""
    return {(row[0], row[1], row[2]): row[5] for row in changes.read(conn, ids, needs.history | _PAST)}


def beginning(
    rule: Rule, rules: RuleSet, row: Any, anchor: int | None, calendar: Calendar, by: Told, now: int, *, estimated: bool
) -> Beginning:
    """What set this anchor (None: there is none, and it is said what could have) of a clock on a stored record."""
    start, said, behind = _what(rule, rules, row, anchor, calendar, now)
    if estimated:
        return Beginning(start, said, AnchorSource.ESTIMATED)
    sources = {by[row.id, name, anchor] for name in behind if anchor is not None and (row.id, name, anchor) in by}
    if isinstance(rule.start, FromFields) and _is_ours(behind, rule, rules):
        return Beginning(start, said, AnchorSource.OURS)
    is_creation = anchor == row.created_at
    if is_creation and not sources and not _PAST.isdisjoint(behind):  # a past that nothing tells began with the record
        return Beginning(start, said, AnchorSource.ESTIMATED)
    return Beginning(start, said, _source(sources, is_creation=is_creation))


def _what(
    rule: Rule, rules: RuleSet, row: Any, anchor: int | None, calendar: Calendar, now: int
) -> tuple[StartedBy, tuple[Words, ...], tuple[str, ...]]:
    """How the start is said, its words, and the fields whose past may tell when it was."""
    match rule.start:
        case Each(event=event):
            return StartedBy.EVENT, (event_title(event),), _MOVED.get(event, ())
        case FromFields(fields=some):
            set_by = _set_by(some, row, anchor, calendar)
            behind = tuple(_BEHIND.get(name, name) for name in set_by)
            if set_by == ("stage_entered_at",) and anchor is not None and row._mapping.get("stage"):
                return StartedBy.STAGE, (_stage(row, rules),), behind
            return StartedBy.FIELD, tuple(title_of(name, rules) for name in set_by), behind
    condition = rule.start.condition
    behind = tuple(sorted(_BEHIND.get(name, name) for name in fields(condition, rules)))
    if sum(1 for _ in _leaves(condition)) <= _SHORT:
        return StartedBy.CONDITION, (spoken(condition, rule.watch, rules, now),), behind
    return StartedBy.FIELDS, tuple(title_of(name, rules) for name in names(condition)), behind


def _set_by(some: tuple[Ref, ...], row: Any, anchor: int | None, calendar: Calendar) -> tuple[str, ...]:
    """The field whose value is the anchor; all that could have been one where none is, or there is no anchor."""
    fitting = [ref.name for ref in some if anchor is not None and _instant(row, ref, calendar) == anchor]
    return tuple(fitting[:1]) or tuple(ref.name for ref in some)


def _instant(row: Any, ref: Ref, calendar: Calendar) -> int | None:
    value = stored(row, ref.name)
    if not isinstance(value, int):
        return None
    return int(calendar.closes_at(np.array([value], np.int64))[0]) if ref.type is FieldType.DATE else value


def _stage(row: Any, rules: RuleSet) -> Words:
    field = rules.catalogue.objects[row.object]["stage"]
    return field.value_titles.get(row.stage) or {"en": row.stage.replace("_", " ").capitalize()}


def _is_ours(behind: tuple[str, ...], rule: Rule, rules: RuleSet) -> bool:
    known = rules.catalogue.objects[rule.watch]
    return bool(behind) and all(name in known and known[name].origin is Origin.STALEWATCH for name in behind)


def _source(sources: set[str], *, is_creation: bool) -> AnchorSource:
    """The CRM's word counts before what a sync noticed; a value seen later is taken to be there from the creation."""
    if "crm" in sources:
        return AnchorSource.HISTORY
    if "seen" in sources:
        return AnchorSource.ESTIMATED if is_creation else AnchorSource.SEEN
    return AnchorSource.OURS if sources else AnchorSource.CRM


def _leaves(condition: Condition) -> Iterator[Condition]:
    match condition:
        case All(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from _leaves(part)
        case Not(part=part):
            yield from _leaves(part)
        case _:
            yield condition
