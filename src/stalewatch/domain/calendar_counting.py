"""Three ways to measure time, and one way to walk along each of them past the waits that do not count.

A scale turns instants into positions and positions into instants. `Dates` counts whole local dates, `OpenTime`
the microseconds during which the calendar is open, `ElapsedTime` all of them. A walk starts at an origin and
goes a distance; every hole (wait) that it meets makes it that much longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.calendar_edges import Edges
from stalewatch.domain.instants import OUTSIDE, Instants, Mask
from stalewatch.domain.pauses import Pauses

Positions = NDArray[np.int64]
_FAR: Final = 1 << 60  # the position of what lies outside the tables: no walk comes back from it
_TABLES: Final = 64
"""Distances that are remembered, at 380 KB each: rules have a few limits, a search for better ones has many."""


class Scale(Protocol):
    """A measure of time on which a walk can be made."""

    def position(self, us: Instants) -> Positions:
        """How much lies before each instant."""

    def earliest(self, position: Positions) -> Instants:
        """Where a walk into the future ends; OUTSIDE beyond the tables."""

    def latest(self, position: Positions) -> Instants:
        """Where a walk into the past ends; OUTSIDE beyond the tables."""


class ElapsedTime:
    """All time counts: a position is an instant."""

    def position(self, us: Instants) -> Positions:
        return us

    def earliest(self, position: Positions) -> Instants:
        return position

    def latest(self, position: Positions) -> Instants:
        return position


class OpenTime:
    """Open hours laid end to end; a position is the microseconds of them since the tables begin.

    Args:
        opens, closes: the hours of each business date, in order; where the clocks skip the open, the close may
            come before it, and that date has no open time.
    """

    def __init__(self, opens: Instants, closes: Instants) -> None:
        self._starts = opens
        self._lengths = np.maximum(closes - opens, 0)
        self._done: Positions = np.concatenate([[0], np.cumsum(self._lengths)])
        self._started = Edges(self._starts)

    def position(self, us: Instants) -> Positions:
        last = self._started.passed(us) - 1
        since = us - self._starts.take(last, mode="clip")
        position: Positions = np.clip(since, 0, self._lengths.take(last, mode="clip"))
        position += self._done.take(last, mode="clip")
        return position

    def earliest(self, position: Positions) -> Instants:
        return self._at(np.searchsorted(self._done, position, side="left") - 1, position)

    def latest(self, position: Positions) -> Instants:
        return self._at(np.searchsorted(self._done, position, side="right") - 1, position)

    def _at(self, span: NDArray[np.int64], position: Positions) -> Instants:
        inside = (span >= 0) & (span < self._starts.size)
        at = self._starts.take(span, mode="clip") + position - self._done.take(span, mode="clip")
        return np.where(inside, at, OUTSIDE)


class Dates:
    """The dates that a unit counts, in order; position p lies behind p of them.

    Args:
        counted: per day of the tables whether it counts.
        opens, closes: per day of the tables, with one more entry, OUTSIDE.

    Attributes:
        counted: the same, with one more entry, False.
        before, through: per day how many dates lie before it, and before its end. A day number -1 finds, as
            the one behind the tables does, the last entry, from which every walk ends OUTSIDE.
    """

    def __init__(self, counted: Mask, opens: Instants, closes: Instants) -> None:
        self.counted: Mask = np.append(counted, False)
        self.through: Positions = np.append(np.cumsum(counted, dtype=np.int64), _FAR)
        self.before: Positions = self.through - self.counted
        days = np.flatnonzero(self.counted)
        # OUTSIDE at either end, for walks that leave the tables.
        self._opens = np.concatenate([opens[days], [OUTSIDE]])
        self._opens_from_1 = np.concatenate([[OUTSIDE], self._opens])
        self._closes_from_1 = np.concatenate([[OUTSIDE], closes[days], [OUTSIDE]])
        self._closed = Edges(closes[days][closes[days] != OUTSIDE])
        self._after: dict[int, Instants] = {}
        self._before: dict[int, Instants] = {}

    def position(self, us: Instants) -> Positions:
        return self._closed.before(us)

    def earliest(self, position: Positions) -> Instants:
        """The close of the last date before each position."""
        return self._closes_from_1.take(position, mode="clip")

    def latest(self, position: Positions) -> Instants:
        """The open of the first date behind each position."""
        return self._opens_from_1.take(position + 1, mode="clip")

    def closes_after(self, distance: int) -> Instants:
        """Per day of the tables, and one more, where a walk of `distance` dates from its end ends, without waits."""
        return _remembered(self._after, distance, lambda: self.earliest(self.through + distance))

    def opens_before(self, distance: int) -> Instants:
        """Per day of the tables, and one more, where a walk of `distance` dates back from it ends, without waits."""
        return _remembered(self._before, distance, lambda: self.latest(self.before - distance))


def _remembered(tables: dict[int, Instants], distance: int, make: Callable[[], Instants]) -> Instants:
    table = tables.get(distance)
    if table is None:
        if len(tables) >= _TABLES:
            tables.clear()
        table = tables[distance] = make()
    return table


class Holes:
    """The waits of a batch of rows, as positions [start, end) on a scale.

    Args:
        inside: the first instant of the tables and the one behind them, to which waits are cut.
    """

    def __init__(self, pauses: Pauses, scale: Scale, inside: tuple[int, int]) -> None:
        self._first = pauses.first
        self._count = np.diff(pauses.first)
        self._start = scale.position(np.clip(pauses.start, *inside))
        self._end = scale.position(np.clip(pauses.end, *inside))

    def forward(self, origin: Positions, distance: int) -> Positions:
        """Where a walk into the future ends if nothing in a hole counts."""
        reach = origin + distance
        for n, row in self._rows_with():
            hole = self._first[row] + n
            start = np.maximum(self._start[hole], origin[row])
            width = np.maximum(self._end[hole] - start, 0)
            reach[row] += np.where(reach[row] > start, width, 0)
        return reach

    def backward(self, origin: Positions, distance: int) -> Positions:
        """Where a walk into the past ends if nothing in a hole counts."""
        reach = origin - distance
        for n, row in self._rows_with():
            hole = self._first[row + 1] - 1 - n
            end = np.minimum(self._end[hole], origin[row])
            width = np.maximum(end - self._start[hole], 0)
            reach[row] -= np.where(reach[row] < end, width, 0)
        return reach

    def between(self, low: Positions, high: Positions) -> Positions:
        """Per row how many positions in [low, high) lie in holes."""
        total = np.zeros_like(low)
        for n, row in self._rows_with():
            hole = self._first[row] + n
            start, end = np.maximum(self._start[hole], low[row]), np.minimum(self._end[hole], high[row])
            total[row] += np.maximum(end - start, 0)
        return total

    def _rows_with(self) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """For n = 0, 1, ... the rows that have more than n holes: rows without any cost nothing."""
        n, rows = 0, np.flatnonzero(self._count)
        while rows.size:
            yield n, rows
            n += 1
            rows = rows[self._count[rows] > n]
