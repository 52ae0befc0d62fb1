"""A record's past as a sequence of states, so that a condition can be asked about every moment at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.branchless import only, somewhere
from stalewatch.domain.calendars import Chosen
from stalewatch.domain.conditions import Scope
from stalewatch.domain.frame import UNKNOWN_CHOICE, Column, Frame, History
from stalewatch.domain.instants import NEVER, Instants, Mask
from stalewatch.domain.plans import StartPlan


@dataclass(frozen=True, slots=True)
class States:
    """The states of some records, sorted by (record, at). A record's first state begins at NEVER.

    Attributes:
        record: index into the frame the states come from.
        at: since when the state holds; `until` is when the next one of the same record begins, or None's
            stand-in, the greatest int64, for the present one.
        frame: the states as records, with the columns that were asked for.
    """

    record: NDArray[np.int64]
    at: Instants
    until: Instants
    frame: Frame

    @property
    def is_first(self) -> Mask:
        """Where a record's first state stands."""
        first: Mask = self.at == NEVER
        return first


def states(frame: Frame, names: Iterable[str], only: Mask) -> States:
    """Unfold the records in `only` into one state per moment at which one of the named fields changed."""
    wanted = sorted(set(names) & set(frame.columns))
    histories = {name: frame.history[name] for name in wanted if name in frame.history}
    chosen = np.flatnonzero(only)
    record, at = _moments(chosen, only, histories.values())
    columns = {name: _unfold(frame.columns[name], histories.get(name), record, at) for name in wanted}
    unavailable = {name: mask[record] for name, mask in frame.unavailable.items() if name in columns}
    until = np.full(len(at), np.iinfo(np.int64).max, np.int64)
    same = record[1:] == record[:-1]
    until[:-1][same] = at[1:][same]
    unfolded = Frame(
        object=frame.object,
        size=len(record),
        columns=columns,
        unavailable=unavailable,
        unknown={name: _before(history, record, at) for name, history in histories.items() if len(history.row)},
    )
    return States(record, at, until, unfolded)


def became_true(since: StartPlan, scope: Scope, chosen: Chosen) -> tuple[Instants, Mask]:
    """When the condition of a `since` became true for good, and where that is only the record's creation (estimated).

    Records for which it does not hold now answer NEVER.
    """
    assert since.holds is not None  # noqa: S101  # plans.py compiles it for every `since`
    frame, holds_now = scope.frame, since.holds(scope)
    created = frame.columns["created_at"]
    anchor, estimated = only(created.values, holds_now & created.present), holds_now
    # Only a record that changed can show when it began; of the others nothing needs to be unfolded.
    may_show = holds_now & changed(frame, since.fields)
    if not somewhere(may_show):
        return anchor, estimated
    past = states(frame, since.fields, may_show)
    holds = since.holds(Scope(past.frame, scope.rules, chosen.taken(past.record), scope.program))
    # A state starts the present run if it and all later ones of its record hold and the one before does not.
    falsified = np.full(frame.size, -1, np.int64)
    np.maximum.at(falsified, past.record[~holds], np.flatnonzero(~holds))
    last = np.full(frame.size, -1, np.int64)
    last[past.record] = np.arange(len(past.record))
    shown = np.flatnonzero(falsified >= 0)
    anchor[shown] = past.at[np.minimum(falsified[shown] + 1, last[shown])]
    estimated = estimated & (falsified < 0)
    return anchor, estimated


def changed(frame: Frame, names: Iterable[str]) -> Mask:
    """The records of which one of the named fields ever changed."""
    touched = np.zeros(frame.size, np.bool_)
    for name in names:
        if name in frame.history:
            touched[frame.history[name].row] = True
    return touched


def _moments(chosen: NDArray[np.intp], only: Mask, histories: Iterable[History]) -> tuple[NDArray[np.int64], Instants]:
    rows = [chosen.astype(np.int64)]
    times = [np.full(len(chosen), NEVER, np.int64)]
    for history in histories:
        mine = only[history.row]
        rows.append(history.row[mine])
        times.append(history.at[mine])
    row, at = np.concatenate(rows), np.concatenate(times)
    order = np.lexsort((at, row))
    row, at = row[order], at[order]
    fresh = np.ones(len(row), np.bool_)
    fresh[1:] = (row[1:] != row[:-1]) | (at[1:] != at[:-1])
    return row[fresh], at[fresh]


def _unfold(column: Column, history: History | None, record: NDArray[np.int64], at: Instants) -> Column:
    """The field's value in every state: forward-filled changes, or the present value if it never changed."""
    has_values = bool(len(column.values))
    values = column.values[record] if has_values else column.values
    present = column.present[record]
    if history is None or not len(history.row):
        return Column(values, present)
    newest = _newest_before(history, record, at)
    known = newest >= 0
    before = _before(history, record, at)
    present = np.where(known, history.present[newest], present)
    # A change shows that the value was another one before: unset if it became set, else set to we know not what.
    present = np.where(before, ~history.present[_first_of(history, record)], present)
    if has_values:
        values = np.where(known, history.values[newest], values).astype(column.values.dtype)
        values[before] = _unknown(column.values.dtype)
    return Column(values, present)


def _before(history: History, record: NDArray[np.int64], at: Instants) -> Mask:
    """The states before the first known change of their record."""
    first = _first_of(history, record)
    before: Mask = (history.row[first] == record) & (at < history.at[first])
    return before


def _newest_before(history: History, record: NDArray[np.int64], at: Instants) -> NDArray[np.int64]:
    """Position of the last change of the same record at or before each state, -1 where there is none."""
    count, wanted = len(history.row), len(record)
    is_state = np.repeat([0, 1], [count, wanted])
    order = np.lexsort((is_state, np.concatenate((history.at, at)), np.concatenate((history.row, record))))
    position = np.where(order < count, order, -1)
    newest = np.maximum.accumulate(position)
    answer = np.empty(wanted, np.int64)
    mine = order >= count
    answer[order[mine] - count] = newest[mine]
    answer[(answer >= 0) & (history.row[answer] != record)] = -1
    return answer


def _first_of(history: History, record: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.minimum(np.searchsorted(history.row, record, side="left"), len(history.row) - 1)


def _unknown(dtype: np.dtype[Any]) -> Any:
    match dtype.kind:
        case "f":
            return np.nan
        case "i":
            return UNKNOWN_CHOICE if dtype.itemsize == 4 else NEVER
        case "b":
            return False
        case _:
            return ""
