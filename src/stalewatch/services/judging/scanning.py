"""Frames of all open records of a connection, read as fast as the store gives them, for who only looks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from operator import attrgetter
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.frame import UNKNOWN_CHOICE, Column, Events, Frame, History
from stalewatch.domain.instants import Mask
from stalewatch.domain.language.model import Catalogue, Field, FieldType, Origin
from stalewatch.domain.needs import ALWAYS, Needs
from stalewatch.services.judging import frames
from stalewatch.store import records, scans
from stalewatch.store.engine import Connection
from stalewatch.store.scans import MISSING, Columns, Wanted

PIECE: Final = 32_000
"""Records of one frame: few enough to stay in the processor's cache, many enough for arrays to pay."""

_ABSENT: Final = -1
_NOTHING: Final = "{}"
_NULL: Final = "null"
_decode_values: Final = msgspec.json.Decoder(list[Any]).decode


@dataclass(frozen=True, slots=True)
class Scanned:
    """A frame of records, `Frame.keys` being their ids, and who owns each."""

    frame: Frame
    owners: Sequence[str | None]


@dataclass(frozen=True)
class Scan:
    """How the open records of one object are read.

    Attributes:
        fed: the catalogue fields that the connection feeds.
    """

    conn: Connection
    catalogue: Catalogue
    needs: Needs
    obj: str
    fed: Collection[str]

    def of(self, connection: str, size: int = PIECE, *, whole: bool = False) -> Iterator[Scanned]:
        """The open records of a connection, or the `whole` of them, in frames of `size`, in the order of ids."""
        stored = records.column_names(self.obj)
        shape = _Shape(self.catalogue.objects[self.obj], self.needs, stored)
        for batches in scans.scan(self.conn, connection, self.obj, shape.wanted(), size, whole=whole):
            piece = _Piece()
            for batch in batches:
                shape.take(piece, batch)
            if piece.ids:
                yield Scanned(self._frame(piece, shape), piece.owners)

    def _frame(self, piece: _Piece, shape: _Shape) -> Frame:
        place = dict(zip(piece.ids, range(len(piece.ids)), strict=True))
        return Frame(
            object=self.obj,
            size=len(piece.ids),
            columns={name: _joined(parts) for name, parts in piece.columns.items()},
            unavailable=self._unavailable(piece, shape.kinds),
            history=self._histories(piece, place, shape.kinds),
            events=self._events(piece, place),
            keys=piece.ids,
        )

    def _unavailable(self, piece: _Piece, kinds: Mapping[str, Field]) -> dict[str, Mask]:
        size = len(piece.ids)
        own = (name for name in self.needs.fields if kinds[name].origin is Origin.STALEWATCH)
        known = {*self.fed, *ALWAYS, *own}
        missing: dict[str, Mask] = {name: np.ones(size, np.bool_) for name in self.needs.fields - known}
        for row, names in piece.unreadable.items():
            for name in self.needs.fields.intersection(names):
                missing.setdefault(name, np.zeros(size, np.bool_))[row] = True
        return missing

    def _histories(self, piece: _Piece, place: Mapping[str, int], kinds: Mapping[str, Field]) -> dict[str, History]:
        if not self.needs.history:
            return {}
        code = {name: number for number, name in enumerate(sorted(self.needs.history))}
        parts: list[tuple[NDArray[np.int64], ...]] = []
        values: list[Any] = []
        for record, names, at, texts in scans.changes_between(
            self.conn, piece.ids[0], piece.ids[-1], self.needs.history
        ):
            row = np.fromiter(map(place.get, record, repeat(-1)), np.int64, len(record))
            which = np.fromiter(map(code.__getitem__, names), np.int64, len(record))
            parts.append((row, which, np.fromiter(at, np.int64, len(record))))
            values += _decode_values(f"[{','.join([text or _NULL for text in texts])}]")
        if not parts:
            return {}
        row, which, moments = (np.concatenate(column) for column in zip(*parts, strict=True))
        found = {}
        for name, number in code.items():
            mine = np.flatnonzero((which == number) & (row >= 0))
            if len(mine):
                kind = kinds[name]
                past = _past(kind, [values[place] for place in mine.tolist()])
                found[name] = History(row[mine], moments[mine], past.values, past.present)
        return found

    def _events(self, piece: _Piece, place: Mapping[str, int]) -> dict[str, Events]:
        if not self.needs.events:
            return {}
        code = {kind: number for number, kind in enumerate(sorted(self.needs.events))}
        parts: list[tuple[NDArray[Any], ...]] = []
        for record, kinds, subjects, at, began in scans.events_between(
            self.conn, piece.ids[0], piece.ids[-1], self.needs.events
        ):
            row = np.fromiter(map(place.get, record, repeat(-1)), np.int64, len(record))
            which = np.fromiter(map(code.__getitem__, kinds), np.int64, len(record))
            times = (np.fromiter(column, np.int64, len(record)) for column in (at, began))
            parts.append((row, which, np.array(subjects, np.object_), *times))
        if not parts:
            return {}
        row, which, subject, moments, begins = (np.concatenate(column) for column in zip(*parts, strict=True))
        chosen = {kind: np.flatnonzero((which == number) & (row >= 0)) for kind, number in code.items()}
        return {
            kind: Events(row[mine], subject[mine], moments[mine], begins[mine])
            for kind, mine in chosen.items()
            if len(mine)
        }


@dataclass(slots=True)
class _Piece:
    """What was read so far of one frame."""

    ids: list[str] = field(default_factory=list)
    owners: list[str | None] = field(default_factory=list)
    unreadable: dict[int, Sequence[str]] = field(default_factory=dict)
    columns: dict[str, list[Column]] = field(default_factory=dict)

    def add(self, name: str, part: Column) -> None:
        self.columns.setdefault(name, []).append(part)


class _Shape:
    """Which field comes from where, and what becomes of it."""

    def __init__(self, kinds: Mapping[str, Field], needs: Needs, stored: Collection[str]) -> None:
        self.kinds, self.needs = kinds, needs
        own = sorted(name for name in needs.fields if name in stored)
        self.free = sorted(needs.fields.difference(stored))
        self.marks = [name for name in own if name not in needs.values]
        self.texts = [name for name in own if name in needs.values and _is_written(kinds[name])]
        self.numbers = [name for name in own if name in needs.values and not _is_written(kinds[name])]
        slots = [(f"f{number}", Any, msgspec.field(default=None, name=name)) for number, name in enumerate(self.free)]
        struct = msgspec.defstruct("Free", slots, gc=False)
        self._decode = msgspec.json.Decoder(list[struct]).decode  # type: ignore[valid-type]  # made here
        self._values = {name: attrgetter(f"f{number}") for number, name in enumerate(self.free)}
        self._codes = {name: _codes(kinds[name]) for name in self.texts if kinds[name].type is FieldType.CHOICE}

    def wanted(self) -> Wanted:
        """The columns to ask the store for."""
        free = ("fields",) if self.free else ()
        texts = dict.fromkeys((*self.texts, "owner", "unreadable", *free))
        return Wanted(self.numbers, tuple(texts), self.marks)

    def take(self, piece: _Piece, batch: Columns) -> None:
        """Add a batch to a piece."""
        if any(batch["unreadable"]):
            hidden = enumerate(batch["unreadable"], len(piece.ids))
            piece.unreadable.update((row, msgspec.json.decode(text)) for row, text in hidden if text is not None)
        for name in self.numbers:
            piece.add(name, _numbers(self.kinds[name].type, batch[name]))
        for name in self.texts:
            piece.add(name, _texts(batch[name], self._codes.get(name)))
        for name in self.marks:
            piece.add(name, _marks(self.kinds[name], batch[name]))
        if self.free:
            texts = batch["fields"]
            free = self._decode(f"[{','.join([text or _NOTHING for text in texts] if None in texts else texts)}]")
            for name, value in self._values.items():
                piece.add(name, self._of_free(name, list(map(value, free))))
        piece.ids += batch["id"]
        piece.owners += batch["owner"]

    def _of_free(self, name: str, values: Sequence[Any]) -> Column:
        kind = self.kinds[name]
        if kind.type.is_text:
            content = values if name in self.needs.values else ()
            return Column(np.array(content, np.object_), np.fromiter(map(bool, values), np.bool_, len(values)))
        if kind.type is FieldType.CHOICE:
            return _texts(values, _codes(kind))
        # Of another type than the catalogue says now: it was stored when the field was another one.
        known = int if kind.type is not FieldType.BOOL else bool
        return _numbers(kind.type, [value if value.__class__ is known else MISSING for value in values])


def _is_written(kind: Field) -> bool:
    return kind.type.is_text or kind.type is FieldType.CHOICE


def _codes(kind: Field) -> dict[str | None, int]:
    return {**{value: code for code, value in enumerate(kind.values)}, None: _ABSENT, "": _ABSENT}


def _numbers(kind: FieldType, values: Sequence[int]) -> Column:
    whole = np.fromiter(values, np.int64, len(values))
    present = whole != MISSING
    if not present.all():
        whole[~present] = 0
    match kind:
        case FieldType.BOOL:
            return Column(whole != 0, present)
        case FieldType.MONEY:
            return Column(whole / 100, present)
        case FieldType.INT:
            return Column(whole.astype(np.float64), present)
    return Column(whole, present)


def _texts(values: Sequence[Any], codes: Mapping[str | None, int] | None) -> Column:
    """Choices as their codes, other texts as they are."""
    if codes is None:
        return Column(np.array(values, np.object_), np.fromiter(map(bool, values), np.bool_, len(values)))
    found = np.fromiter(map(codes.get, values, repeat(UNKNOWN_CHOICE)), np.int32, len(values))
    present = found != _ABSENT
    found[~present] = UNKNOWN_CHOICE
    return Column(found, present)


def _marks(kind: Field, values: Sequence[int]) -> Column:
    """A field of which only is asked whether it is there: its value is nothing in particular."""
    present = np.fromiter(values, np.bool_, len(values))
    return Column(
        frames.column(kind, (), text=False).values if kind.type.is_text else _blank(kind, len(values)), present
    )


def _blank(kind: Field, size: int) -> NDArray[Any]:
    return np.zeros(size, frames.column(kind, (), text=False).values.dtype)


def _joined(parts: Sequence[Column]) -> Column:
    return Column(np.concatenate([part.values for part in parts]), np.concatenate([part.present for part in parts]))


def _past(kind: Field, values: Sequence[Any]) -> Column:
    """Past values of a field. Also a text that nobody reads is kept: "it changed" is asked of it."""
    return frames.column(kind, values, text=kind.type.is_text)
