"""Which open questions went with losses: how often a deal was lost with an item answered, and without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from stalewatch.domain.instants import Mask
from stalewatch.domain.learning.intervals import Interval, Rate, newcombe

LEAST: Final = 20
"""Closed deals on each side: fewer show no difference."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One item of a score, over what is closed.

    Attributes:
        open: lost, of those without an answer. answered: lost, of those with one.
    """

    score: str
    item: str
    open: Rate
    answered: Rate

    @property
    def difference(self) -> float | None:
        """How much more often it was lost without an answer; None where there are too few on one side."""
        if min(self.open.of, self.answered.of) < LEAST:
            return None
        return self.open.over / self.open.of - self.answered.over / self.answered.of

    @property
    def interval(self) -> Interval | None:
        """Of the difference, out of those of both shares (Newcombe 1998); None where `difference` is."""
        return None if self.difference is None else newcombe(self.open, self.answered)

    @property
    def is_clear(self) -> bool:
        """Whether the difference is one, nineteen times of twenty."""
        sure = self.interval
        return sure is not None and not sure.low <= 0 <= sure.high


def gap(score: str, item: str, holds: Mask, told: Mask, won: Mask, lost: Mask) -> Gap:
    """Count one item.

    Args:
        holds: where it is answered. told: where that can be told.
    """

    def lost_of(some: Mask) -> Rate:
        return Rate(int((some & lost).sum()), int((some & (won | lost)).sum()))

    return Gap(score, item, lost_of(told & ~holds), lost_of(told & holds))


def added(one: Gap, other: Gap) -> Gap:
    """Both together, of the same item."""
    return Gap(one.score, one.item, *(
        Rate(mine.over + more.over, mine.of + more.of)
        for mine, more in ((one.open, other.open), (one.answered, other.answered))
    ))  # fmt: skip
