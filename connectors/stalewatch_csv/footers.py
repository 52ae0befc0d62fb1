"""What a report writes below its rows: confidentiality, copyright, its own name and filters, sums."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from stalewatch_csv.headings import plain

_PHRASES: Final = (
    "confidential information - do not distribute",
    "salesforce.com, inc.",
    "all rights reserved",
    "機密情報",
)
_SUMS: Final = re.compile(r"(grand |sub)?totals?|(総|合|小)計|(record )?count|sum|件数|レコード数")
_LONGEST: Final = 40
_TWO: Final = 2


class Row(NamedTuple):
    """The cells of one row and the line on which it begins, counted from 1."""

    line: int
    cells: list[str]


class BadRow(NamedTuple):
    """A row that cannot be trusted as it stands; `torn` if the file ends in the middle of it."""

    line: int
    reason: str
    detail: str
    cells: Sequence[str] = ()
    torn: bool = False


def without_footer(blocks: Iterable[list[Row | BadRow]]) -> Iterator[list[Row | BadRow]]:
    """Leave out blank rows, and at the end of the file the lines of one cell that a report adds.

    They are a footer only if one of them says so in known words; then everything of one cell counts that stands
    between the blank row before it and the end. A broken row right below the others is never taken for one.
    """
    held: list[Row | BadRow] = []
    for block in blocks:
        if not held and not any(True for row in block if len(row.cells) < _TWO or not row.cells[0] or not row.cells[1]):
            yield block  # as nearly all do
        else:
            yield list(_let_through(block, held))
    yield [row for row in held[: _start(held)] if _filled(row)]


def _let_through(block: Iterable[Row | BadRow], held: list[Row | BadRow]) -> Iterator[Row | BadRow]:
    """The rows of a block that are no footer, and those that were held back before they turned out to be none."""
    for row in block:
        if len(held) <= _LONGEST and _filled(row) <= 1 and (held or _is_lone(row)):
            held.append(row)
            continue
        yield from filter(_filled, held)
        held.clear()
        if _is_lone(row):
            held.append(row)
        else:
            yield row


def is_sum(cells: Sequence[str]) -> bool:
    """Whether a row is one of sums: its first filled cell says so, and at least half of the cells are blank."""
    if len(cells) > 1 and cells[0].isdigit():
        return False  # as the ids of most exports, quickly
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled or len(filled) * 2 > len(cells):
        return False
    return _SUMS.fullmatch(plain(filled[0]).partition("(")[0].strip()) is not None


def _is_lone(row: Row | BadRow) -> bool:
    """At most one cell is filled, as in no row of a table: blank, or a line of words."""
    return (bool(row.cells) or isinstance(row, Row)) and _filled(row) <= 1


def _filled(row: Row | BadRow) -> int:
    if isinstance(row, BadRow) and not row.cells:
        return 2  # broken as CSV: nobody can say how many cells it has
    return sum(map(bool, map(str.strip, row.cells)))


def _start(held: Sequence[Row | BadRow]) -> int:
    """Where the footer begins among the rows that were held back; their number, if there is none."""
    speaking = [at for at, row in enumerate(held) if _says_so(row)]
    if not speaking:
        return len(held)
    blank = [at for at, row in enumerate(held[: speaking[0]]) if not _filled(row)]
    return blank[0] if blank else speaking[0]


def _says_so(row: Row | BadRow) -> bool:
    text = plain("".join(row.cells))
    return any(phrase in text for phrase in _PHRASES) or (len(text) < _LONGEST and text.startswith("grand total"))
