"""What stands beside the records of a frame and has a past of its own: alerts, waits, meetings, losses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.instants import NEVER, Instants, Mask

_NO_ROWS: Final = np.zeros(0, np.int64)
_NO_MARKS: Final = np.zeros(0, np.bool_)


@dataclass(frozen=True, slots=True)
class Spans:
    """From `begin` on, and before `end`, something was so of a record."""

    row: NDArray[np.int64] = field(default_factory=lambda: _NO_ROWS)
    begin: Instants = field(default_factory=lambda: _NO_ROWS)
    end: Instants = field(default_factory=lambda: _NO_ROWS)

    def holding(self, at: int, size: int) -> Mask:
        """The records of which it was so at an instant."""
        found = np.zeros(size, np.bool_)
        found[self.row[(self.begin <= at) & (at < self.end)]] = True
        return found


@dataclass(frozen=True, slots=True)
class Told:
    """Alerts of which somebody heard that they are late.

    Attributes:
        acted: when somebody first acted on it after that; NEVER.
        ended: when it ended, for whatever reason; OUTSIDE.
    """

    row: NDArray[np.int64] = field(default_factory=lambda: _NO_ROWS)
    told: Instants = field(default_factory=lambda: _NO_ROWS)
    acted: Instants = field(default_factory=lambda: _NO_ROWS)
    ended: Instants = field(default_factory=lambda: _NO_ROWS)


@dataclass(frozen=True, slots=True)
class Losses:
    """What was said of why deals were lost; `assumed`: concluded from silence."""

    row: NDArray[np.int64] = field(default_factory=lambda: _NO_ROWS)
    at: Instants = field(default_factory=lambda: _NO_ROWS)
    assumed: Mask = field(default_factory=lambda: _NO_MARKS)

    def said(self, until: int, size: int, *, assumed: bool) -> Mask:
        """The records of which it was said by an instant."""
        found = np.zeros(size, np.bool_)
        found[self.row[(self.at <= until) & (self.assumed == assumed)]] = True
        return found


@dataclass(frozen=True, slots=True)
class Beside:
    """All of it, of one frame.

    Attributes:
        stages_from: since when the visits of stages are known; NEVER: for ever.
    """

    late: Spans = field(default_factory=Spans)
    waits: Spans = field(default_factory=Spans)
    meetings: Spans = field(default_factory=Spans)
    told: Told = field(default_factory=Told)
    losses: Losses = field(default_factory=Losses)
    stages_from: int = NEVER
