"""What being told changes: what became of problems of which somebody was told, against those that were held out.

Which problems are held out is a matter of chance (`domain.policies.Holdout`): both sides differ in nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from stalewatch.domain.learning.intervals import Interval, Rate, newcombe

LEAST: Final = 200
"""Of fewer problems, told and held out together, no effect is shown."""
LEAST_SILENT: Final = 20
"""Nor where fewer than this were held out."""


@dataclass(frozen=True, slots=True)
class Against:
    """One outcome: its share of what was told, and of what was held out."""

    told: Rate
    silent: Rate

    @property
    def difference(self) -> float | None:
        """How much more often it came where somebody was told; None where a side is empty."""
        told, silent = self.told.value, self.silent.value
        return None if told is None or silent is None else told - silent

    @property
    def interval(self) -> Interval | None:
        """Of the difference (`newcombe`); None where it is."""
        return newcombe(self.told, self.silent)

    @property
    def is_clear(self) -> bool:
        """Whether the difference is one, nineteen times of twenty."""
        sure = self.interval
        return sure is not None and not sure.low <= 0 <= sure.high


@dataclass(frozen=True, slots=True)
class Measured:
    """What one rule brings about.

    Attributes:
        acted: somebody answered, or worked on the record.
        recovered: it ended because the CRM shows the work.
    """

    acted: Against
    recovered: Against

    @property
    def told(self) -> int:
        """Problems of which nothing kept anybody from being told."""
        return self.acted.told.of

    @property
    def silent(self) -> int:
        """Problems that were held out."""
        return self.acted.silent.of

    @property
    def is_enough(self) -> bool:
        """Whether there are so many that it may be shown."""
        return self.told + self.silent >= LEAST and self.silent >= LEAST_SILENT
