"""A file as a table: where its header stands, how its cells are split, and where its rows end."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Final, NamedTuple

from stalewatch.sdk.errors import Refused, TryLater
from stalewatch_csv.encodings import Encoding, detect
from stalewatch_csv.footers import BadRow, Row, without_footer
from stalewatch_csv.headings import plain
from stalewatch_csv.splitting import split
from stalewatch_csv.transport import chunks, faults_by_name, unpacked
from stalewatch_csv.unusable import printable

_DELIMITERS: Final = ",;\t|"
_HEAD_ROWS: Final = 30
_HEAD_SIZE: Final = 1 << 16
_HEADER_HITS: Final = 2
_KEPT: Final = 500_000
"""Cells of a file that are kept between two readings: some 40 MB."""
_NUMBERED: Final = re.compile(r"(.+) #([1-9][0-9]?)")


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a file, in its own spelling; width, case and spaces do not matter when they are looked up."""

    path: Path
    columns: tuple[str, ...]
    delimiter: str
    end: int = 1
    """The line on which the header ends, counted from 1; whatever stands above it is no row."""

    def places(self, name: str) -> list[int]:
        """Where a column stands; `Amount #2` is the second of several that are called Amount."""
        wanted = plain(name)
        found = [at for at, column in enumerate(self.columns) if plain(column) == wanted]
        numbered = _NUMBERED.fullmatch(name)
        if found or not numbered:
            return found
        return self.places(numbered[1])[int(numbered[2]) - 1 :][:1]

    def position(self, name: str) -> int | None:
        """Where a column stands, None if it is missing.

        Raises:
            Refused: if it stands twice, so that nobody could say which one is meant.
        """
        places = self.places(name)
        if len(places) > 1:
            cure = f"rename or remove one, or name one under map: “{name} #2” is the second."
            raise Refused(f"the column {name} stands there twice", where=self.path.name, cure=cure)
        return places[0] if places else None

    def require(self, name: str) -> int:
        """Where a column stands.

        Raises:
            Refused: if it is missing, with the columns that were found.
        """
        place = self.position(name)
        if place is None:
            raise self.missing(name)
        return place

    def missing(self, name: str, advice: str = "Rename a column, or name it under map.") -> Refused:
        """The error that a required column is not there, with the columns that are."""
        found = ", ".join(filter(None, self.columns))
        return Refused(f"the column {name} is missing", where=self.path.name, cure=f"found: {found}. {advice}")


class Table:
    """One CSV file, read row by row.

    Args:
        known: headings (in their plain form) by which the header is recognized, if other rows stand above it.
        codec: what to read it with; None: found out, see `encodings.detect`.
    """

    def __init__(self, path: Path, known: Collection[str] = (), codec: str | None = None) -> None:
        self.path = path
        self._known = frozenset(known)
        self._codec = codec
        self._kept: list[list[Row | BadRow]] | None = None

    @cached_property
    def encoding(self) -> Encoding:
        """Which encoding it is read in; raises like `rows`."""
        if self._codec:
            return Encoding(self._codec)
        with faults_by_name(self.path):
            return detect(lambda: chunks(self.path))

    @cached_property
    def header(self) -> Header:
        """The columns; reads only the beginning, and raises like `rows`."""
        with self._text() as text:
            head = text.read(_HEAD_SIZE)
        if not head.strip():
            raise TryLater("is empty", where=self.path.name, cure="It is read again on the next sync.")
        guesses = [self._guess(head, delimiter) for delimiter in _DELIMITERS]
        best = max(guesses, key=lambda guess: (guess.hits, len(guess.cells)))
        columns = tuple(printable(cell) for cell in best.cells)
        if "\0" in "".join(best.cells):
            raise Refused("is not text", where=self.path.name, cure="Export it as “CSV UTF-8”, or name its encoding.")
        while columns and not columns[-1]:
            columns = columns[:-1]
        return Header(self.path, columns, best.delimiter, best.end)

    def rows(self) -> Iterator[Row | BadRow]:
        """Yield every row after the header, as `blocks` does, and raise like it."""
        return chain.from_iterable(self.blocks())

    def blocks(self, *, again: bool = False) -> Iterator[list[Row | BadRow]]:
        """Yield every row after the header, good or bad, without blank ones and a report's closing lines, some
        thousands at a time.

        Args:
            again: they are read once more next: a file that is not large is kept in memory until then.

        Raises:
            TryLater: the file is gone, empty or ends in the middle of a row: somebody is still writing it.
            NeedsReconnect: it may not be read.
            Refused: it is no text, or not in the encoding that was named.
        """
        if self._kept is not None:
            kept, self._kept = self._kept, None
            yield from kept
            return
        most = _KEPT // max(1, len(self.header.columns)) if again else 0
        held: list[list[Row | BadRow]] = []
        for block in without_footer(self._split()):
            self._must_be_whole(block)
            most -= len(block)
            if most >= 0:
                held.append(block)
            else:
                held.clear()
            yield block
        self._kept = held if again and most >= 0 else None

    def _must_be_whole(self, block: list[Row | BadRow]) -> None:
        for row in block:
            if type(row) is BadRow and row.torn:
                raise TryLater(
                    f"ends in the middle of row {row.line}",
                    where=self.path.name,
                    cure="It is read again on the next sync; write it under another name and rename it when whole.",
                )

    def _split(self) -> Iterator[list[Row | BadRow]]:
        header = self.header
        with self._text() as text:
            yield from split(islice(text, header.end, None), header.end, header.delimiter, len(header.columns))

    def _guess(self, head: str, delimiter: str) -> _Guess:
        """The header if this is the delimiter: the first row with two known headings, else the first row."""
        first: _Guess | None = None
        reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
        try:
            for cells in islice(reader, _HEAD_ROWS):
                hits = sum(plain(cell) in self._known for cell in cells if cell)
                guess = _Guess(hits if hits >= _HEADER_HITS else 0, cells, delimiter, reader.line_num)
                if guess.hits:
                    return guess
                first = first or (guess if any(map(str.strip, cells)) else None)
        except csv.Error:
            pass  # split by this mark it is no CSV; the rows that came before say whether it is the right one
        return first or _Guess(0, [], delimiter, 1)

    @contextmanager
    def _text(self) -> Iterator[io.TextIOWrapper]:
        codec = self.encoding.codec
        errors = "surrogatepass" if codec.startswith("utf-16") else "surrogateescape"
        with faults_by_name(self.path), unpacked(self.path) as raw:
            yield io.TextIOWrapper(raw, encoding=codec, errors=errors, newline="")


class _Guess(NamedTuple):
    hits: int
    cells: list[str]
    delimiter: str
    end: int
