"""A file as pieces: each entry of a mapping and each item of a list, with the comments that belong to it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from stalewatch.domain.language.formatting.comments import Comment, comments_of, index_of, is_block, is_flow
from stalewatch.domain.language.nodes import Entry, Mapping, Node, Scalar, Source, lines_of
from stalewatch.domain.language.rendering import width

BLANK: Final = ""
"""An empty line among the comments above a piece."""
_BETWEEN: Final = re.compile(r"(?:[\s,:?]|#[^\n]*)*")
_BEFORE_COMMENT: Final = " \t,-+0123456789"
"""What may stand between a value and the comment beside it: the rest of a block's header too."""


@dataclass(slots=True)
class Piece:
    """An entry (`key: value`), an item, or the whole file.

    Attributes:
        above: comment lines above it, with BLANK where the author left lines empty.
        beside: the comment behind it on its line.
        children: what its value consists of; nothing for a scalar.
        below: comment lines behind its last child that are indented like one.
        column: columns of a terminal before the value, if that stands on the key's line.
    """

    key: Scalar | None
    value: Node
    above: list[str] = field(default_factory=list)
    beside: Comment | None = None
    children: list[Piece] = field(default_factory=list)
    below: list[str] = field(default_factory=list)
    column: int | None = None

    @property
    def has_comments_inside(self) -> bool:
        """True if a comment stands between the brackets of its value."""
        inside = (child.beside or any(child.above) or child.has_comments_inside for child in self.children)
        return any(self.below) or any(inside)


def pieces_of(root: Node, source: Source) -> Piece:
    """The whole file; comments behind the last thing are `below` it."""
    reader = _Reader(source, comments_of(root, source), sorted(_starts(root, source)))
    piece = reader.piece(None, root)
    piece.below += reader.lines_before(len(source.text))
    return piece


def _starts(node: Node, source: Source) -> Iterator[int]:
    yield index_of(node, source)
    if isinstance(node, Mapping):
        for entry in node:
            yield index_of(entry.key, source)
            yield from _starts(entry.value, source)
    elif not isinstance(node, Scalar):
        for item in node.items:
            yield from _starts(item, source)


@dataclass(slots=True)
class _Reader:
    """Walks through the file in its order and hands out each comment once."""

    source: Source
    comments: list[Comment]
    starts: list[int]
    given: int = 0

    def piece(self, key: Scalar | None, value: Node) -> Piece:
        start = index_of(key or value, self.source)
        is_root = key is None and start == self.starts[0]
        piece = Piece(key, value, [] if is_root else self.lines_before(start))
        if not is_root and self._is_below_blank((key or value).span.line):
            piece.above.append(BLANK)
        if key is not None:
            self._between(piece, key)
        piece.children = [self.piece(*parts) for parts in _parts(value)]
        end = self._end(value)
        if is_flow(value):
            piece.below = self.lines_before(end)
        elif piece.children:
            piece.below = self._indented_below(value, self._end(value))
        if not piece.children or is_flow(value):
            piece.beside = self._beside(end) or piece.beside
        return piece

    def _between(self, piece: Piece, key: Scalar) -> None:
        """Comments between a key and its value go above both; a block has one beside its key, and more in it."""
        begin = index_of(piece.value, self.source)
        if is_block(piece.value):
            piece.beside = self._beside(begin + 1, begin + len(_header(piece.value)))
        elif isinstance(piece.value, Scalar) or piece.value.flow:
            piece.above += [line for line in self.lines_before(begin) if line]
        elif (comment := self._next(begin)) and comment.line == key.span.line:
            self.given += 1
            piece.beside = comment
        if piece.value.span.line == key.span.line:
            piece.column = width(self.source.line(key.span.line)[: piece.value.span.column - 1])

    def lines_before(self, at: int) -> list[str]:
        """The comments up to here that were not handed out yet."""
        lines = list[str]()
        while comment := self._next(at):
            self.given += 1
            lines += self._with_blank(comment)
        return lines

    def _with_blank(self, comment: Comment) -> list[str]:
        parted = comment.alone and self._is_below_blank(comment.line)
        return [BLANK, comment.text] if parted else [comment.text]

    def _indented_below(self, container: Node, end: int) -> list[str]:
        """Comments behind the last child of a block that are indented as its children are."""
        following = bisect_left(self.starts, end)
        limit = self.starts[following] if following < len(self.starts) else len(self.source.text)
        floor = container.span.column - 1 if limit == len(self.source.text) else self._indentation(limit) + 1
        lines = list[str]()
        while (comment := self._next(limit)) and comment.column >= max(floor, container.span.column - 1):
            self.given += 1
            lines += self._with_blank(comment)
        return lines

    def _indentation(self, at: int) -> int:
        """Columns before the first sign of the line in which this place is."""
        line = self.source.line(bisect_left(self.source.starts, at + 1))
        return len(line) - len(line.lstrip())

    def _beside(self, end: int, limit: int | None = None) -> Comment | None:
        """The comment on the line on which something ended, if nothing but a comma stands before it."""
        comment = self._next(len(self.source.text) if limit is None else limit)
        if comment is None or comment.alone or self.source.starts[comment.line - 1] > end:
            return None
        if self.source.text[end : comment.at].strip(_BEFORE_COMMENT):
            return None
        self.given += 1
        return comment

    def _next(self, before: int) -> Comment | None:
        comment = self.comments[self.given] if self.given < len(self.comments) else None
        return comment if comment and comment.at < before else None

    def _is_below_blank(self, line: int) -> bool:
        return line > 1 and not self.source.line(line - 1).strip()

    def _end(self, node: Node) -> int:
        """The index behind the last character of a node."""
        begin = index_of(node, self.source)
        if isinstance(node, Scalar):
            return begin + len(node.raw.rstrip() if is_block(node) else node.raw)
        last = [entry.value for entry in node][-1:] if isinstance(node, Mapping) else node.items[-1:]
        inside = self._end(last[0]) if last else begin + 1
        if not node.flow:
            return inside
        behind = _BETWEEN.match(self.source.text, inside)
        return (behind.end() if behind else inside) + 1


def _header(node: Node) -> str:
    """The first line of a block: its sign, and the comment behind it."""
    return lines_of(node.raw)[0] if isinstance(node, Scalar) else ""


def _parts(node: Node) -> list[tuple[Scalar | None, Node]]:
    if isinstance(node, Scalar):
        return []
    if isinstance(node, Mapping):
        return [_entry(entry) for entry in node]
    return [(None, item) for item in node.items]


def _entry(entry: Entry) -> tuple[Scalar | None, Node]:
    return entry.key, entry.value
