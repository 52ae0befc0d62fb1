"""Files as they lie on disk: found, measured, split into rows. Nothing here knows what a deal is."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, cast

from stalewatch.sdk.errors import NeedsReconnect, Refused, TryLater

_CHUNK: Final = 1 << 20
_DELIMITERS: Final = ",;\t"
_UTF16: Final = ("\udcff\udcfe", "\udcfe\udcff")


class Stamp(NamedTuple):
    """What the file system says of a file: cheap to ask, and different after nearly every write."""

    size: int
    mtime_ns: int


class Contents(NamedTuple):
    """What a file holds: the SHA-256 of its unpacked bytes and its number of lines."""

    sha256: str
    lines: int


class Row(NamedTuple):
    """The cells of one row and the line on which it begins, counted from 1."""

    line: int
    cells: list[str]


class BadRow(NamedTuple):
    """A row that cannot be trusted as it stands."""

    line: int
    reason: str
    detail: str


def find(folder: Path, name: str) -> Path | None:
    """The file of that name in the folder, or else the same name with `.gz`."""
    for candidate in (folder / name, folder / f"{name}.gz"):
        if candidate.is_file():
            return candidate
    return None


def stamp(path: Path) -> Stamp:
    """Size and time of the last write.

    Raises:
        TryLater: if the file is gone.
        NeedsReconnect: if it may not be read.
    """
    with _faults_by_name(path):
        state = path.stat()
    return Stamp(state.st_size, state.st_mtime_ns)


def measure(path: Path) -> Contents:
    """Read the file once from end to end, unpacked; raises like `stamp`, and TryLater for half a gzip file."""
    digest, breaks, last = hashlib.sha256(), 0, b"\n"
    with _faults_by_name(path), _unpacked(path) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            breaks += chunk.count(b"\n")
            last = chunk[-1:]
    return Contents(digest.hexdigest(), breaks + (last != b"\n"))


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a file, in its own spelling; they are looked up without regard to case."""

    path: Path
    columns: tuple[str, ...]
    delimiter: str

    def position(self, name: str) -> int | None:
        """Where a column stands, None if it is missing.

        Raises:
            Refused: if it stands twice, so that nobody could say which one is meant.
        """
        places = [at for at, column in enumerate(self.columns) if column.casefold() == name.casefold()]
        if len(places) > 1:
            raise Refused(f"the column {name} stands there twice", where=self.path.name, cure="rename or remove one.")
        return places[0] if places else None

    def require(self, name: str) -> int:
        """Where a column stands.

        Raises:
            Refused: if it is missing, with the columns that were found.
        """
        place = self.position(name)
        if place is None:
            raise Refused(
                f"the column {name} is missing",
                where=self.path.name,
                cure=f"found: {', '.join(self.columns)}. Rename a column, or name it under map.",
            )
        return place


class Table:
    """One CSV file, read row by row: UTF-8 with or without a mark, comma, semicolon or tab, plain or gzip."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def header(self) -> Header:
        """Read only the first line; raises like `rows`."""
        with self._text() as text:
            return self._header(text.readline())

    def rows(self) -> Iterator[Row | BadRow]:
        """Yield every row after the header, good or bad.

        Raises:
            TryLater: the file is gone, empty or ends in the middle of a row: somebody is still writing it.
            NeedsReconnect: it may not be read.
            Refused: it is not UTF-8 text at all.
        """
        with self._text() as text:
            first = text.readline()
            header = self._header(first)
            lines = _Lines(first, text)
            reader = csv.reader(lines, delimiter=header.delimiter, strict=True)
            next(reader)
            while True:
                row = self._next(reader, lines, len(header.columns))
                if row is None:
                    return
                if isinstance(row, BadRow) or any(row.cells):
                    yield row

    def _next(self, reader: Iterator[list[str]], lines: _Lines, width: int) -> Row | BadRow | None:
        line = lines.count + 1
        try:
            cells = next(reader)
        except StopIteration:
            return None
        except csv.Error as error:
            fault = BadRow(line, "not CSV", f"{error}: {lines.last}")
        else:
            if len(cells) == width or not cells:
                return _checked(line, cells)
            fault = BadRow(line, "wrong number of cells", f"{len(cells)} cells under {width} columns")
        if lines.ended_early:
            raise TryLater(
                f"ends in the middle of row {line}",
                where=self.path.name,
                cure="It is read again on the next sync; write it under another name and rename it when whole.",
            )
        return fault

    def _header(self, first: str) -> Header:
        if not first.strip():
            raise TryLater("is empty", where=self.path.name, cure="It is read again on the next sync.")
        if first.startswith(_UTF16) or "\0" in first:
            raise Refused("is not UTF-8 text", where=self.path.name, cure="Export it as “CSV UTF-8”.")
        splits = {mark: next(csv.reader([first], delimiter=mark)) for mark in _DELIMITERS}
        delimiter = max(_DELIMITERS, key=lambda mark: len(splits[mark]))
        return Header(self.path, tuple(name.strip() for name in splits[delimiter]), delimiter)

    @contextmanager
    def _text(self) -> Iterator[io.TextIOWrapper]:
        with _faults_by_name(self.path), _unpacked(self.path) as raw:
            yield io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline="")


class _Lines:
    """Lines for the csv reader that remember the last one, to tell a torn end from a bad row."""

    def __init__(self, first: str, rest: io.TextIOWrapper) -> None:
        self._source = chain([first], rest)
        self.last = first
        self.count = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        self.last = next(self._source)
        self.count += 1
        return self.last

    @property
    def ended_early(self) -> bool:
        """True if the newest line has no line break: only the last line of a file can lack it."""
        return not self.last.endswith(("\n", "\r"))


def _checked(line: int, cells: list[str]) -> Row | BadRow:
    joined = "".join(cells)
    if "\0" in joined:
        return BadRow(line, "NUL bytes", joined)
    if not joined.isascii():
        try:
            joined.encode()
        except UnicodeEncodeError:
            return BadRow(line, "not UTF-8", joined)
    return Row(line, cells)


def _unpacked(path: Path) -> BinaryIO:
    if path.suffix == ".gz":
        return cast("BinaryIO", gzip.open(path, "rb"))
    return path.open("rb")


@contextmanager
def _faults_by_name(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        cure = "Nothing is judged on missing data; put the file back, or correct path and files."
        raise TryLater("the file is gone", where=str(path), cure=cure) from error
    except PermissionError as error:
        raise NeedsReconnect("may not be read", where=str(path), cure="Give this user read access.") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        cure = "It is read again on the next sync."
        raise TryLater("is not a whole gzip file", where=path.name, cure=cure) from error
    except OSError as error:
        raise TryLater(f"could not be read: {error.strerror}", where=str(path)) from error
