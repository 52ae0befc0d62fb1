"""A history of deals as columns: when each was opened, when and how it ended, whose it was, and the stages it was in.

It knows nothing later than the moment at which it ends: what was closed after that is open in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.instants import DAY, NEVER, Instants, Mask
from stalewatch.domain.learning.spells import Spells, Watched, first_closing

Names = NDArray[np.object_]
"""A name per row, None where there is none."""


@dataclass(frozen=True, slots=True)
class Visits:
    """Stages that were entered, sorted by (row, at): `row` is the deal's, `stage` its name."""

    row: NDArray[np.int64]
    stage: Names
    at: Instants

    @classmethod
    def none(cls) -> Visits:
        """Nobody knows of any."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.object_), np.zeros(0, np.int64))


@dataclass(frozen=True, slots=True)
class History:
    """Columns with a row per deal that can be counted.

    Attributes:
        start: when it was opened, NEVER where that is not known: then it has no clock, and is in no rate.
        end: when it was closed; what is open has the moment at which the history ends.
        names: `pipeline`, `stage`, `segment`, `owner`, `team`.
        amount: in hundredths.
        watched: what the history is about.
        left_out: rows that cannot be used, by reason.
        has_stages: whether it says which stages were entered; else only whole deals can be looked at.
    """

    ids: Sequence[str]
    start: Instants
    end: Instants
    won: Mask
    lost: Mask
    names: Mapping[str, Names]
    amount: Instants
    visits: Visits
    watched: Watched
    left_out: Mapping[str, int] = field(default_factory=dict)
    has_stages: bool = False

    def deals(self) -> Stays:
        """Every deal of which is known when it was opened, from then to its end."""
        rows = np.flatnonzero(self.start != NEVER)
        spells = Spells(self.start[rows], self.end[rows], self.won[rows], self.lost[rows], self.watched)
        return Stays(spells, rows, np.full(len(rows), None, np.object_))

    def stays(self, order: Mapping[str, int]) -> Stays:
        """Every stay in a stage. To go on to a later stage, or to be won, is a good end; to be lost a bad one; to step
        back, or into a stage whose place is not known, is neither, and the stay was only seen until then.

        Args:
            order: the place of each stage.
        """
        inside = self.visits.at < self.end[self.visits.row]
        row, stage, begin = self.visits.row[inside], self.visits.stage[inside], self.visits.at[inside]
        if not len(row):
            none = np.zeros(0, np.int64)
            return Stays(Spells(none, none, none > 0, none > 0, self.watched), none, np.zeros(0, np.object_))
        goes_on = np.append(row[1:] == row[:-1], False)
        place = np.array([order.get(one, -1) for one in stage], np.int64)
        following = np.append(place[1:], -1)
        end = np.where(goes_on, np.append(begin[1:], NEVER), self.end[row])
        good = goes_on & (place >= 0) & (following > place)
        spells = Spells(begin, end, good | (~goes_on & self.won[row]), ~goes_on & self.lost[row], self.watched)
        return Stays(spells, row, stage)


@dataclass(frozen=True, slots=True)
class Stays:
    """Spells with the deal of each (`row` of the history) and the stage it was in (None: the whole deal)."""

    spells: Spells
    row: NDArray[np.intp]
    stage: Names

    def only(self, some: Mask) -> Stays:
        """Some of them."""
        return Stays(self.spells.only(some), self.row[some], self.stage[some])


@dataclass(frozen=True, slots=True)
class Found:
    """Rows as a source brings them, not yet looked at; instants are NEVER where nothing is said.

    Attributes:
        dated: its instants are whole days, each the local date's number times a day, and no moments.
    """

    ids: Sequence[str]
    start: Instants
    end: Instants
    won: Mask
    lost: Mask
    names: Mapping[str, Names]
    amount: Instants
    visits: Visits
    left_out: Mapping[str, int] = field(default_factory=dict)
    has_stages: bool = False
    dated: bool = False


CLOSED_BEFORE: Final = "closed before it was created"
NO_END: Final = "closed, and it is not known when"
LATER: Final = "created after the history ends"


def history(found: Found, *, as_of: int | None = None, observed_from: int | None = None) -> History:
    """What a source brought, without what cannot be, seen from a moment.

    Args:
        as_of: the instant at which it ends; None: the last one that the source names.
        observed_from: the instant from which it was watched; None: the first closing, for what was closed before that
            is not there; where nothing ever closed, the first beginning.
    """
    until = last_named(found) if as_of is None else as_of
    closed = found.won | found.lost
    known = found.start != NEVER
    faults = {
        NO_END: closed & (found.end == NEVER),
        CLOSED_BEFORE: closed & known & (found.end != NEVER) & (found.end < found.start),
        LATER: known & (found.start > until),
    }
    bad = np.zeros(len(found.ids), np.bool_)
    left_out = Counter(found.left_out)
    for reason, where in faults.items():
        left_out[reason] += int((where & ~bad).sum())
        bad |= where
    kept = np.flatnonzero(~bad)
    ended = closed[kept] & (found.end[kept] <= until)
    end = np.where(ended, found.end[kept], until)
    since = first_closing(end, ended, _first(found.start[kept], until)) if observed_from is None else observed_from
    return History(
        ids=[found.ids[place] for place in kept.tolist()],
        start=found.start[kept], end=end, won=found.won[kept] & ended, lost=found.lost[kept] & ended,
        names={name: values[kept] for name, values in found.names.items()}, amount=found.amount[kept],
        visits=_visits(found.visits, kept, len(found.ids), until), watched=Watched(since, until),
        left_out={reason: many for reason, many in left_out.items() if many}, has_stages=found.has_stages,
    )  # fmt: skip


def last_named(found: Found) -> int:
    """The last instant that a source names; 0 where it names none."""
    named = [column[column != NEVER] for column in (found.start, found.end, found.visits.at)]
    return int(max((column.max() for column in named if len(column)), default=0))


def _first(start: Instants, otherwise: int) -> int:
    """The first beginning that is known."""
    known = start[start != NEVER]
    return int(known.min()) if len(known) else otherwise


def _visits(visits: Visits, kept: NDArray[np.intp], size: int, until: int) -> Visits:
    """Those of the rows that are kept, by their new numbers, up to the end of the history."""
    number = np.full(size, -1, np.int64)
    number[kept] = np.arange(len(kept))
    row = number[visits.row]
    mine = (row >= 0) & (visits.at <= until)
    row, stage, at = row[mine], visits.stage[mine], visits.at[mine]
    order = np.lexsort((at, row))
    return Visits(row[order], stage[order], at[order])


def whole_days(instants: Sequence[Instants]) -> bool:
    """Whether all of these are beginnings of a day: then ages are whole days, whatever an hour of summer time did."""
    return all(not (column[column != NEVER] % DAY).any() for column in instants)
