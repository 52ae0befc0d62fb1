"""Records as they stood at a moment: the present, wound back by what changed after it.

    then = as_of(frame, at)

A field that did not change after the moment had the value that it has now. One that did had the value of its last
change up to the moment; if no such change is known, what it was then is not known, and the field is unavailable.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.frame import Column, Frame, History
from stalewatch.domain.instants import Mask


class Then(NamedTuple):
    """A column as it was, and the records of which that is not known."""

    column: Column
    unknown: Mask


def as_of(frame: Frame, at: int, untold: Collection[str] = ()) -> Frame:
    """The frame's records as they stood at an instant; its histories and events stay whole.

    Args:
        untold: fields whose past was not kept then: they are unavailable.
    """
    columns, missing = dict(frame.columns), dict(frame.unavailable)
    for name, history in frame.history.items():
        if name in columns:
            column, unknown = wound_back(columns[name], history, at)
            columns[name] = column
            if unknown.any():
                missing[name] = missing[name] | unknown if name in missing else unknown
    missing |= {name: np.ones(frame.size, np.bool_) for name in untold if name in columns}
    return replace(frame, columns=columns, unavailable=missing)


def wound_back(column: Column, history: History, at: int) -> Then:
    """One field as it was at an instant."""
    size = len(column.present)
    unknown = np.zeros(size, np.bool_)
    later = history.at > at
    if not later.any():
        return Then(column, unknown)
    changed = np.zeros(size, np.bool_)
    changed[history.row[later]] = True
    rows = np.flatnonzero(changed)
    known = newest(history, ~later, size)[rows]
    has = known >= 0
    unknown[rows[~has]] = True
    present = column.present.copy()
    present[rows] = has & history.present[known]
    if not len(column.values):
        return Then(Column(column.values, present), unknown)
    values = column.values.copy()
    values[rows[has]] = history.values[known[has]]
    return Then(Column(values, present), unknown)


def newest(history: History, among: Mask, size: int) -> NDArray[np.intp]:
    """Per record the last of these entries of its history, -1 where there is none."""
    found = np.full(size, -1, np.intp)
    entries = np.flatnonzero(among)
    found[history.row[entries]] = entries  # of several the last stays: a history is sorted by record and time
    return found
