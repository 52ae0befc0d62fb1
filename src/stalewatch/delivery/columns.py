"""Plain text in columns: how wide characters are shown, and lines broken to fit."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final

_NEVER_FIRST: Final = frozenset(" 、。,.,.)」』】:;:;!?ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ")


def width(text: str) -> int:
    """Columns of a terminal that the text takes: two for East Asian wide characters, none for accents."""
    return sum(_columns(each) for each in text)


def wrapped(text: str, columns: int, indent: str = "") -> list[str]:
    """The text in lines of at most `columns`, each after `indent`; long words and CJK break anywhere."""
    room = max(8, columns - width(indent))
    lines, line = [], ""
    for piece in _pieces(text, room):
        if line and width(line) + width(piece.rstrip()) > room:
            lines.append(indent + line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
    return [*lines, indent + line.rstrip()] if line.rstrip() else lines


def _columns(each: str) -> int:
    if unicodedata.category(each) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(each) in ("W", "F") else 1


def _pieces(text: str, room: int) -> Iterator[str]:
    """Where a line may break: after a space, beside a wide character; closing marks stay with what they close."""
    piece = ""
    for each in text:
        breaks = piece and (piece[-1] == " " or _columns(each) == 2 or _columns(piece[-1]) == 2)
        if (breaks and each not in _NEVER_FIRST) or width(piece + each) > room:
            yield piece
            piece = ""
        piece += each
    if piece:
        yield piece
