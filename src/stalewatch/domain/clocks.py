"""Rules over a frame of records: anchor, warn_at and breach_at of every clock, and its state at any moment.

A deadline is a pure function of record, rule and calendar (rules.md, "Deadline"); time enters only in deadlines.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.calendar import Calendar
from stalewatch.domain.calendars import Calendars, Chosen
from stalewatch.domain.conditions import Scope
from stalewatch.domain.deadlines import Deadlines, State
from stalewatch.domain.durations import Duration, ratio
from stalewatch.domain.frame import Frame
from stalewatch.domain.instants import NEVER, OUTSIDE, Instants, Mask, to_day
from stalewatch.domain.language.model import (
    Combine,
    Condition,
    Each,
    FieldType,
    FromFields,
    Mode,
    Rule,
    RuleSet,
    Since,
)
from stalewatch.domain.language.reads import fields_read
from stalewatch.domain.pauses import Pauses
from stalewatch.domain.timeline import became_true
from stalewatch.domain.waits import pauses_of, waits


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule over a frame: one clock per record, or per event of an `each` rule.

    Attributes:
        row: the record of each clock, by position in the frame.
        subject: the event's id of each clock; None unless the rule starts with `each`.
        limit: index of the matching row of `rule.within`, -1 where there is none.
        estimated: where the anchor is only the record's creation.
    """

    rule: Rule
    row: NDArray[np.int64]
    subject: NDArray[np.object_] | None
    deadlines: Deadlines
    limit: NDArray[np.int64]
    estimated: Mask


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges frames by a set of rules.

    Attributes:
        default_warn: used by rules without `warn` where it is at most half of the matched limit; None: never.
        off: rules that are not computed at all.
    """

    rules: RuleSet
    calendars: Calendars
    default_warn: Duration | None = None
    off: frozenset[str] = frozenset()

    def judge(self, frame: Frame) -> list[Verdict]:
        """The verdict of every rule that watches this object; no record influences another."""
        chosen = self.calendars.choose(frame, self.rules)
        scope = Scope(frame, self.rules, chosen)
        return [
            _RuleOnFrame(self, rule, scope, chosen).verdict()
            for rule in self.rules.rules
            if rule.watch == frame.object and rule.id not in self.off and rule.mode is not Mode.OFF
        ]


class _RuleOnFrame:
    """One rule on one frame: the steps of rules.md's deadline, in their order."""

    def __init__(self, judge: Judge, rule: Rule, scope: Scope, chosen: Chosen) -> None:
        self.judge, self.rule, self.chosen = judge, rule, chosen
        self.frame, self.rules = scope.frame, scope.rules
        self.estimated = np.zeros(self.frame.size, np.bool_)
        self.subject: NDArray[np.object_] | None = None
        if isinstance(rule.start, Each):
            events = self.frame.events.get(rule.start.event)
            none = np.zeros(0, np.int64)
            self.row = none if events is None else events.row
            self.subject = np.zeros(0, np.object_) if events is None else events.subject
            self.anchor = none if events is None else events.at
            self.estimated = np.zeros(len(self.row), np.bool_)
            self.scope = scope.over(self.row, none if events is None else events.began)
        else:
            self.row = np.arange(self.frame.size)
            self.anchor = self._start(rule.start, scope)
            self.scope = scope.since(self.anchor)
        self.size = len(self.row)

    def verdict(self) -> Verdict:
        """Compute every clock of the rule."""
        judgeable = ~self._cannot_judge()
        applies = self._holds(self.rule.where)
        done = self._holds(self.rule.until, without=False)
        limit = self._limit()
        is_open = self._is_open()
        runs = is_open & judgeable & applies & (self.anchor != NEVER) & ~done & (limit >= 0)
        breach_at, warn_at, pauses = self._deadlines(runs, limit)
        outside = runs & ((breach_at == OUTSIDE) | (warn_at == OUTSIDE))
        base = np.select(
            [
                ~is_open,
                ~judgeable | outside,
                ~applies | (limit < 0),
                self.anchor == NEVER,
                done,
            ],
            [State.CLOSED, State.CANNOT_JUDGE, State.NOT_APPLICABLE, State.NO_CLOCK, State.SATISFIED],
            State.WATCHING,
        ).astype(np.int8)
        dead = base != State.WATCHING
        breach_at[dead], warn_at[dead] = NEVER, NEVER
        clocks = Deadlines(base, self.anchor, warn_at, breach_at, self._excepted_until(), pauses)
        return Verdict(self.rule, self.row, self.subject, clocks, limit, self.estimated)

    # ---------------------------------------------------------------------------------------- the start

    def _start(self, start: FromFields | Since, scope: Scope) -> Instants:
        if isinstance(start, Since):
            anchor, self.estimated = became_true(
                start.condition, self.frame, self.rules, self.chosen, scope.holds(start.condition)
            )
            return anchor
        anchor = np.full(self.frame.size, NEVER, np.int64)
        for ref in start.fields:
            column = scope.column(ref.name)
            instant = column.values.astype(np.int64)
            if ref.type is FieldType.DATE:
                instant = scope.per_calendar(instant, Calendar.closes_at)
            takes = column.present & _takes(start.combine, anchor, instant)
            anchor = np.where(takes, instant, anchor)
        return anchor

    # ------------------------------------------------------------------------------------ what it applies to

    def _holds(self, condition: Condition | None, *, without: bool = True) -> Mask:
        return np.full(self.size, without) if condition is None else self.scope.holds(condition)

    def _is_open(self) -> Mask:
        column = self.frame.columns["is_open"]
        is_open: Mask = (column.present & column.values.astype(np.bool_))[self.row]
        return is_open

    def _cannot_judge(self) -> Mask:
        """Where a field that decides (start, where, until, their scores) cannot be told, or a date is beyond us."""
        unknown: Mask = self.anchor == OUTSIDE
        for name in fields_read(self.rule, self.rules).judged:
            if name not in self.frame.columns:
                return np.ones(self.size, np.bool_)
            gone = self.frame.unavailable.get(name)
            if gone is not None:
                unknown = unknown | gone[self.row]
        return unknown

    def _excepted_until(self) -> Instants:
        until = np.full(self.size, NEVER, np.int64)
        for exception in self.rules.exceptions:
            if exception.watch == self.rule.watch and self.rule.id in exception.rules:
                day = np.full(self.size, to_day(exception.until) + 1, np.int64)
                ends = self.scope.per_calendar(day, Calendar.midnight)
                matches = self._holds(exception.where)
                until = np.where(matches, np.maximum(until, ends), until)
        return until

    # ---------------------------------------------------------------------------------------- the deadline

    def _limit(self) -> NDArray[np.int64]:
        limit = np.full(self.size, -1, np.int64)
        for number, row in enumerate(self.rule.within):
            free = limit < 0
            limit[free & self._holds(row.when)] = number
        return limit

    def _deadlines(self, runs: Mask, limit: NDArray[np.int64]) -> tuple[Instants, Instants, Pauses | None]:
        breach_at = np.full(self.size, NEVER, np.int64)
        warn_at = breach_at.copy()
        pauses = self._pauses(runs)
        dated = isinstance(self.rule.start, FromFields) and self.rule.start.is_dated
        which = self.chosen.taken(self.row)
        for calendar, where in which.each():
            mine = np.zeros(self.size, np.bool_)
            mine[where] = True
            for number, row in enumerate(self.rule.within):
                clocks = np.flatnonzero(runs & mine & (limit == number))
                if not len(clocks):
                    continue
                waits_here = None if pauses is None else _selected(pauses, clocks)
                breach = calendar.add(self.anchor[clocks], row.duration, waits_here, dated)
                breach_at[clocks] = breach
                warn_at[clocks] = self._warn_at(calendar, clocks, breach, row.duration, waits_here, dated=dated)
        return breach_at, warn_at, pauses

    def _warn_at(
        self, calendar: Calendar, clocks: NDArray[np.intp], breach: Instants, limit: Duration,
        waits_here: Pauses | None, *, dated: bool,
    ) -> Instants:  # fmt: skip
        warn = self.rule.warn or warning_before(self.judge.default_warn, limit, calendar.open_minutes)
        if warn is None:
            return breach
        early = calendar.sub(breach, warn, waits_here)
        return early if dated else np.maximum(early, self.anchor[clocks])

    def _pauses(self, runs: Mask) -> Pauses | None:
        if self.rule.pause is None:
            return None
        found = waits(self.rule.pause, self.frame, self.rules, self.chosen)
        clocks = np.flatnonzero(runs)
        packed = pauses_of(found, self.rule.pause.most, self.row[clocks], self.anchor[clocks])
        count = np.zeros(self.size + 1, np.int64)
        count[clocks + 1] = np.diff(packed.first)
        return Pauses(np.cumsum(count), packed.start, packed.end)


def _takes(combine: Combine, anchor: Instants, instant: Instants) -> Mask:
    missing: Mask = anchor == NEVER
    match combine:
        case Combine.LATEST:
            return missing | (instant > anchor)
        case Combine.EARLIEST:
            return missing | (instant < anchor)
        case Combine.FIRST:
            return missing


def _selected(pauses: Pauses, clocks: NDArray[np.intp]) -> Pauses | None:
    """The pauses of some clocks, renumbered; None if they have none, so that nobody pays for them."""
    count = np.diff(pauses.first)[clocks]
    if not count.any():
        return None
    first = np.concatenate(([0], np.cumsum(count)))
    source = np.repeat(pauses.first[clocks] - first[:-1], count) + np.arange(first[-1])
    return Pauses(first, pauses.start[source], pauses.end[source])


def warning_before(default: Duration | None, limit: Duration, open_minutes: int) -> Duration | None:
    """`defaults.warn` where it is at most half of the limit, else None: the rule does not warn."""
    if default is None or limit.amount == 0:
        return None
    return default if 2 * ratio(default, limit, open_minutes) <= 1 else None
