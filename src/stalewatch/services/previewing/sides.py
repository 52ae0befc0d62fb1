"""The clocks of one rule by two versions side by side: which of them turn, and which are told of or fall silent."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.clocks import Verdict
from stalewatch.domain.deadlines import State
from stalewatch.domain.instants import NEVER, Instants, Mask
from stalewatch.domain.language.model import Rule


class Turn(IntEnum):
    """How a clock stands by the new version, compared with the old one, in the order in which they are listed."""

    NEWLY_LATE = 1
    NEWLY_AT_RISK = 2
    NO_LONGER_LATE = 3
    NO_LONGER_AT_RISK = 4

    @property
    def word(self) -> str:
        """As `--json` writes it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Side:
    """One version's clocks of a rule on a frame: their states and deadlines, and whether the rule tells anybody."""

    state: NDArray[np.int8]
    due: Instants
    is_live: bool

    @property
    def late(self) -> Mask:
        mask: Mask = self.state == State.BREACHED
        return mask

    @property
    def speaks(self) -> Mask:
        mask: Mask = self.late | (self.state == State.AT_RISK)
        return mask

    @property
    def tells(self) -> Mask:
        """Clocks of which somebody is told, at once or among what was late before the rule spoke."""
        return self.speaks & self.is_live


@dataclass(frozen=True, slots=True)
class Both:
    """The clocks of one rule by both versions, side by side."""

    rule: Rule
    verdict: Verdict
    old: Side
    new: Side

    def turns(self) -> NDArray[np.int8]:
        """The turn of each clock, 0 where it stands as before."""
        old, new = self.old, self.new
        return np.select(
            [new.late & ~old.late, old.late & ~new.late, new.speaks & ~old.speaks, old.speaks & ~new.speaks],
            [Turn.NEWLY_LATE, Turn.NO_LONGER_LATE, Turn.NEWLY_AT_RISK, Turn.NO_LONGER_AT_RISK],
            0,
        ).astype(np.int8)

    def shift(self) -> Instants:
        """By how much the deadline of each running clock moved, in microseconds; 0 where it did not."""
        both = (self.old.due != NEVER) & (self.new.due != NEVER)
        return np.where(both, self.new.due - np.where(both, self.old.due, 0), 0)


def aligned(old: Verdict, new: Verdict) -> bool:
    """Whether clocks stand beside clocks of the same thing."""
    if (old.subject is None) is not (new.subject is None):
        return False
    if old.subject is None or new.subject is None:
        return True
    return np.array_equal(old.row, new.row) and np.array_equal(old.subject, new.subject)
