"""The comments of a YAML text: a parser drops them, so they are looked for wherever no value stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from stalewatch.domain.language.nodes import Mapping, Node, Scalar, Sequence, Source
from stalewatch.domain.language.rendering import width

_COMMENT: Final = re.compile("#[^\n\r\x85\u2028\u2029]*")
_BREAK: Final = re.compile("[\n\r\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment.

    Attributes:
        at: index of its `#` in the text.
        line: its line, from 1.
        column: columns of a terminal before it.
        alone: True if nothing but spaces stands before it on its line.
    """

    text: str
    at: int
    line: int
    column: int
    alone: bool


def index_of(node: Node, source: Source) -> int:
    """Index of a node's first character in the text; what is missing at its end may stand one line behind it."""
    if node.span.line > len(source.starts):
        return len(source.text)
    return source.starts[node.span.line - 1] + node.span.column - 1


def comments_of(root: Node, source: Source) -> list[Comment]:
    """Every comment of a file, in the order of the text."""
    found, at = list[Comment](), 0
    for begin, end in [*_values(root, source), (len(source.text), len(source.text))]:
        found += [_comment(match, source) for match in _COMMENT.finditer(source.text, at, begin)]
        at = end
    return found


def _comment(match: re.Match[str], source: Source) -> Comment:
    line = bisect_right(source.starts, match.start())
    before = source.text[source.starts[line - 1] : match.start()]
    return Comment(match[0].rstrip(), match.start(), line, width(before), not before.strip())


def _values(node: Node, source: Source) -> Iterator[tuple[int, int]]:
    """Where each scalar begins and ends; of a block (`|`, `>`) the comment behind its sign is none of it."""
    if isinstance(node, Scalar):
        begin = index_of(node, source)
        end = begin + len(node.raw)
        if is_block(node):
            head = _BREAK.search(source.text, begin, end)
            body = head.start() if head else end
            yield begin, begin + 1
            yield body, body + len(source.text[body:end].rstrip())
        else:
            yield begin, end
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _values(item, source)
    else:
        for entry in node:
            yield from _values(entry.key, source)
            yield from _values(entry.value, source)


def is_block(node: Node) -> bool:
    """True for a text written as a block under `|` or `>`."""
    return isinstance(node, Scalar) and not node.plain and node.raw[:1] in ("|", ">")


def is_flow(node: Node) -> bool:
    """True for a list or mapping in brackets."""
    return isinstance(node, Sequence | Mapping) and node.flow
