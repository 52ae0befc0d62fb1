"""Waits of a batch of records: intervals that do not count, per row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.instants import Instants


@dataclass(frozen=True, slots=True)
class Pauses:
    """Half-open intervals [start, end) of rows 0..size-1, sorted by (row, start), disjoint within a row.

    `first[i]:first[i+1]` are the positions of row i; `first` has size + 1 entries.
    """

    first: NDArray[np.int64]
    start: Instants
    end: Instants

    def taken(self, rows: NDArray[np.intp]) -> Pauses | None:
        """Those of some rows, renumbered; None if they have none, so that nobody pays for them."""
        count = self.first[rows + 1] - self.first[rows]
        if not np.count_nonzero(count):
            return None
        first = np.concatenate(([0], np.cumsum(count)))
        source = np.repeat(self.first[rows] - first[:-1], count) + np.arange(first[-1])
        return Pauses(first, self.start[source], self.end[source])
