"""A batch of records of one object, as columns: what every judgement reads.

A column is two arrays, `values` and `present`; logic over it is two-valued by construction. The dtype follows
the field's type:

    datetime  int64   microseconds since the epoch (instants.py)
    date      int64   days since 1970-01-01
    int money float64 whole numbers are exact up to 2**53
    bool      bool
    choice    int32   index into the catalogue's values; UNKNOWN_CHOICE for a value outside it
    text      object  str; columns whose text no rule reads may carry `present` alone (values of length 0)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.instants import Instants, Mask

UNKNOWN_CHOICE: Final = -2


class Column(NamedTuple):
    """Values of one field; where `present` is False the value means nothing."""

    values: NDArray[Any]
    present: Mask


@dataclass(frozen=True, slots=True)
class History:
    """Changes of one field over the batch, sorted by (row, at): from `at` on the field had this value."""

    row: NDArray[np.int64]
    at: Instants
    values: NDArray[Any]
    present: Mask


@dataclass(frozen=True, slots=True)
class Events:
    """Events of one kind over the batch, sorted by (row, at); `subject` is the event's id.

    `at` is when the clock of an `each` rule starts (a meeting's end), `began` the instant from which an
    `entered` counts (a meeting's start).
    """

    row: NDArray[np.int64]
    subject: NDArray[np.object_]
    at: Instants
    began: Instants


@dataclass(frozen=True, slots=True)
class Frame:
    """`size` records of one object.

    Attributes:
        columns: by catalogue name; a field that is missing here is unavailable for every record.
        unavailable: per field the records for which it cannot be told (a missing entry: none).
        history: changes of the fields that `since`, `entered` and pauses read; a missing entry means that
            the field never changed, which a clock may only take as "no later than".
        events: per event kind.
        unknown: per field the records of the past of which is known that it was set, and not to what: such a value
            equals nothing (a missing entry: none).
        keys: an id per record, for fingerprints and reports.
    """

    object: str
    size: int
    columns: Mapping[str, Column]
    unavailable: Mapping[str, Mask] = field(default_factory=dict)
    history: Mapping[str, History] = field(default_factory=dict)
    events: Mapping[str, Events] = field(default_factory=dict)
    unknown: Mapping[str, Mask] = field(default_factory=dict)
    keys: Sequence[str] = ()
