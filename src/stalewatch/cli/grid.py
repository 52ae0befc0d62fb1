"""Rows in columns that line up and fit the terminal, however wide their characters are."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from stalewatch.delivery.columns import width
from stalewatch.delivery.wording.untrusted import printable

_GAP: Final = "  "
_NARROWEST: Final = 12
"""A column is never cut to less than this; a terminal that is too narrow even so breaks the lines itself."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title, whether its cells end in a line (numbers), and whether they may be cut to fit."""

    title: str
    right: bool = False
    elastic: bool = False


def grid(columns: Sequence[Column], rows: Sequence[Sequence[str]], room: int | None = None) -> list[str]:
    """The lines of a table, its titles first; columns without any content are left out.

    Args:
        room: columns of the terminal; None cuts nothing.
    """
    kept = [place for place in range(len(columns)) if any(row[place] for row in rows)]
    shown = [columns[place] for place in kept]
    cells = [[printable(row[place]) for place in kept] for row in rows]
    lines = [[column.title for column in shown], *cells]
    widths = [max(width(line[place]) for line in lines) for place in range(len(shown))]
    if room is not None:
        widths = _squeezed(shown, widths, room)
    return [_line(shown, line, widths) for line in lines]


def terminal_width() -> int | None:
    """Columns of the terminal that output goes to; None if it goes to a file or another program."""
    return shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else None


def cut(text: str, columns: int) -> str:
    """The text in at most so many columns of the terminal, "…" included."""
    if width(text) <= columns:
        return text
    kept = ""
    for each in text:
        if width(kept + each) > columns - 1:
            break
        kept += each
    return kept.rstrip() + "…"


def padded(text: str, columns: int, *, right: bool = False) -> str:
    """The text with spaces up to so many columns of the terminal."""
    space = " " * max(0, columns - width(text))
    return space + text if right else text + space


def _squeezed(columns: Sequence[Column], widths: Sequence[int], room: int) -> list[int]:
    """Take from the widest elastic column, one by one, what is too much."""
    found = list(widths)
    elastic = [place for place, column in enumerate(columns) if column.elastic]
    while elastic and sum(found) + len(_GAP) * (len(found) - 1) > room:
        widest = max(elastic, key=lambda place: found[place])
        if found[widest] <= _NARROWEST:
            break
        found[widest] -= 1
    return found


def _line(columns: Sequence[Column], cells: Sequence[str], widths: Sequence[int]) -> str:
    fitted = [
        padded(cut(cell, columns_), columns_, right=column.right)
        for column, cell, columns_ in zip(columns, cells, widths, strict=True)
    ]
    return _GAP.join(fitted).rstrip()
