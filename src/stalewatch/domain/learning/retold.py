"""What one rule would have said of records over their past: an alert for each episode that came to its breach.

Most clocks are late once, and the arrays say when. One that was late, was not, and was late again may have been in the
same episode or in the next: where the arrays cannot tell, the step of a tick decides (episodes.py), from edge to edge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain import episodes
from stalewatch.domain.alerts import Alert, Policy, Reading
from stalewatch.domain.clocks import Verdict
from stalewatch.domain.deadlines import Deadlines, State
from stalewatch.domain.instants import NEVER, OUTSIDE, Instants, Mask
from stalewatch.domain.language.model import Since
from stalewatch.domain.learning.states import Seen

_WAITS: Final = 8
"""Waits one after the other in which a breach may lie; one more is not followed."""
_STATES: Final = tuple(State)
_SPEAKING: Final = frozenset({State.AT_RISK, State.BREACHED})
_MOMENT: Final = 1
"""What ended begins anew in the next microsecond, as in a tick."""

Positions = NDArray[np.intp]
PolicyOf = Callable[[int], Policy]
"""What governs a record in one of its states, by the row of that."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """The alerts of one rule: the row of each one's record, and the moment of its breach."""

    record: NDArray[np.int64]
    at: Instants


def spoken(verdict: Verdict, among: Seen, policy_of: PolicyOf) -> Spoken:
    """When each episode of the problems of a rule came to its breach."""
    clocks = _Clocks(verdict, among)
    late = clocks.late()
    begins = clocks.begins(late)
    doubtful = clocks.doubtful(late, begins, policy_of)
    if not len(doubtful):
        return Spoken(clocks.record[late[begins]], clocks.late_from[late[begins]])
    plain = late[begins & ~np.isin(clocks.problem[late], doubtful)]
    rows, moments = np.array([*_retold(clocks, doubtful, policy_of)], np.int64).reshape(-1, 2).T
    record, at = clocks.record[plain], clocks.late_from[plain]
    return Spoken(np.concatenate([record, rows]), np.concatenate([at, moments]))


@dataclass(frozen=True)
class _Clocks:
    """The clocks of a rule in all states of their records; positions are those in the verdict's arrays.

    Attributes:
        problem: a number for each record and subject.
        late_from: when each is late at the earliest, not before its state began; OUTSIDE where it never is.
    """

    verdict: Verdict
    among: Seen

    @cached_property
    def record(self) -> NDArray[np.int64]:
        return self.among.record[self.verdict.row]

    @cached_property
    def begun(self) -> Instants:
        return self.among.at[self.verdict.row]

    @cached_property
    def end(self) -> Instants:
        return self.among.until[self.verdict.row]

    @cached_property
    def problem(self) -> NDArray[np.int64]:
        if self.verdict.subject is None:
            return self.record
        _, subject = np.unique(self.verdict.subject.astype(np.str_), return_inverse=True)
        return self.record * (int(subject.max(initial=0)) + 1) + subject

    @cached_property
    def late_from(self) -> Instants:
        clocks = self.verdict.deadlines
        late = np.maximum(np.where(clocks.breach_at == NEVER, OUTSIDE, clocks.breach_at), self.begun)
        late = np.maximum(late, clocks.excepted_until)
        if clocks.unclear_until is not None:
            late = np.maximum(late, clocks.unclear_until)
        for _ in range(_WAITS if clocks.pauses is not None else 0):
            paused = clocks.paused_until(late)
            if (paused == NEVER).all():
                return late
            late = np.maximum(late, paused)
        return late

    def late(self) -> Positions:
        """Those that were late while their state lasted, by problem and time."""
        return self._ordered((self.verdict.deadlines.base == State.WATCHING) & (self.late_from < self.end))

    def of(self, problems: NDArray[np.int64]) -> Positions:
        """Those of some problems, by problem and time."""
        return self._ordered(np.isin(self.problem, problems))

    def begins(self, late: Positions) -> Mask:
        """Where lateness does not simply go on from the state before."""
        goes_on = self._same(late) & (self.end[late[:-1]] == self.begun[late[1:]])
        goes_on &= self.late_from[late[1:]] == self.begun[late[1:]]
        return np.concatenate([np.ones(min(len(late), 1), np.bool_), ~goes_on])

    def doubtful(self, late: Positions, begins: Mask, policy_of: PolicyOf) -> NDArray[np.int64]:
        """The problems that were late more than once, and not each time for another reason and long after the last."""
        again = np.flatnonzero(begins[1:] & self._same(late))
        before, after = late[again], late[again + 1]
        if not len(again):
            return self.problem[after]
        some = np.unique(self.problem[after])
        clocks, keep_for = self.verdict.deadlines, policy_of(int(self.verdict.row[after[0]])).keep_for
        if isinstance(self.verdict.rule.start, Since) or clocks.unclear_until is not None:
            return some
        near = (clocks.anchor[before] == clocks.anchor[after]) | (self.late_from[after] - self.end[before] <= keep_for)
        mine = self.of(some)
        unclear = self._comes_back(mine) | (clocks.base[mine] == State.CANNOT_JUDGE)
        if clocks.pauses is not None:
            unclear |= np.diff(clocks.pauses.first)[mine] > 0
        return np.union1d(self.problem[after[near]], self.problem[mine[unclear]])

    def _comes_back(self, mine: Positions) -> Mask:
        """Where a clock that was late runs again from the same start, without being late: by another limit."""
        clocks, place = self.verdict.deadlines, np.arange(len(mine))
        runs = clocks.base[mine] == State.WATCHING
        late = runs & (self.late_from[mine] < self.end[mine])
        last = np.maximum.accumulate(np.where(late, place, 0))
        known = late[last] & (self.problem[mine[last]] == self.problem[mine])
        found: Mask = runs & ~late & known & (clocks.anchor[mine] == clocks.anchor[mine[last]])
        return found

    def _same(self, some: Positions) -> Mask:
        """Whether the next of some ordered ones belongs to the same problem."""
        problem = self.problem[some]
        found: Mask = problem[1:] == problem[:-1]
        return found

    def _ordered(self, which: Mask) -> Positions:
        some = np.flatnonzero(which)
        if self.verdict.subject is None:
            return some
        return some[np.lexsort((self.begun[some], self.problem[some]))]


# --------------------------------------------------------------------------------------------------- step by step


class _Stay(NamedTuple):
    """What one clock reads at a moment at which that begins, and how long it stays so.

    Attributes:
        place: the row of its state. until: the next such moment of the same problem; `over`: there is none, as its
            record ended or nobody knows more.
    """

    record: int
    place: int
    problem: int
    now: int
    until: int
    over: bool
    reading: Reading


def _retold(clocks: _Clocks, problems: NDArray[np.int64], policy_of: PolicyOf) -> Iterator[tuple[int, int]]:
    """Record and moment of each breach of some problems, from edge to edge."""
    told, problem = _Told(), None
    for stay in _stays(clocks, clocks.of(problems)):
        if stay.problem != problem:
            told, problem = _Told(), stay.problem
        policy = policy_of(stay.place)
        for moment in told.lives(stay, policy):
            yield stay.record, moment


@dataclass(slots=True)
class _Told:
    """The latest episode of a problem; the number of the last one whose breach is known."""

    alert: Alert | None = None
    breached: int = 0

    def lives(self, stay: _Stay, policy: Policy) -> Iterator[int]:
        """Take it through a stay, timers of its own included; yields the moments of breaches."""
        now: int | None = stay.now
        while now is not None:
            yield from self._steps(stay.reading, now, policy)
            now = self._rings(stay.reading, now, stay.until)
        if stay.over:
            closed = Reading(State.CLOSED, 0, 0, 0, stay.until, by_condition=stay.reading.by_condition)
            yield from self._steps(closed, stay.until, policy)

    def _steps(self, reading: Reading, now: int, policy: Policy) -> Iterator[int]:
        if self.alert is None and reading.state not in _SPEAKING:
            return
        self.alert = alert = episodes.step(self.alert, "", reading, now, policy).alert
        if alert is not None and alert.breached_at is not None and alert.episode > self.breached:
            self.breached = alert.episode
            yield now

    def _rings(self, reading: Reading, now: int, until: int) -> int | None:
        """When it is to be looked at next, before another reading."""
        if self.alert is None:
            return None
        anew = self.alert.is_over and self.alert.resolved_at == now and reading.state in _SPEAKING
        due = now + _MOMENT if anew else self.alert.due_at
        return due if due is not None and now < due < until else None


def _stays(clocks: _Clocks, mine: Positions) -> Iterator[_Stay]:
    """Every reading of some clocks, which are ordered by problem and time."""
    some = clocks.verdict.deadlines.taken(mine)
    begun, end, problem = clocks.begun[mine], clocks.end[mine], clocks.problem[mine]
    place, now, state, paused = _edges(some, begun, end)
    until, over = end[place], np.ones(len(place), np.bool_)
    goes_on = (problem[place[1:]] == problem[place[:-1]]) & (now[1:] <= until[:-1])
    until[:-1][goes_on], over[:-1][goes_on] = now[1:][goes_on], False
    ran_since = _ran_since(some, begun, end, problem)
    clock = (some.anchor, some.warn_at, some.breach_at, ran_since, some.was_paused())
    columns = (mine[place], now, until, over, state, paused, *(one[place] for one in clock))
    rows, problems = clocks.verdict.row, clocks.problem
    by_condition = isinstance(clocks.verdict.rule.start, Since)
    for at, begins, ends, is_last, number, wait, anchor, warn, breach, ran, was_paused in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        reading = Reading(
            _STATES[number], anchor, warn, breach, ran, None if wait == NEVER else wait, was_paused, by_condition
        )
        yield _Stay(int(clocks.record[at]), int(rows[at]), int(problems[at]), begins, ends, is_last, reading)


def _edges(some: Deadlines, begun: Instants, end: Instants) -> tuple[Positions, Instants, NDArray[np.int8], Instants]:
    """Each moment at which a clock begins to say something, or something else by itself: clock, moment, state, and the
    end of the wait in which it lies."""
    found, place, now = [], np.arange(len(begun)), begun
    while len(place):
        here = some.taken(place)
        found.append((place, now, here.state(now), here.paused_until(now)))
        edge = here.next_edge(now)
        ahead = edge < end[place]
        place, now = place[ahead], edge[ahead]
    columns = [np.concatenate(column) for column in zip(*found, strict=True)]
    order = np.lexsort((columns[1], columns[0]))
    place, now, state, paused = (column[order] for column in columns)
    return place, now, state, paused


def _ran_since(some: Deadlines, begun: Instants, end: Instants, problem: NDArray[np.int64]) -> Instants:
    """Since when each has had its anchor and a deadline without a break."""
    runs = some.base == State.WATCHING
    goes_on = runs[1:] & runs[:-1] & (problem[1:] == problem[:-1]) & (end[:-1] == begun[1:])
    goes_on &= some.anchor[1:] == some.anchor[:-1]
    first = np.arange(len(begun))
    first[1:][goes_on] = 0
    return begun[np.maximum.accumulate(first)]
