"""Chance that repeats itself: a stream of random choices that follows from its name."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

_T = TypeVar("_T")


class Dice:
    """Random choices for one purpose: the same name, the same choices, whatever was chosen elsewhere."""

    def __init__(self, *name: object) -> None:
        self._random = Random("/".join(map(str, name)))  # noqa: S311  # believable, not secret
        self.share = self._random.random

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included; low if high is less."""
        return low if high <= low else low + int(self.share() * (high - low + 1))

    def chance(self, share: float) -> bool:
        """True in this share (0 to 1) of the cases."""
        return self.share() < share

    def one_of(self, choices: Sequence[_T]) -> _T:
        """Any of the choices."""
        return choices[int(self.share() * len(choices))]

    def weighed(self, choices: Sequence[tuple[_T, int]]) -> _T:
        """Any of the choices, as often as its weight says."""
        left = self.share() * sum(weight for _, weight in choices)
        for choice, weight in choices:
            left -= weight
            if left < 0:
                return choice
        return choices[-1][0]

    def shuffled(self, some: Sequence[_T]) -> list[_T]:
        """All of them in another order."""
        mixed = list(some)
        self._random.shuffle(mixed)
        return mixed
