"""CSV of bulk results as rows, a piece at a time: quickly while every cell is plain, exactly where one is not.

Salesforce quotes every cell and doubles quotes inside of one. A line without any such quote, without a backslash and
without a line end in a cell is a list of JSON but for its brackets, and is read as one. The first thing that is
otherwise makes JSON of a piece impossible (two texts without a comma, a line that begins with no id, a control
character): that piece is then read by the csv module.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import IO, Any, Final

import msgspec

from stalewatch.sdk.errors import TryLater
from stalewatch.sdk.records import Rejected
from stalewatch_salesforce.org import Described

_DETAIL: Final = 200
_PIECE: Final = 2_000_000
_HUGE: Final = min(sys.maxsize, 2**31 - 1)


@dataclass(slots=True)
class Piece:
    """Some rows of a page, those that cannot be read, and how many records that is in all."""

    rows: list[Any] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Records, readable or not."""
        return len(self.rows) + len(self.rejected)


@dataclass(frozen=True)
class Columns:
    """The columns of a query, in its order, `Id` first, and what their cells are.

    Attributes:
        rest: the type of the rows that REST would give; those that come out have the same attributes.
        described: the object; the types of mapped fields, which REST tells by its JSON, are known from there.
    """

    names: tuple[str, ...]
    rest: type[Any]
    described: Described

    def pieces(self, file: IO[bytes], size: int = _PIECE) -> Iterator[Piece]:
        """The rows of a page of CSV, about so many bytes at a time.

        Raises:
            TryLater: this is no CSV with these columns.
        """
        csv.field_size_limit(_HUGE)
        header = next(csv.reader([file.readline().decode("utf-8-sig", "replace")]), [])
        if tuple(header) != self.names:
            raise TryLater(f"a bulk result has other columns than were asked for: {', '.join(header)[:_DETAIL]}")
        while lines := file.readlines(size):
            piece = self._quickly(lines) or self._exactly(lines, file)
            for row in piece.rows:
                for name, read in self._mapped.items():
                    if (told := getattr(row, name)) is not None:
                        setattr(row, name, read(told))
            yield piece

    @cached_property
    def row(self) -> type[Any]:
        """The type of the rows: the same attributes, told by their place."""
        known = {one.name: (one.name, one.type, None) for one in msgspec.structs.fields(self.rest)}
        known["Id"] = ("Id", str)  # type: ignore[assignment]  # without a default: a row without it is none
        rest = [one for name, one in known.items() if name not in self.names]
        listed = [known[name] for name in self.names]
        return msgspec.defstruct(self.rest.__name__, [*listed, *rest], array_like=True, gc=False)

    @cached_property
    def _decoder(self) -> msgspec.json.Decoder[Any]:
        return msgspec.json.Decoder(list[self.row], strict=False)  # type: ignore[name-defined]

    @cached_property
    def _mapped(self) -> Mapping[str, Callable[[str], Any]]:
        """How to read the cells of fields that the org's configuration names, so that they are as REST tells them."""
        anything = {one.name for one in msgspec.structs.fields(self.rest) if one.type is Any}
        found: dict[str, Callable[[str], Any]] = {}
        for name in self.names:
            told = self.described.field(name) if name in anything else None
            if told is not None and told.type in _READ:
                found[name] = _READ[told.type]
        return found

    def _quickly(self, lines: list[bytes]) -> Piece | None:
        """The rows of plain lines; None if any is not plain."""
        text = b"".join(lines)
        if b"\\" in text or text.count(b'"') != 2 * len(self.names) * len(lines) or not text.endswith(b'"\n'):
            return None
        told = text[:-1].replace(b',""', b",null").replace(b'"\n"', b'"],["').replace(b'null\n"', b'null],["')
        try:
            rows = self._decoder.decode(b"[[" + told + b"]]")
        except msgspec.DecodeError:
            return None
        return Piece(rows) if len(rows) == len(lines) else None

    def _exactly(self, lines: list[bytes], file: IO[bytes]) -> Piece:
        """The records that begin in these lines; the last may need more of the file to be whole."""
        piece, feed = Piece(), _Feed(lines, file)
        for cells in feed.records():
            try:
                if len(cells) != len(self.names):
                    raise msgspec.ValidationError("a row with more or fewer cells than its header")
                piece.rows.append(msgspec.convert([cell or None for cell in cells], self.row, strict=False))
            except msgspec.ValidationError as error:
                ref = cells[0][:18] if cells and cells[0] else "?"
                piece.rejected.append(Rejected(ref=ref, reason=self._reason(error), detail=str(error)[:_DETAIL]))
        return piece

    def _reason(self, error: msgspec.ValidationError) -> str:
        """Groups like cases: the column without the value."""
        place = _PLACE.search(str(error))
        return f"{self.names[int(place[1])]} is of another type" if place else "a row that is no record"


_PLACE: Final = re.compile(r"\$\[(\d+)\]")


class _Feed:
    """Hands out lines, first those that were taken already."""

    def __init__(self, lines: list[bytes], file: IO[bytes]) -> None:
        self._lines, self._file, self._taken = lines, file, 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self._taken += 1
            yield _text(line)
        for line in self._file:
            yield _text(line)

    def records(self) -> Iterator[list[str]]:
        """The records that begin in the lines taken."""
        reader = csv.reader(self)
        while self._taken < len(self._lines):
            yield next(reader)


def _text(line: bytes) -> str:
    """A line without NUL bytes, which Salesforce writes and no text has."""
    return line.replace(b"\0", b"").decode("utf-8", "replace")


def _truth(text: str) -> Any:
    return {"true": True, "false": False}.get(text, text)


def _moment(text: str) -> str:
    """REST writes the zone of a time in another way."""
    return f"{text[:-1]}+0000" if text.endswith("Z") else text


def _number(read: Callable[[str], Any]) -> Callable[[str], Any]:
    def number(text: str) -> Any:
        try:
            return read(text)
        except ValueError:
            return text  # what it cannot be, the field's own reader says

    return number


_READ: Final[Mapping[str, Callable[[str], Any]]] = {
    "boolean": _truth, "datetime": _moment, "int": _number(lambda text: int(float(text))),
    **dict.fromkeys(("double", "currency", "percent"), _number(float)),
}  # fmt: skip
