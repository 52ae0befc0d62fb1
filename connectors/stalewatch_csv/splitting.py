"""Lines of a file as rows: block by block while each is sound CSV, else line by line, to tell which one is not."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, islice
from typing import Final

from stalewatch_csv.footers import BadRow, Row

BLOCK: Final = 4_096
"""Lines that are split at once; as many again where a quoted cell goes on beyond them."""
_BREAKS: Final = ("\n", "\r")
# As `Row._make` does, without a call of Python's for each of many rows.
_as_row: Final[Callable[[tuple[int, list[str]]], Row]] = partial(tuple.__new__, Row)


def split(
    lines: Iterator[str], above: int, delimiter: str, width: int, *, size: int = BLOCK
) -> Iterator[list[Row | BadRow]]:
    """Yield every row, good or bad, blank ones too, a block at a time.

    Args:
        lines: with their line breaks.
        above: how many lines stand before them, for the numbers of the rows.
        width: how many cells a row has.
        size: of a block, in lines.
    """
    while block := _block(lines, size):
        found = _of_block(block, above, delimiter, width)
        if found is None:
            rows = _line_by_line(_Lines(chain(block, lines), above), delimiter, width)
            while found := list(islice(rows, size)):
                yield found
            return
        yield found
        above += len(block)


def _block(lines: Iterator[str], size: int) -> list[str]:
    """The next lines, up to one on which no quoted cell is open, if one is near."""
    block = list(islice(lines, size))
    if "".join(block).count('"') % 2:
        for line in islice(lines, size):
            block.append(line)
            if line.count('"') % 2:
                break
    return block


def _of_block(block: list[str], above: int, delimiter: str, width: int) -> list[Row | BadRow] | None:
    """The rows of some lines; None if they are not CSV, or end in the middle of a row."""
    is_clean = _is_clean("".join(block))
    try:
        told = list(csv.reader(block, delimiter=delimiter, strict=True))
        if is_clean and len(told) == len(block) and set(map(len, told)) == {width}:  # as mostly: a line, a row
            return list(map(_as_row, enumerate(told, above + 1)))
        reader = csv.reader(block, delimiter=delimiter, strict=True)
        rows: list[Row | BadRow] = []
        line = above + 1
        for cells in reader:
            if is_clean and len(cells) == width:
                rows.append(Row(line, cells))
            else:
                rows.append(_fitted(line, cells, width, torn=not block[reader.line_num - 1].endswith(_BREAKS)))
            line = above + reader.line_num + 1
    except csv.Error:
        return None
    return rows


class _Lines:
    """Lines for the csv reader that remember the last one, to tell a torn end from a bad row."""

    def __init__(self, source: Iterator[str], count: int) -> None:
        self._source = source
        self.last = "\n"
        self.count = count

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        self.last = next(self._source)
        self.count += 1
        return self.last

    @property
    def ended_early(self) -> bool:
        """True if the newest line has no line break: only the last line of a file can lack it."""
        return not self.last.endswith(_BREAKS)


def _line_by_line(lines: _Lines, delimiter: str, width: int) -> Iterator[Row | BadRow]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = lines.count + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRow(line, "not CSV", f"{error}: {lines.last}", torn=lines.ended_early)
        else:
            yield _fitted(line, cells, width, torn=lines.ended_early)


def _fitted(line: int, cells: list[str], width: int, *, torn: bool) -> Row | BadRow:
    """A row if it has as many cells as there are columns, or only blank ones beyond them."""
    spare = len(cells) - width
    if spare and cells and (spare < 0 or any(cells[width:])):
        return BadRow(line, "wrong number of cells", f"{len(cells)} cells under {width} columns", tuple(cells), torn)
    return _checked(line, cells[:width], torn=torn)


def _checked(line: int, cells: list[str], *, torn: bool) -> Row | BadRow:
    joined = "".join(cells)
    if _is_clean(joined):
        return Row(line, cells)
    if "\0" in joined:
        return BadRow(line, "NUL bytes", joined)
    return BadRow(line, "broken characters", joined, torn=torn)


def _is_clean(text: str) -> bool:
    """Whether there are neither NUL bytes in it nor bytes that are no characters."""
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
