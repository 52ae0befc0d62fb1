"""`{field}` in messages. There is no template engine: what is no placeholder stays as it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from stalewatch.domain.language.diagnostics import Findings, cure
from stalewatch.domain.language.nodes import Mapping, Node, Scalar
from stalewatch.domain.language.scope import Scope

CLOCK_PLACEHOLDERS: Final = ("days_over", "due", "since", "limit", "missing")
"""What a message may say of the clock itself, besides the record's fields."""
_MOST_REPORTED: Final = 20
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class Piece(NamedTuple):
    """A part of a message: literal text, or the name of a placeholder and where the name begins."""

    text: str
    is_placeholder: bool = False
    offset: int = 0


def pieces(message: str) -> Iterator[Piece]:
    """The message taken apart; joined again, with values for the names, it is what the reader sees."""
    at = 0
    for found in _PLACEHOLDER.finditer(message):
        if found.start() > at:
            yield Piece(message[at : found.start()], offset=at)
        yield Piece(found[1], True, found.start(1))
        at = found.end()
    if at < len(message):
        yield Piece(message[at:], offset=at)


def check_message(node: Node | None, scope: Scope, findings: Findings) -> None:
    """Report every placeholder of a message that names neither a field nor a figure of the clock (SW161)."""
    texts = [entry.value for entry in node] if isinstance(node, Mapping) else [node]
    for text in texts:
        if isinstance(text, Scalar):
            unknown = (piece for piece in pieces(text.text) if _is_unknown(piece, scope))
            for piece in islice(unknown, _MOST_REPORTED):
                _report(text, piece, scope, findings)


def _is_unknown(piece: Piece, scope: Scope) -> bool:
    return piece.is_placeholder and piece.text not in CLOCK_PLACEHOLDERS and piece.text not in scope.fields


def _report(text: Scalar, piece: Piece, scope: Scope, findings: Findings) -> None:
    at = text.part(piece.offset, len(piece.text)) if piece.text else text.part(piece.offset - 1, 2)
    known = (*CLOCK_PLACEHOLDERS, *scope.fields)
    otherwise = cure("placeholders", names=", ".join(CLOCK_PLACEHOLDERS))
    findings.unknown("unknown_placeholder", at, piece.text, known, otherwise, sentence="did_you_mean_placeholder")
