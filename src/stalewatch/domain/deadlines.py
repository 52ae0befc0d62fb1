"""What a set of clocks says at a moment, and when each will say something else.

The arrays come from a verdict (clocks.py) or from the stored entries of some records: the same code reads both.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.branchless import lowest
from stalewatch.domain.instants import NEVER, OUTSIDE, Instants, Mask
from stalewatch.domain.pauses import Pauses


class State(IntEnum):
    """What a clock says at a moment, in the order in which the first that holds is taken."""

    CLOSED = 0
    CANNOT_JUDGE = 1
    NOT_APPLICABLE = 2
    EXCEPTED = 3
    NO_CLOCK = 4
    SATISFIED = 5
    PAUSED = 6
    BREACHED = 7
    AT_RISK = 8
    WATCHING = 9

    @property
    def word(self) -> str:
        """The state as rules, tests and the API write it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Some clocks.

    Attributes:
        base: the state as far as it does not depend on the time; WATCHING stands for a running clock.
        warn_at: equals breach_at where the rule does not warn.
        excepted_until: end of the last exception that matches, NEVER where there is none.
        pauses: waits per clock; None if there are none at all.
        unclear_until: end of the last exception that could match, but reads a field that cannot be told; NEVER
            where there is none, None if there are none at all.
    """

    base: NDArray[np.int8]
    anchor: Instants
    warn_at: Instants
    breach_at: Instants
    excepted_until: Instants
    pauses: Pauses | None = None
    unclear_until: Instants | None = None

    def taken(self, some: NDArray[np.intp]) -> Deadlines:
        """Some of the clocks."""
        breach_at = self.breach_at[some]
        return Deadlines(
            self.base[some], self.anchor[some],
            breach_at if self.warn_at is self.breach_at else self.warn_at[some], breach_at,
            self.excepted_until[some], None if self.pauses is None else self.pauses.taken(some),
            None if self.unclear_until is None else self.unclear_until[some],
        )  # fmt: skip

    def state(self, now: Instants) -> NDArray[np.int8]:
        """The state of every clock at its own `now`."""
        timed = [(now >= self.breach_at, State.BREACHED)]
        if self.warn_at is not self.breach_at:
            timed.append((now >= self.warn_at, State.AT_RISK))
        if self.pauses is not None:
            timed.insert(0, (self.paused_until(now) != NEVER, State.PAUSED))
        # The states are in the order in which they count, so that the smallest is the first that holds.
        state = lowest(len(self.base), int(State.WATCHING), timed)
        np.minimum(state, self.base, out=state)
        excepted = lowest(len(self.base), int(State.WATCHING), [(now < self.excepted_until, State.EXCEPTED)])
        np.minimum(state, excepted, out=state)
        if self.unclear_until is not None:
            state[self._is_unclear(now, self.unclear_until)] = int(State.CANNOT_JUDGE)
        return state

    def _is_unclear(self, now: Instants, until: Instants) -> Mask:
        """Where nobody can tell whether an exception holds, and none holds for sure: that one excuses anyway."""
        unclear: Mask = (self.base > State.NOT_APPLICABLE) & (now < until) & (now >= self.excepted_until)
        return unclear

    def paused_until(self, now: Instants) -> Instants:
        """The end of the wait in which `now` lies, NEVER where it lies in none."""
        until = np.full(len(self.base), NEVER, np.int64)
        if self.pauses is not None and len(self.pauses.start):
            clock = self._clock_of_pause(self.pauses)
            inside = (self.pauses.start <= now[clock]) & (now[clock] < self.pauses.end)
            until[clock[inside]] = self.pauses.end[inside]
        return until

    def was_paused(self) -> Mask:
        """Where a wait lies between the anchor and the deadline, so that it moved the deadline."""
        moved = np.zeros(len(self.base), np.bool_)
        if self.pauses is not None and len(self.pauses.start):
            clock = self._clock_of_pause(self.pauses)
            moved[clock[self.pauses.start < self.breach_at[clock]]] = True
        return moved

    def next_edge(self, now: Instants) -> Instants:
        """The first moment after `now` at which the state changes by itself; OUTSIDE where there is none."""
        runs = self.base == State.WATCHING
        edge = np.full(len(self.base), OUTSIDE, np.int64)
        for moment in (self.warn_at, self.breach_at):
            edge = np.where(runs & (moment > now), np.minimum(edge, moment), edge)
        for end in (self.excepted_until, self.unclear_until):
            if end is not None:
                ahead = (self.base > State.NOT_APPLICABLE) & (end > now)
                edge = np.where(ahead, np.minimum(edge, end), edge)
        if self.pauses is not None and len(self.pauses.start):
            clock = self._clock_of_pause(self.pauses)
            for moment in (self.pauses.start, self.pauses.end):
                ahead = runs[clock] & (moment > now[clock])
                np.minimum.at(edge, clock[ahead], moment[ahead])
        return edge

    def _clock_of_pause(self, pauses: Pauses) -> NDArray[np.intp]:
        return np.repeat(np.arange(len(self.base)), np.diff(pauses.first))
