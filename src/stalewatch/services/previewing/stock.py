"""The open records on which rules are tried, as frames: each record is read once, however many versions judge it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

import numpy as np

from stalewatch.domain.frame import Frame
from stalewatch.domain.instants import Mask
from stalewatch.domain.needs import Needs
from stalewatch.services.judging.frames import Coverage
from stalewatch.services.judging.scanning import PIECE, Scan, Scanned
from stalewatch.services.judging.sources import coverage
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import connections, records
from stalewatch.store.engine import Connection
from stalewatch.store.visibility import Visible

Progress = Callable[[str, int, int], None]
"""Told of each frame: the connection, and how many of how many records are judged."""

_NONE = Needs(frozenset(), frozenset(), frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some records of one connection, a frame of them for each rulebook, and who owns each."""

    connection: str
    object: str
    frames: tuple[Frame, ...]
    owners: Sequence[str | None]

    def seen_by(self, visible: Visible | None) -> Mask:
        """Which of the records may be seen."""
        if visible is None:
            return np.ones(len(self.owners), np.bool_)
        theirs, named = visible.owners, visible.records
        seen = (own in theirs or key in named for own, key in zip(self.owners, self.frames[0].keys, strict=True))
        return np.fromiter(seen, np.bool_, len(self.owners))


@dataclass(frozen=True, slots=True)
class Stock:
    """What is in the store for some rulebooks to judge.

    Attributes:
        connections: those whose records are read.
        obj: only records of this object; None: of all that a rule watches.
        piece: how many records stand in a frame.
    """

    conn: Connection
    books: Sequence[Rulebook]
    connections: Sequence[str]
    obj: str | None = None
    piece: int = PIECE

    @property
    def objects(self) -> list[str]:
        """The objects that are read."""
        watched = sorted({obj for book in self.books for obj in book.objects})
        return [obj for obj in watched if self.obj in (None, obj)]

    def size(self, connection: str, visible: Visible | None = None) -> int:
        """How many open records a connection has that may be seen."""
        count = partial(records.count, self.conn, connection=connection, open_only=True, visible=visible)
        return sum(count(obj) for obj in self.objects)

    def chunks(self, progress: Progress) -> Iterator[Chunk]:
        """Every open record once."""
        fed = coverage(self.conn)
        total = sum(self.size(connection) for connection in self.connections)
        done = 0
        for connection in self.connections:
            for obj in self.objects:
                for scanned in self._scans(connection, obj, fed):
                    yield Chunk(connection, obj, tuple(one.frame for one in scanned), scanned[0].owners)
                    done += scanned[0].frame.size
                    progress(connection, done, total)

    def _scans(self, connection: str, obj: str, fed: Coverage) -> Iterator[Sequence[Scanned]]:
        """One reading for all rulebooks; one for each only where their catalogues differ."""
        mine = fed.get(connection, {}).get("deal" if obj == "partner_deal" else obj, ())
        catalogues = [book.rules.catalogue for book in self.books]
        if all(catalogue == catalogues[0] for catalogue in catalogues):
            together = reduce(_both, (book.needs[obj] for book in self.books), _NONE)
            for scanned in Scan(self.conn, catalogues[0], together, obj, mine).of(connection, self.piece):
                yield [scanned] * len(self.books)
            return
        scans = [Scan(self.conn, book.rules.catalogue, book.needs[obj], obj, mine) for book in self.books]
        yield from zip(*(scan.of(connection, self.piece) for scan in scans), strict=True)


def _both(one: Needs, other: Needs) -> Needs:
    return Needs(
        one.fields | other.fields, one.values | other.values, one.history | other.history, one.events | other.events
    )


def data_ages(conn: Connection, names: Sequence[str], now: int) -> dict[str, int | None]:
    """How old the data of each connection is, in microseconds; None where it was never read."""
    known: dict[str, Any] = {row.id: row.data_at for row in connections.read(conn)}
    read = {name: known.get(name) for name in names}
    return {name: None if at is None else max(0, now - at) for name, at in read.items()}
