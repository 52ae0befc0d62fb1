"""Which business calendar each record follows: `calendars.choose`, first match wins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.calendar import Calendar
from stalewatch.domain.compiled import Program
from stalewatch.domain.conditions import Scope
from stalewatch.domain.frame import Frame
from stalewatch.domain.language.model import Condition, RuleSet
from stalewatch.domain.language.refs import fields

Positions = NDArray[np.intp] | slice


@dataclass(frozen=True)
class Chosen:
    """The calendars of one frame's records."""

    calendars: tuple[Calendar, ...]
    which: NDArray[np.int64] | None
    """Index into `calendars` per record; None if all follow the only one."""

    def each(self) -> list[tuple[Calendar, Positions]]:
        """The calendars in use, each with the positions of its records."""
        return self._parts

    @cached_property
    def _parts(self) -> list[tuple[Calendar, Positions]]:
        if self.which is None:
            return [(self.calendars[0], slice(None))]
        used = [(calendar, np.flatnonzero(self.which == i)) for i, calendar in enumerate(self.calendars)]
        return [(calendar, where) for calendar, where in used if len(where)] or [(self.calendars[0], slice(None))]

    def of(self, record: int) -> Calendar:
        """The calendar of one record."""
        return self.calendars[0 if self.which is None else int(self.which[record])]

    def split(self, some: NDArray[np.intp]) -> list[tuple[Calendar, NDArray[np.intp]]]:
        """Some records by the calendar they follow."""
        if self.which is None:
            return [(self.calendars[0], some)]
        which = self.which[some]
        parts = [(calendar, some[np.flatnonzero(which == i)]) for i, calendar in enumerate(self.calendars)]
        return [(calendar, mine) for calendar, mine in parts if len(mine)]

    def taken(self, rows: NDArray[np.int64]) -> Chosen:
        """The same choice for a selection of the records, possibly repeated."""
        return self if self.which is None else Chosen(self.calendars, self.which[rows])


@dataclass(frozen=True, slots=True)
class Calendars:
    """The rows of `calendars.choose`: a condition (None matches all) and its calendar; the last row matches all."""

    rows: Sequence[tuple[Condition | None, Calendar]]

    @classmethod
    def single(cls, calendar: Calendar) -> Calendars:
        """Every record follows this calendar."""
        return cls(((None, calendar),))

    @property
    def default(self) -> Calendar:
        """The calendar of records that no other row takes."""
        return self.rows[-1][1]

    def fields(self, rules: RuleSet) -> frozenset[str]:
        """Catalogue fields that the choice reads; a change of one re-arms every clock of the record."""
        conditions = (condition for condition, _ in self.rows if condition is not None)
        return frozenset(name for condition in conditions for name in fields(condition, rules))

    def choose(self, frame: Frame, rules: RuleSet, program: Program | None = None) -> Chosen:
        """Choose for every record of a frame.

        Args:
            program: the rules' compiled conditions for this object, if they are at hand.
        """
        if len(self.rows) == 1:
            return Chosen((self.default,), None)
        # Dates in these conditions are read by the default calendar: the choice cannot depend on its own result.
        scope = Scope(frame, rules, Chosen((self.default,), None), program)
        which = np.full(frame.size, len(self.rows) - 1, np.int64)
        free = np.ones(frame.size, np.bool_)
        for number, (condition, _) in enumerate(self.rows):
            hit = free if condition is None else free & scope.holds(condition)
            which[hit] = number
            free = free & ~hit
        return Chosen(tuple(calendar for _, calendar in self.rows), which)
