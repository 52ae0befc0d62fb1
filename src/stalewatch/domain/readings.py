"""From the stored clocks of one record to what each of its problems reads now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from stalewatch.domain.alerts import Reading
from stalewatch.domain.deadlines import Deadlines, State
from stalewatch.domain.entries import Entry, deadlines
from stalewatch.domain.instants import NEVER
from stalewatch.domain.language.model import Rule, Since

Problem = tuple[str, str | None]
"""Rule and subject: what is wrong with a record, whatever its episode."""

_STATES: Final = tuple(State)
"""By their numbers: to ask the class for one costs as much as all the rest of a reading."""


@dataclass(frozen=True, slots=True)
class Faces:
    """What some clocks say at a moment, those of many records in one go, as lists in the clocks' order."""

    clocks: Sequence[Entry]
    now: int
    deadlines: Deadlines
    state: Sequence[int]
    paused_until: Sequence[int]
    was_paused: Sequence[bool]

    @classmethod
    def of(cls, clocks: Sequence[Entry], now: int) -> Faces:
        """Look at these clocks."""
        some, moment = deadlines(clocks), np.full(len(clocks), now, np.int64)
        columns = (some.state(moment), some.paused_until(moment), some.was_paused())
        return cls(clocks, now, some, *(column.tolist() for column in columns))

    def reading(self, place: int, rule: Rule | None) -> Reading:
        """What the clock at this place reads."""
        entry, paused_until = self.clocks[place], self.paused_until[place]
        return Reading(
            _STATES[self.state[place]],
            entry.anchor or 0,
            entry.warn_at or 0,
            entry.breach_at or 0,
            entry.ran_since or self.now,
            None if paused_until == NEVER else paused_until,
            self.was_paused[place],
            _by_condition(rule),
        )


def readings(
    clocks: Sequence[Entry], known: Collection[Problem], rules: Mapping[str, Rule], now: int, *, is_open: bool
) -> dict[Problem, Reading]:
    """What every clock of a record says at `now`, and what became of the problems whose clock is gone.

    Args:
        known: problems that have an alert; without an entry they are closed or no longer apply.
    """
    found: dict[Problem, Reading] = {}
    if clocks:
        faces = Faces.of(clocks, now)
        found = {entry.key: faces.reading(place, rules.get(entry.rule)) for place, entry in enumerate(clocks)}
    for problem in known:
        if problem not in found:
            found[problem] = without_clock(rules.get(problem[0]), now, is_open=is_open)
    return found


def without_clock(rule: Rule | None, now: int, *, is_open: bool) -> Reading:
    """What a problem reads that has an alert and no clock any more."""
    gone = State.NOT_APPLICABLE if is_open else State.CLOSED
    return Reading(gone, 0, 0, 0, now, by_condition=_by_condition(rule))


def _by_condition(rule: Rule | None) -> bool:
    return rule is not None and isinstance(rule.start, Since)
