"""The values that a field had at every moment at which something of its record changed.

A history is sorted by record and time, and so are the moments; every change of a record is one of its moments.
So nothing has to be searched: each entry is written to its moment, and what follows inherits it.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.frame import UNKNOWN_CHOICE, Column, History
from stalewatch.domain.instants import NEVER, Instants, Mask

Positions = NDArray[np.intp]
_WIDEST: Final = 2**63 - 1


class Moments(NamedTuple):
    """Moments of some records, sorted by (record, at), each once; a record's first is NEVER.

    Attributes:
        entries: per field which entries of its history are of these records, ascending, and the moment of each.
    """

    record: NDArray[np.int64]
    at: Instants
    entries: Mapping[str, tuple[Positions, Positions]]


def moments(only: Mask, histories: Mapping[str, History]) -> Moments:
    """Every moment at which one of the histories has an entry, of the records in `only`."""
    chosen = np.flatnonzero(only)
    mine = {name: np.flatnonzero(only[history.row]) for name, history in histories.items()}
    row = np.concatenate([chosen, *(history.row[mine[name]] for name, history in histories.items())])
    begin = np.full(len(chosen), NEVER, np.int64)
    at = np.concatenate([begin, *(history.at[mine[name]] for name, history in histories.items())])
    order = by_record(row, at)
    row, at = row[order], at[order]
    fresh = np.ones(len(row), np.bool_)
    fresh[1:] = (row[1:] != row[:-1]) | (at[1:] != at[:-1])
    number = np.empty(len(row), np.intp)
    number[order] = np.cumsum(fresh) - 1
    spans = pairwise(np.cumsum([len(chosen), *map(len, mine.values())]).tolist())
    entries = {name: (mine[name], number[low:high]) for name, (low, high) in zip(mine, spans, strict=True)}
    firsts = np.flatnonzero(fresh)
    return Moments(row[firsts], at[firsts], entries)


def by_record(row: NDArray[np.int64], at: Instants) -> NDArray[np.intp]:
    """The order by row and moment; what is equal in both stays as it is. Both in one number, if they fit: histories
    come sorted, and a stable sort of one key only merges them."""
    told = at[at != NEVER]
    if not len(told):
        return np.argsort(row, kind="stable")
    first = int(told.min()) - 1  # NEVER comes before all
    span = int(told.max()) - first + 1
    if (int(row.max()) + 1) * span > _WIDEST:
        return np.lexsort((at, row))
    return np.argsort(row * span + np.where(at == NEVER, 0, at - first), kind="stable")


class Past(NamedTuple):
    """One field's changes beside some moments.

    Attributes:
        newest: per moment the last entry at or before it, -1 where there is none.
        next: where there is none, the first entry after it, if `before` holds.
        before: where a moment lies before the first known change of its record.
    """

    history: History
    newest: Positions
    next: Positions
    before: Mask


def past(history: History, name: str, among: Moments, size: int) -> Past:
    """Look up what a history says of every moment.

    Args:
        history: not empty.
        size: the number of records there are.
    """
    entries, moment = among.entries[name]
    newest = np.full(len(among.record), -1, np.intp)
    newest[moment] = entries  # of two entries at one moment the later one stays
    np.maximum.accumulate(newest, out=newest)
    newest[history.row[newest] != among.record] = -1
    first = np.full(size, -1, np.intp)
    first[history.row[::-1]] = np.arange(len(history.row) - 1, -1, -1)
    coming = first[among.record]
    return Past(history, newest, coming, (newest < 0) & (coming >= 0))


def unfold(column: Column, changes: Past | None, record: NDArray[np.int64]) -> Column:
    """The field's value at every moment: the last change, or the present value if it never changed.

    Args:
        record: the record of each moment.
    """
    has_values = bool(len(column.values))
    values = column.values[record] if has_values else column.values
    present = column.present[record]
    if changes is None:
        return Column(values, present)
    history, newest, coming, before = changes
    known = newest >= 0
    present = np.where(known, history.present[newest], present)
    if has_values:
        values = np.where(known, history.values[newest], values).astype(column.values.dtype, copy=False)
    if before.any():
        # A change shows that the value was another one before: unset if it became set, else set to we know not what.
        present = np.where(before, ~history.present[coming], present)
        if has_values:
            values[before] = _unknown(column.values.dtype)
    return Column(values, present)


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
