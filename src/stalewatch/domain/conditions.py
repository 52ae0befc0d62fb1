"""Conditions over columns: which records of a batch satisfy a condition.

Two-valued logic: a comparison with an empty value is false, only `IsSet` sees emptiness. A field that is
unavailable counts as empty here; clocks.py asks for availability before it believes an answer.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import date, datetime
from functools import reduce
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.calendar import Calendar
from stalewatch.domain.changed import newest_change
from stalewatch.domain.frame import UNKNOWN_CHOICE, Column, Frame
from stalewatch.domain.instants import Instants, Mask, to_day, to_us
from stalewatch.domain.language.model import (
    All,
    AnyOf,
    Arithmetic,
    Band,
    Compare,
    Condition,
    Contains,
    Entered,
    FieldType,
    IsSet,
    Literal,
    Not,
    OneOf,
    Ref,
    RuleSet,
    Score,
    Term,
)

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class CalendarOf(Protocol):
    """Which calendar each record of a frame follows."""

    def each(self) -> list[tuple[Calendar, NDArray[np.intp] | slice]]:
        """The calendars in use, each with the positions of its records."""
        ...


class Scope:
    """What a condition can see: a frame, the rules' own fields, the records' calendars.

    Args:
        rows: positions of the frame's records to answer for, in order and possibly repeated (one per event);
            None answers for every record once.
        began: for `entered`, the instant each answer's clock started; rows without a clock hold NEVER.
    """

    def __init__(
        self,
        frame: Frame,
        rules: RuleSet,
        calendars: CalendarOf,
        *,
        rows: NDArray[np.int64] | None = None,
        began: Instants | None = None,
    ) -> None:
        self.frame = frame
        self.rules = rules
        self.calendars = calendars
        self.rows = rows
        self.began = began
        self.size = frame.size if rows is None else len(rows)
        self._columns: dict[str, Column] = {}
        self._days: dict[str, NDArray[np.int64]] = {}

    def over(self, rows: NDArray[np.int64], began: Instants) -> Scope:
        """The same frame, answering once per given row."""
        return Scope(self.frame, self.rules, self.calendars, rows=rows, began=began)

    def since(self, began: Instants) -> Scope:
        """The same answers for clocks that started at these instants; computed columns are shared."""
        scope = Scope(self.frame, self.rules, self.calendars, rows=self.rows, began=began)
        scope._columns, scope._days = self._columns, self._days
        return scope

    def holds(self, condition: Condition) -> Mask:  # noqa: PLR0911  # one line per kind of condition
        """Where the condition is true."""
        match condition:
            case Compare():
                return self._compare(condition)
            case OneOf():
                return self._one_of(condition)
            case IsSet(ref=ref):
                return self.column(ref.name).present
            case Not(part=part):
                return ~self.holds(part)
            case All(parts=parts):
                return reduce(operator.and_, map(self.holds, parts), np.ones(self.size, np.bool_))
            case AnyOf(parts=parts):
                return reduce(operator.or_, map(self.holds, parts), np.zeros(self.size, np.bool_))
            case Contains():
                return self._contains(condition)
            case Entered(ref=ref):
                return self._entered(ref.name)

    def column(self, name: str) -> Column:
        """A field, band or score; empty wherever it is unavailable."""
        found = self._columns.get(name)
        if found is None:
            found = self._columns[name] = self._make_column(name)
        return found

    # ------------------------------------------------------------------------------------------ columns

    def _make_column(self, name: str) -> Column:
        if name in self.rules.bands:
            return self._band(self.rules.bands[name])
        if name.startswith("score."):
            return self._score(self.rules.scores[name.removeprefix("score.")])
        column = self.frame.columns.get(name)
        if column is None:
            return Column(np.zeros(self.size, np.float64), np.zeros(self.size, np.bool_))
        gone = self.frame.unavailable.get(name)
        present = column.present if gone is None else column.present & ~gone
        if self.rows is None:
            return Column(column.values, present)
        values = column.values[self.rows] if len(column.values) else column.values
        return Column(values, present[self.rows])

    def _band(self, band: Band) -> Column:
        amount = self.column(band.of.name)
        bounds = np.array([np.inf if below is None else below for _, below in band.rows])
        codes = np.searchsorted(bounds, amount.values, side="right").astype(np.int32)
        return Column(codes, amount.present & (codes < len(bounds)))

    def _score(self, score: Score) -> Column:
        met = sum((self.holds(item).astype(np.int64) for _, item in score.items), np.zeros(self.size, np.int64))
        # Rounded half up in integers: 5 of 8 is 62.5 and shows as 63.
        percent = (200 * met + len(score.items)) // (2 * len(score.items))
        return Column(percent.astype(np.float64), np.ones(self.size, np.bool_))

    # ------------------------------------------------------------------------------------------ leaves

    def _one_of(self, condition: OneOf) -> Mask:
        column = self.column(condition.ref.name)
        wanted = [self._literal(value, condition.ref) for value in condition.values]
        if not len(column.values):
            hit = np.zeros(self.size, np.bool_)
        elif len(wanted) == 1:
            hit = np.asarray(column.values == wanted[0], np.bool_)
        elif condition.ref.type.is_text:
            hit = np.fromiter((value in wanted for value in column.values), np.bool_, self.size)
        else:
            hit = np.isin(column.values, wanted)
        return column.present & (~hit if condition.negated else hit)

    def _contains(self, condition: Contains) -> Mask:
        column = self.column(condition.ref.name)
        needle = condition.text.casefold()
        hit = np.zeros(self.size, np.bool_)
        for position in np.flatnonzero(column.present):
            hit[position] = needle in str(column.values[position]).casefold()
        return hit

    def _entered(self, name: str) -> Mask:
        if self.began is None:
            return np.zeros(self.size, np.bool_)
        newest = newest_change(self.frame, name)
        newest = newest if self.rows is None else newest[self.rows]
        entered: Mask = newest >= self.began
        return entered

    # ------------------------------------------------------------------------------------------ comparison

    def _compare(self, condition: Compare) -> Mask:
        left, right = self._comparable(condition.left, condition.right)
        compare = _COMPARE[condition.op]
        with np.errstate(invalid="ignore"):
            return np.asarray(compare(left.values, right.values), np.bool_) & left.present & right.present

    def _comparable(self, left: Term, right: Term) -> tuple[Column, Column]:
        """Both sides in one unit: days if a date literal is involved, else instants, numbers, codes or text."""
        kinds = {term.type for term in (left, right) if not isinstance(term, Arithmetic)}
        if kinds == {FieldType.DATE, FieldType.DATETIME}:
            literal = next((term for term in (left, right) if isinstance(term, Literal)), None)
            in_days = literal is not None and literal.type is FieldType.DATE
            convert = self._as_days if in_days else self._as_instants
            return convert(left), convert(right)
        if kinds == {FieldType.DATETIME}:
            return self._as_instants(left), self._as_instants(right)
        context = next((term for term in (left, right) if isinstance(term, Ref)), None)
        return self._value(left, context), self._value(right, context)

    def _value(self, term: Term, context: Ref | None) -> Column:
        match term:
            case Ref(name=name):
                return self.column(name)
            case Literal():
                return Column(np.asarray(self._literal(term, context)), np.ones((), np.bool_))
            case Arithmetic():
                return self._arithmetic(term)

    def _arithmetic(self, term: Arithmetic) -> Column:
        left, right = self._value(term.left, None), self._value(term.right, None)
        present = left.present & right.present
        with np.errstate(all="ignore"):
            if term.op == "/":
                present = present & (right.values != 0)
                values = np.divide(left.values, np.where(right.values == 0, 1.0, right.values))
            else:
                apply = {"+": operator.add, "-": operator.sub, "*": operator.mul}[term.op]
                values = apply(left.values.astype(np.float64), right.values)
        return Column(np.asarray(values), np.asarray(present & np.isfinite(values)))

    def _literal(self, literal: Literal, context: Ref | None) -> Any:
        if literal.type is FieldType.CHOICE and context is not None:
            return self._code(context.name, str(literal.value))
        if isinstance(literal.value, date) and not isinstance(literal.value, datetime):
            return to_day(literal.value)
        return literal.value

    def _code(self, name: str, value: str) -> int:
        band = self.rules.bands.get(name)
        if band is not None:
            names = [row for row, _ in band.rows]
        else:
            names = list(self.rules.catalogue.objects[self.frame.object][name].values)
        return names.index(value) if value in names else UNKNOWN_CHOICE - 1

    # ------------------------------------------------------------------------------------------ times

    def _as_days(self, term: Term) -> Column:
        if isinstance(term, Literal):
            return self._value(term, None)
        assert isinstance(term, Ref)  # noqa: S101  # arithmetic is on numbers only (SW125)
        column = self.column(term.name)
        if term.type is FieldType.DATE:
            return column
        days = self._days.get(term.name)
        if days is None:
            days = self._days[term.name] = self.per_calendar(column.values, Calendar.local_day)
        return Column(days, column.present)

    def _as_instants(self, term: Term) -> Column:
        if isinstance(term, Ref):
            column = self.column(term.name)
            if term.type is FieldType.DATETIME:
                return column
            return Column(self.per_calendar(column.values, Calendar.closes_at), column.present)
        assert isinstance(term, Literal)  # noqa: S101
        moment = term.value
        assert isinstance(moment, date)  # noqa: S101
        if not isinstance(moment, datetime):
            day = np.full(self.size, to_day(moment), np.int64)
            return Column(self.per_calendar(day, Calendar.closes_at), np.ones(self.size, np.bool_))
        values = np.empty(self.size, np.int64)
        for calendar, where in self._positions():
            values[where] = to_us(moment.replace(tzinfo=ZoneInfo(calendar.spec.zone)))
        return Column(values, np.ones(self.size, np.bool_))

    def per_calendar(
        self, values: NDArray[np.int64], convert: Callable[[Calendar, NDArray[np.int64]], NDArray[np.int64]]
    ) -> NDArray[np.int64]:
        """Apply a calendar's conversion, each row with its own record's calendar."""
        positions = self._positions()
        if len(positions) == 1:
            return convert(positions[0][0], values)
        result = np.empty(self.size, np.int64)
        for calendar, where in positions:
            result[where] = convert(calendar, values[where])
        return result

    def _positions(self) -> list[tuple[Calendar, NDArray[np.intp] | slice]]:
        parts = self.calendars.each()
        if self.rows is None or len(parts) == 1:
            return [(parts[0][0], slice(None))] if len(parts) == 1 else parts
        which = np.empty(self.frame.size, np.int64)
        for number, (_, where) in enumerate(parts):
            which[where] = number
        mine = which[self.rows]
        return [(calendar, np.flatnonzero(mine == number)) for number, (calendar, _) in enumerate(parts)]
