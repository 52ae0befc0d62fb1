"""Which records of a frame satisfy a condition, and the columns that conditions read.

A field that is unavailable counts as empty here; clocks.py asks for availability before it believes an answer.
How a condition is run: compiled.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from copy import copy
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.calendar import Calendar
from stalewatch.domain.changed import newest_change
from stalewatch.domain.compiled import Program
from stalewatch.domain.frame import Column, Frame
from stalewatch.domain.instants import Instants, Mask, to_day, to_us
from stalewatch.domain.language.model import Band, Condition, RuleSet


class CalendarOf(Protocol):
    """Which calendar each record of a frame follows."""

    def each(self) -> list[tuple[Calendar, NDArray[np.intp] | slice]]:
        """The calendars in use, each with the positions of its records."""
        ...


class Scope:
    """What a condition can see: a frame, the rules' own fields, the records' calendars.

    Args:
        program: the compiled conditions of `rules` on the frame's object, for whoever judges by them again.

    Attributes:
        rows: positions of the frame's records to answer for, in order and possibly repeated (one per event);
            None answers for every record once.
        began: for `entered`, the instant each answer's clock started; rows without a clock hold NEVER.
        whole: the scope that answers for every record once.
        masks: the answers of tests that were asked already, by the test's number.
    """

    def __init__(self, frame: Frame, rules: RuleSet, calendars: CalendarOf, program: Program | None = None) -> None:
        self.frame = frame
        self.rules = rules
        self.calendars = calendars
        self.program = program or Program(rules, frame.object)
        self.size = frame.size
        self.rows: NDArray[np.int64] | None = None
        self.began: Instants | None = None
        self.whole = self
        self.masks: dict[int, Mask] = {}
        self._columns: dict[str, Column] = {}
        self._days: dict[str, Column] = {}
        self._changed: dict[str, Instants] = {}

    def over(self, rows: NDArray[np.int64], began: Instants) -> Scope:
        """The same frame, answering once per given row."""
        scope = Scope(self.frame, self.rules, self.calendars, self.program)
        scope.size, scope.rows, scope.began, scope.whole = len(rows), rows, began, self.whole
        return scope

    def since(self, began: Instants) -> Scope:
        """The same answers for clocks that started at these instants; what is known already is shared."""
        scope = copy(self)
        scope.began = began
        return scope

    def holds(self, condition: Condition) -> Mask:
        """Where the condition is true; not to be written into."""
        with np.errstate(all="ignore"):  # dividing by zero is empty, and comparing with NaN is false
            return self.program.test(condition)(self)

    def entered(self, name: str) -> Mask:
        """Where the field took another value at or after the clock's start."""
        if self.began is None:
            return np.zeros(self.size, np.bool_)
        newest = self.whole._newest_change(name)
        entered: Mask = (newest if self.rows is None else newest[self.rows]) >= self.began
        return entered

    def _newest_change(self, name: str) -> Instants:
        found = self._changed.get(name)
        if found is None:
            found = self._changed[name] = newest_change(self.frame, name)
        return found

    def hidden(self, names: Collection[str]) -> Mask | None:
        """Where one of these fields cannot be told; None if all of them can everywhere."""
        if any(name not in self.frame.columns for name in names):
            return np.ones(self.size, np.bool_)
        gone = [self.frame.unavailable[name] for name in names if name in self.frame.unavailable]
        if not gone:
            return None
        mask: Mask = np.logical_or.reduce(gone)
        return mask if self.rows is None else mask[self.rows]

    # ------------------------------------------------------------------------------------------ columns

    def column(self, name: str) -> Column:
        """A field, band or score; empty wherever it is unavailable."""
        found = self._columns.get(name)
        if found is None:
            found = self._columns[name] = self._made(name) if self.rows is None else self._taken(name, self.rows)
        return found

    def _taken(self, name: str, rows: NDArray[np.int64]) -> Column:
        values, present = self.whole.column(name)
        return Column(values[rows] if len(values) else values, present[rows])

    def _made(self, name: str) -> Column:
        if name in self.rules.bands:
            return self._band(self.rules.bands[name])
        if name.startswith("score."):
            return self._score(name.removeprefix("score."))
        column = self.frame.columns.get(name)
        if column is None:
            return Column(np.zeros(self.size, np.int64), np.zeros(self.size, np.bool_))
        gone = self.frame.unavailable.get(name)
        return column if gone is None else Column(column.values, column.present & ~gone)

    def _band(self, band: Band) -> Column:
        amount = self.column(band.of.name)
        codes = np.zeros(self.size, np.int32)
        for _, below in band.rows:
            # Not below is not the same as at least: a value we cannot know (NaN) is in no band.
            codes += ~(amount.values < (np.inf if below is None else below))
        return Column(codes, amount.present & (codes < len(band.rows)))

    def _score(self, name: str) -> Column:
        items = self.program.items(name)
        met = np.zeros(self.size, np.int64)
        if not items:  # a share of nothing is a division by zero: empty
            return Column(met, np.zeros(self.size, np.bool_))
        for test in items:
            met += test(self)
        # Rounded half up in integers: 5 of 8 is 62.5 and shows as 63.
        percent = [(200 * number + len(items)) // (2 * len(items)) for number in range(len(items) + 1)]
        return Column(np.array(percent, np.float64)[met], np.ones(self.size, np.bool_))

    # ------------------------------------------------------------------------------------------ times

    def days(self, name: str) -> Column:
        """The local dates of a datetime field, as days since 1970-01-01."""
        found = self._days.get(name)
        if found is None:
            values, present = self.column(name)
            found = self._days[name] = Column(self.per_calendar(values, Calendar.local_day), present)
        return found

    def closes(self, name: str) -> Column:
        """The close of each date of a date field."""
        values, present = self.column(name)
        return Column(self.per_calendar(values, Calendar.closes_at), present)

    def moment(self, moment: date | datetime) -> Column:
        """A naive local time, or the close of a date, as the instant it is for each record's calendar."""
        values = np.empty(self.size, np.int64)
        for calendar, where in self.calendars.each():
            if isinstance(moment, datetime):
                values[where] = to_us(moment.replace(tzinfo=ZoneInfo(calendar.spec.zone)))
            else:
                values[where] = calendar.closes_at(np.array([to_day(moment)]))
        return Column(values, np.ones(self.size, np.bool_))

    def per_calendar(
        self, values: NDArray[np.int64], convert: Callable[[Calendar, NDArray[np.int64]], NDArray[np.int64]]
    ) -> NDArray[np.int64]:
        """Apply a calendar's conversion to a value per record, each with its own record's calendar."""
        parts = self.calendars.each()
        if len(parts) == 1:
            return convert(parts[0][0], values)
        result = np.empty(self.size, np.int64)
        for calendar, where in parts:
            result[where] = convert(calendar, values[where])
        return result
