"""When a field of a record last took another value."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.frame import Frame
from stalewatch.domain.instants import NEVER, Instants, Mask


def newest_change(frame: Frame, name: str) -> Instants:
    """Per record the instant at which the field last took another value, just above NEVER if it never did.

    A first known value is a change only if it came after the record's creation; a rewrite of the same value is none.
    """
    newest = np.full(frame.size, NEVER + 1, np.int64)
    history = frame.history.get(name)
    if history is None or not len(history.row):
        return newest
    same_row = np.concatenate(([False], history.row[1:] == history.row[:-1]))
    differs = np.concatenate(([True], _differs(history.values, history.present)))
    created = frame.columns["created_at"]
    begun = np.where(created.present, created.values, np.int64(0))[history.row]
    changed = np.where(same_row, differs, history.at > begun)
    np.maximum.at(newest, history.row[changed], history.at[changed])
    return newest


def _differs(values: NDArray[Any], present: Mask) -> Mask:
    """Where an entry differs from the one before it; two empties are equal."""
    both = present[1:] & present[:-1]
    unequal = np.asarray(values[1:] != values[:-1], np.bool_) if len(values) else np.zeros_like(both)
    changed: Mask = (present[1:] != present[:-1]) | (both & unequal)
    return changed
