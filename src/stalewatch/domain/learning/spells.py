"""Spells: how long records were open, or stayed in a stage, and how that ended.

A spell is seen from `entry` on: whoever was open already when the watching began was there only because nothing had
ended it before, and counts from the age that it had then (left truncation). One that is open has been seen up to now,
and no further.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.instants import DAY, Instants, Mask

Days = NDArray[np.float64]
"""Ages in days; whole ones where a history has dates, parts of days where it has times."""


@dataclass(frozen=True, slots=True)
class Watched:
    """The time that a history is about.

    Attributes:
        since: the instant from which it was watched: nothing that ended before can be in it.
        until: the instant at which it ends; what is open then is open.
    """

    since: int
    until: int


@dataclass(frozen=True)
class Spells:
    """Columns with a row per spell.

    Attributes:
        start: instants at which each began; end: at which it ended, or the history did.
        won: it ended well (in a stage: went on to the next one). lost: it ended badly. Neither: it is open.
        watched: the time that the history is about.
    """

    start: Instants
    end: Instants
    won: Mask
    lost: Mask
    watched: Watched

    def __len__(self) -> int:
        return len(self.start)

    @cached_property
    def age(self) -> Days:
        """Days from the start to the end."""
        return (self.end - self.start) / DAY

    @cached_property
    def entry(self) -> Days:
        """The age from which each was watched."""
        return np.maximum(0, (self.watched.since - self.start) / DAY)

    @cached_property
    def open(self) -> Mask:
        """Those that had not ended."""
        return ~(self.won | self.lost)

    def only(self, some: Mask | NDArray[np.intp]) -> Spells:
        """Some of them, in order; a row may be named more than once."""
        return Spells(self.start[some], self.end[some], self.won[some], self.lost[some], self.watched)


def first_closing(end: Instants, closed: Mask, otherwise: int) -> int:
    """The first instant at which anything ended: nobody knows what ended before."""
    return int(end[closed].min()) if closed.any() else otherwise
