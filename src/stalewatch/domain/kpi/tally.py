"""Two whole numbers of every KPI for each place: what is kept of a day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.instants import Mask

Counts = NDArray[np.int64]
P = TypeVar("P")


@dataclass(slots=True)
class Tally(Generic[P]):
    """Adds up, place by place, frame after frame.

    Attributes:
        place: where each record of the present frame stands, as an index into `places`.
        places: every place that was met, with its index.
        sums: per KPI two rows of numbers, `over` and `of`.
    """

    place: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    places: dict[P, int] = field(default_factory=dict)
    sums: dict[str, NDArray[np.int64]] = field(default_factory=dict)

    def stand(self, names: list[P], which: NDArray[np.intp]) -> None:
        """Begin with another frame.

        Args:
            names: the places of its records. which: of each record its place among them.
        """
        index = [self.places.setdefault(name, len(self.places)) for name in names]
        self.place = np.array(index, np.int64)[which] if index else np.zeros(0, np.int64)

    def share(self, kpi: str, base: Mask, hit: Mask) -> None:
        """So many records of the base are hit."""
        rows = np.flatnonzero(base)
        self.numbers(kpi, rows, hit[rows].astype(np.int64))

    def mean(self, kpi: str, base: Mask, values: Counts) -> None:
        """The values of the records of the base, each counting as one.

        Args:
            values: one for every record.
        """
        rows = np.flatnonzero(base)
        self.numbers(kpi, rows, values[rows])

    def numbers(self, kpi: str, rows: NDArray[np.int64], over: Counts, of: Counts | int = 1) -> None:
        """Numbers of some records, of which each may come more than once.

        Args:
            of: what each of them counts as.
        """
        if not len(rows):
            return
        mine, sums = self.place[rows], self._room(kpi)
        np.add.at(sums[0], mine, over)
        np.add.at(sums[1], mine, of)

    def _room(self, kpi: str) -> NDArray[np.int64]:
        sums = self.sums.get(kpi)
        if sums is None or sums.shape[1] < len(self.places):
            wider = np.zeros((2, 2 * len(self.places)), np.int64)
            if sums is not None:
                wider[:, : sums.shape[1]] = sums
            sums = self.sums[kpi] = wider
        return sums

    def kept(self) -> Iterator[tuple[P, dict[str, tuple[int, int]]]]:
        """Every place with what there is to tell of it."""
        told: dict[int, dict[str, tuple[int, int]]] = {}
        for kpi, (over, of) in self.sums.items():
            some = np.flatnonzero(of)
            for place, pair in zip(
                some.tolist(), zip(over[some].tolist(), of[some].tolist(), strict=True), strict=True
            ):
                told.setdefault(place, {})[kpi] = pair
        yield from ((name, told[index]) for name, index in self.places.items() if index in told)
