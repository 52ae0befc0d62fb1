"""Rules over a frame of records: anchor, warn_at and breach_at of every clock, and its state at any moment.

A deadline is a pure function of record, rule and calendar (rules.md, "Deadline"); time enters only in deadlines.py.
What can be known before a frame comes is in plans.py; what rules have in common is computed once a frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.anchors import Anchors, anchors
from stalewatch.domain.branchless import constant, lowest, only, somewhere
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.calendars import Calendars, Chosen
from stalewatch.domain.conditions import Scope
from stalewatch.domain.deadlines import Deadlines, State
from stalewatch.domain.durations import Duration, ratio
from stalewatch.domain.frame import Frame
from stalewatch.domain.instants import NEVER, OUTSIDE, Instants, Mask
from stalewatch.domain.language.model import Rule, RuleSet
from stalewatch.domain.pauses import Pauses
from stalewatch.domain.plans import Plan, RulePlan, plan_for
from stalewatch.domain.waits import Waits, pauses_of, waits

# Looking a member of an enum up, and comparing an array with it, takes longer than judging one record by one rule.
_CLOSED, _CANNOT_JUDGE, _NOT_APPLICABLE = map(int, (State.CLOSED, State.CANNOT_JUDGE, State.NOT_APPLICABLE))
_NO_CLOCK, _SATISFIED, _WATCHING = map(int, (State.NO_CLOCK, State.SATISFIED, State.WATCHING))

Limits = NDArray[np.signedinteger[Any]]
"""Index of a row of `within`, -1 where none matches."""
Clocks = NDArray[np.intp]
"""Positions of some clocks of a rule, ascending."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule over a frame: one clock per record, or per event of an `each` rule.

    The arrays are to be read only: rules share what they have in common.

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
    limit: Limits
    estimated: Mask


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges frames by a set of rules. Keep it: the first frame of an object compiles the rules.

    Attributes:
        default_warn: used by rules without `warn` where it is at most half of the matched limit; None: never.
        off: rules that are not computed at all.
    """

    rules: RuleSet
    calendars: Calendars
    default_warn: Duration | None = None
    off: frozenset[str] = frozenset()
    _plans: dict[str, Plan] = field(default_factory=dict, init=False, repr=False, compare=False)

    def judge(self, frame: Frame) -> list[Verdict]:
        """The verdict of every rule that watches this object; no record influences another.

        Frames of 16,000 to 64,000 records are judged fastest: their columns stay in the processor's cache.
        """
        plan = self._plan(frame.object)
        with np.errstate(all="ignore"):  # dividing by zero is empty, and comparing with NaN is false
            batch = _Batch(plan, frame, self.calendars.choose(frame, self.rules, plan.program))
            return [_RuleOnFrame(step, batch, self.default_warn).verdict() for step in plan.steps]

    def _plan(self, obj: str) -> Plan:
        plan = self._plans.get(obj)
        if plan is None:
            plan = self._plans[obj] = plan_for(self.rules, obj, self.off)
        return plan


class _Batch:
    """What the rules have in common on one frame, each part computed when a rule first asks for it."""

    def __init__(self, plan: Plan, frame: Frame, chosen: Chosen) -> None:
        self.plan, self.frame, self.chosen = plan, frame, chosen
        self.scope = Scope(frame, plan.rules, chosen, plan.program)
        self.row = np.arange(frame.size)
        is_open = frame.columns["is_open"]
        self.closed: Mask = ~(is_open.present & is_open.values.astype(np.bool_, copy=False))
        self._anchors: dict[int, Anchors] = {}
        self._waits: dict[int, Waits | None] = {}

    def anchors(self, start: int) -> Anchors:
        found = self._anchors.get(start)
        if found is None:
            found = self._anchors[start] = anchors(self.plan.starts[start], self.scope, self.chosen)
        return found

    def waits(self, pause: int) -> Waits | None:
        if pause not in self._waits:
            self._waits[pause] = waits(self.plan.pauses[pause], self.scope, self.chosen)
        return self._waits[pause]


class _RuleOnFrame:
    """One rule on one frame: the steps of rules.md's deadline, in their order."""

    def __init__(self, plan: RulePlan, batch: _Batch, default_warn: Duration | None) -> None:
        self.plan, self.batch, self.default_warn = plan, batch, default_warn
        self.start = batch.plan.starts[plan.start]
        self.anchors = batch.anchors(plan.start)
        self.size = len(self.anchors.at)
        self.row, self.scope = batch.row, batch.scope
        if self.anchors.row is not None and self.anchors.began is not None:
            self.row = self.anchors.row
            self.scope = batch.scope.over(self.row, self.anchors.began)
        elif plan.reads_clock:
            self.scope = batch.scope.since(self.anchors.at)

    def verdict(self) -> Verdict:
        """Compute every clock of the rule."""
        limit = self._limit()
        base: NDArray[np.int8] = lowest(self.size, _WATCHING, self._verdicts_without_time(limit))
        (clocks,) = (base == _WATCHING).nonzero()
        breach_at, warn_at, pauses = self._deadlines(clocks, limit, base)
        excepted_until, unclear_until = self._excepted_until()
        deadlines = Deadlines(base, self.anchors.at, warn_at, breach_at, excepted_until, pauses, unclear_until)
        return Verdict(self.plan.rule, self.row, self.anchors.subject, deadlines, limit, self.anchors.estimated)

    def _verdicts_without_time(self, limit: Limits) -> Iterator[tuple[Mask, int]]:
        yield self._taken(self.batch.closed), _CLOSED
        yield from ((mask, _CANNOT_JUDGE) for mask in self._blind())
        if self.plan.where is not None:
            yield ~self.plan.where(self.scope), _NOT_APPLICABLE
        if self.plan.whens[-1] is not None:
            yield limit < 0, _NOT_APPLICABLE
        yield self.anchors.missing, _NO_CLOCK
        if self.plan.until is not None:
            yield self.plan.until(self.scope), _SATISFIED

    def _blind(self) -> Iterator[Mask]:
        """Where a field that decides (start, where, until, their scores) cannot be told, or a date is beyond us."""
        if self.anchors.beyond is not None:
            yield self.anchors.beyond
        frame = self.batch.frame
        for name in self.plan.judged:
            if name not in frame.columns:
                yield constant(True, self.size, np.bool_)
            elif name in frame.unavailable:
                yield self._taken(frame.unavailable[name])

    def _taken(self, mask: Mask) -> Mask:
        return mask if self.anchors.row is None else mask[self.row]

    def _limit(self) -> Limits:
        whens = self.plan.whens
        if whens == (None,):
            return constant(0, self.size, np.int8)
        always = constant(True, self.size, np.bool_)
        rows = ((always if when is None else when(self.scope), number) for number, when in enumerate(whens))
        limit = lowest(self.size, len(whens), rows)
        return limit if whens[-1] is None else np.where(limit == len(whens), -1, limit)

    def _excepted_until(self) -> tuple[Instants, Instants | None]:
        """Until when exceptions hold, and until when one could hold of which nobody can tell."""
        until, unclear = constant(NEVER, self.size, np.int64), None
        for exception in self.plan.exceptions:
            day_of_all = constant(exception.ends_on, self.batch.frame.size, np.int64)
            ends = self.batch.scope.per_calendar(day_of_all, Calendar.midnight)[self.row]
            if exception.where is None or exception.bounds is None:
                until = np.maximum(until, ends)
            elif self.scope.hidden(exception.reads) is None:
                until = np.maximum(until, only(ends, exception.where(self.scope)))
            else:
                sure, could = exception.bounds(self.scope)
                until = np.maximum(until, only(ends, sure))
                open_until = only(ends, could & ~sure)
                unclear = open_until if unclear is None else np.maximum(unclear, open_until)
        return until, unclear

    # ---------------------------------------------------------------------------------------- the deadline

    def _deadlines(
        self, clocks: Clocks, limit: Limits, base: NDArray[np.int8]
    ) -> tuple[Instants, Instants, Pauses | None]:
        """breach_at, warn_at and waits of the clocks that run; one that leaves the tables cannot be judged."""
        if not len(clocks):
            never = constant(NEVER, self.size, np.int64)
            return never, never, None
        pauses = self._pauses(clocks)
        breach_at = np.full(self.size, NEVER, np.int64)
        warn_at = breach_at if self.plan.rule.warn is None and self.default_warn is None else breach_at.copy()
        for calendar, limit_here, mine in self._groups(clocks, limit):
            here = None if pauses is None else pauses.taken(mine)
            breach, warn = self._due(calendar, limit_here, mine, here)
            lost = breach == OUTSIDE if warn is breach else (breach == OUTSIDE) | (warn == OUTSIDE)
            if somewhere(lost):
                base[mine[lost]] = _CANNOT_JUDGE
                breach[lost] = warn[lost] = NEVER
            warn_at[mine] = warn
            breach_at[mine] = breach
        return breach_at, warn_at, pauses

    def _groups(self, clocks: Clocks, limit: Limits) -> Iterator[tuple[Calendar, Duration, Clocks]]:
        """The clocks by calendar and limit, those with none left out."""
        for calendar, mine in self.anchors.chosen.split(clocks):
            if len(self.plan.limits) == 1:
                yield calendar, self.plan.rule.within[0].duration, mine
                continue
            rows = limit[mine]
            for duration, numbers in self.plan.limits.items():
                group = np.flatnonzero(reduce(np.logical_or, (rows == number for number in numbers)))
                if len(group):
                    yield calendar, duration, mine[group]

    def _due(
        self, calendar: Calendar, limit: Duration, clocks: Clocks, waits_here: Pauses | None
    ) -> tuple[Instants, Instants]:
        """breach_at and warn_at of some clocks with one calendar and one limit."""
        anchor = self.anchors.at[clocks]
        shares_days = self.start.is_shared and limit.unit.counts_dates
        day = self.anchors.days[clocks] if shares_days else None
        breach = calendar.add(anchor, limit, waits_here, self.anchors.dated_of(clocks), day=day)
        warn = self.plan.rule.warn or warning_before(self.default_warn, limit, calendar.open_minutes)
        if warn is None:
            return breach, breach
        early = calendar.sub(breach, warn, waits_here)
        return breach, early if self.start.is_dated else np.maximum(early, anchor, out=early)

    def _pauses(self, clocks: Clocks) -> Pauses | None:
        pause = self.plan.rule.pause
        found = None if self.plan.pause is None else self.batch.waits(self.plan.pause)
        if found is None or pause is None:
            return None
        packed = pauses_of(found, pause.most, self.row[clocks], self.anchors.at[clocks])
        if packed is None:
            return None
        count = np.zeros(self.size + 1, np.int64)
        count[clocks + 1] = np.diff(packed.first)
        return Pauses(np.cumsum(count), packed.start, packed.end)


@lru_cache(maxsize=1024)
def warning_before(default: Duration | None, limit: Duration, open_minutes: int) -> Duration | None:
    """`defaults.warn` where it is at most half of the limit, else None: the rule does not warn."""
    if default is None or limit.amount == 0:
        return None
    return default if 2 * ratio(default, limit, open_minutes) <= 1 else None
