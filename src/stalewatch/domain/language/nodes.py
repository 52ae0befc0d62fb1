"""A YAML file as nodes that know where they stand: what every reader of a file of ours works on.

Spans count lines and columns from 1 and lengths in characters, so that a diagnostic can point at anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


def lines_of(text: str) -> list[str]:
    """The lines of a text as YAML counts them, without their breaks."""
    return _BREAK.split(text)


@dataclass(frozen=True)
class Source:
    """One file: its path as the user gave it, and its text."""

    path: str
    text: str

    @cached_property
    def starts(self) -> list[int]:
        """Index of the first character of each line, as YAML counts lines."""
        return [0, *(found.end() for found in _BREAK.finditer(self.text))]

    def line(self, number: int, first: int = 0, length: int | None = None) -> str:
        """The text of a line (from 1) without its break, or `length` characters of it; empty beyond the end."""
        if not 1 <= number <= len(self.starts):
            return ""
        end = self.starts[number] if number < len(self.starts) else len(self.text)
        begin = min(self.starts[number - 1] + first, end)
        if length is not None:
            end = min(end, begin + length)
        return self.text[begin:end].rstrip("\r\n\x85\u2028\u2029")

    @property
    def whole(self) -> Span:
        """The beginning of the file, for what concerns all of it."""
        return Span(self.path, 1, 1, 1)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in a file with its length in characters on that line."""

    file: str
    line: int
    column: int
    length: int = 1


Value = None | bool | int | float | date | datetime | str


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value.

    Attributes:
        text: as written, without quotes.
        value: what it means in YAML 1.2's core schema; always the text if quoted.
        plain: True if it was written without quotes.
        raw: the source's own characters from the span on, quotes included.
    """

    span: Span
    text: str
    value: Value
    plain: bool
    raw: str = field(default="", repr=False, compare=False)

    def part(self, offset: int, length: int) -> Span:
        """Where `text[offset:offset + length]` stands in the file; the whole scalar if that cannot be told."""
        piece = self.text[offset : offset + length]
        nth = self.text.count(piece, 0, offset + length) if piece else 1
        position = -1
        for _ in range(nth if piece else 0):
            position = self.raw.find(piece, position + 1)
        if position < 0:
            return self.span
        lines = _BREAK.split(self.raw[:position])
        column = len(lines[-1]) + (self.span.column if len(lines) == 1 else 1)
        return Span(self.span.file, self.span.line + len(lines) - 1, column, max(length, 1))

    @property
    def end(self) -> Span:
        """The place right behind the value, for what is missing there."""
        inside = self.span.length - (0 if self.plain else 1)
        return Span(self.span.file, self.span.line, self.span.column + inside)


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list; `flow` if it was written in brackets."""

    span: Span
    items: tuple[Node, ...]
    flow: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key: value` of a mapping."""

    key: Scalar
    value: Node

    @property
    def name(self) -> str:
        return self.key.text


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with values, in the order of the file; no key twice."""

    span: Span
    entries: tuple[Entry, ...]
    flow: bool = False

    def get(self, name: str) -> Node | None:
        """The value of a key, or None."""
        return next((entry.value for entry in self.entries if entry.name == name), None)

    def __contains__(self, name: object) -> bool:
        return any(entry.name == name for entry in self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)


Node = Scalar | Sequence | Mapping


def is_empty(node: Node | None) -> bool:
    """True for a key that was left without a value, and for one that is not there."""
    return node is None or (isinstance(node, Scalar) and node.value is None)


def plain(node: Node) -> object:
    """The node as Python data: dict, list and values."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {entry.name: plain(entry.value) for entry in node.entries}
