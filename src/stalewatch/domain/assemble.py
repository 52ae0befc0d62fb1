"""Frames out of single records: for timeline tests, for one deal's explanation, and for tests of the domain.

Whole tables take the faster way in services/judging/frames.py; the judgement is the same code for both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.frame import UNKNOWN_CHOICE, Column, Events, Frame, History
from stalewatch.domain.instants import to_day, to_us
from stalewatch.domain.language.model import Catalogue, Field, FieldType

Raw = str | bool | int | float | date | datetime | None
"""A field's value in Python; datetimes are aware, None and "" are empty."""

_DTYPES: dict[FieldType, Any] = {
    FieldType.TEXT: np.object_,
    FieldType.PERSON: np.object_,
    FieldType.CHOICE: np.int32,
    FieldType.INT: np.float64,
    FieldType.MONEY: np.float64,
    FieldType.BOOL: np.bool_,
    FieldType.DATE: np.int64,
    FieldType.DATETIME: np.int64,
}


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of a record; instants are microseconds since the epoch."""

    kind: str
    subject: str
    at: int
    began: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One record at one moment.

    Attributes:
        values: by catalogue name; a missing name is empty.
        changes: per field (at, value), oldest first.
    """

    values: Mapping[str, Raw]
    changes: Mapping[str, Sequence[tuple[int, Raw]]] = field(default_factory=dict)
    events: Sequence[Happening] = ()
    unavailable: frozenset[str] = frozenset()
    key: str = ""


def frame(obj: str, records: Sequence[Snapshot], catalogue: Catalogue) -> Frame:
    """Put records side by side; every field of the catalogue counts as available unless a record says not."""
    fields = catalogue.objects[obj]
    columns = {name: column(kind, [record.values.get(name) for record in records]) for name, kind in fields.items()}
    changed = {name for record in records for name in record.changes}
    kinds = {event.kind for record in records for event in record.events}
    hidden = {name for record in records for name in record.unavailable}
    return Frame(
        object=obj,
        size=len(records),
        columns=columns,
        unavailable={name: np.array([name in record.unavailable for record in records]) for name in hidden},
        history={name: _history(fields[name], name, records) for name in sorted(changed)},
        events={kind: _events(kind, records) for kind in sorted(kinds)},
        keys=[record.key for record in records],
    )


def column(kind: Field, values: Sequence[Raw]) -> Column:
    """One field of many records as arrays."""
    dtype = _DTYPES[kind.type]
    present = np.fromiter((value is not None and value != "" for value in values), np.bool_, len(values))
    array: NDArray[Any] = np.zeros(len(values), dtype)
    for position in np.flatnonzero(present).tolist():
        array[position] = encode(kind, values[position])
    return Column(array, present)


def encode(kind: Field, value: Raw) -> Any:
    """A value as the frame holds it.

    Raises:
        TypeError: if the value is not of the field's type.
    """
    match kind.type:
        case FieldType.CHOICE:
            return kind.values.index(str(value)) if value in kind.values else UNKNOWN_CHOICE
        case FieldType.DATE:
            if isinstance(value, date):
                return to_day(value)
        case FieldType.DATETIME:
            if isinstance(value, datetime):
                return to_us(value)
        case FieldType.BOOL | FieldType.INT | FieldType.MONEY:
            if isinstance(value, bool | int | float):
                return value
        case FieldType.TEXT | FieldType.PERSON:
            return str(value)
    raise TypeError(f"{kind.name} is {kind.type}, not {value!r}")


def _history(kind: Field, name: str, records: Sequence[Snapshot]) -> History:
    rows = [(row, at, value) for row, record in enumerate(records) for at, value in record.changes.get(name, ())]
    past = column(kind, [value for _, _, value in rows])
    return History(
        np.array([row for row, _, _ in rows], np.int64),
        np.array([at for _, at, _ in rows], np.int64),
        past.values,
        past.present,
    )


def _events(kind: str, records: Sequence[Snapshot]) -> Events:
    found = [
        (row, event)
        for row, record in enumerate(records)
        for event in sorted(record.events, key=lambda event: (event.at, event.subject))
        if event.kind == kind
    ]
    return Events(
        np.array([row for row, _ in found], np.int64),
        np.array([event.subject for _, event in found], np.object_),
        np.array([event.at for _, event in found], np.int64),
        np.array([event.began for _, event in found], np.int64),
    )
