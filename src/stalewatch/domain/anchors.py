"""When each clock of a rule starts: at fields of the record, since a condition became true, or at each event."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.branchless import constant, only, somewhere
from stalewatch.domain.calendars import Chosen, Positions
from stalewatch.domain.conditions import Scope
from stalewatch.domain.frame import Column
from stalewatch.domain.instants import NEVER, OUTSIDE, Instants, Mask
from stalewatch.domain.language.model import Combine, Each, FieldType, FromFields, Ref, Since
from stalewatch.domain.plans import StartPlan
from stalewatch.domain.timeline import became_true

Days = NDArray[np.int64]


@dataclass
class Anchors:
    """The starts of some clocks. Nobody writes into the arrays: rules with equal starts share them.

    Attributes:
        at: NEVER where there is none, OUTSIDE where no calendar reaches.
        estimated: where it is only the record's creation.
        dated: where it is a date without a time, and therefore the close of that date.
        row: the record of each clock; None if there is one per record, in order.
        subject, began: the event's id, and since when `entered` counts; None unless there is one clock per event.
        missing: where no clock starts.
        beyond: where one starts beyond the calendars' tables; None if none does, as almost always.
    """

    at: Instants
    estimated: Mask
    chosen: Chosen
    dated: Mask | bool = False
    row: NDArray[np.int64] | None = None
    subject: NDArray[np.object_] | None = None
    began: Instants | None = None
    missing: Mask = field(init=False)
    beyond: Mask | None = field(init=False)

    def __post_init__(self) -> None:
        self.missing = self.at == NEVER
        beyond = self.at == OUTSIDE
        self.beyond = beyond if somewhere(beyond) else None

    @cached_property
    def days(self) -> Days:
        """The local date after which each clock counts, by its own record's calendar."""
        parts = self.chosen.each()
        if len(parts) == 1:
            return parts[0][0].start_day(self.at, self.dated)
        days = np.empty(len(self.at), np.int64)
        for calendar, where in parts:
            days[where] = calendar.start_day(self.at[where], self.dated_of(where))
        return days

    def dated_of(self, clocks: Positions) -> Mask | bool:
        """`dated` of some clocks."""
        return self.dated if isinstance(self.dated, bool) else self.dated[clocks]


def anchors(plan: StartPlan, scope: Scope, chosen: Chosen) -> Anchors:
    """The starts of a rule's clocks over the whole frame of a scope."""
    match plan.start:
        case Each(event=event):
            return _each(event, scope, chosen)
        case Since():
            return Anchors(*became_true(plan, scope, chosen), chosen)
        case FromFields() as start:
            columns = [_instants(ref, scope) for ref in start.fields]
            at = _combined(start.combine, columns)
            return Anchors(at, constant(False, scope.size, np.bool_), chosen, _dated(start, columns, at))


def _each(event: str, scope: Scope, chosen: Chosen) -> Anchors:
    found = scope.frame.events.get(event)
    if found is None:
        none = np.zeros(0, np.int64)
        return Anchors(none, np.zeros(0, np.bool_), chosen, False, none, np.zeros(0, np.object_), none)
    estimated = constant(False, len(found.row), np.bool_)
    return Anchors(found.at, estimated, chosen.taken(found.row), False, found.row, found.subject, found.began)


def _combined(combine: Combine, columns: list[Column]) -> Instants:
    match combine:
        case Combine.LATEST:
            return _latest(columns)
        case Combine.EARLIEST:
            # The earliest is the latest of a time that runs backwards; ~ turns int64 around without an overflow.
            found = ~_latest([Column(~values, present) for values, present in columns])
            return only(found, np.logical_or.reduce([column.present for column in columns]))
        case Combine.FIRST:
            *_, (values, present) = columns
            anchor = only(values, present)
            for values, present in columns[-2::-1]:
                anchor = np.where(present, values, anchor)
            return anchor


def _latest(columns: list[Column]) -> Instants:
    anchor = only(*columns[0])
    for values, present in columns[1:]:
        np.maximum(anchor, only(values, present), out=anchor)
    return anchor


def _instants(ref: Ref, scope: Scope) -> Column:
    column = scope.closes(ref.name) if ref.type is FieldType.DATE else scope.column(ref.name)
    return Column(column.values.astype(np.int64, copy=False), column.present)


def _dated(start: FromFields, columns: list[Column], at: Instants) -> Mask | bool:
    """Where the field that gave the anchor is a date; of two that give the same instant it is the first."""
    kinds = [ref.type is FieldType.DATE for ref in start.fields]
    if len(set(kinds)) == 1:
        return kinds[0]
    dated = np.zeros(len(at), np.bool_)
    for is_date, (values, present) in reversed(list(zip(kinds, columns, strict=True))):
        dated[present & (values == at)] = is_date
    return dated
