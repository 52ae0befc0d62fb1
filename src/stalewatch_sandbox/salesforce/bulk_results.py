"""The result of a bulk query: CSV as Salesforce writes it, every cell quoted, kept packed until somebody fetches it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, Final

from stalewatch_sandbox.salesforce.soql.projecting import told

_BLOCK: Final = 1_000
"""Lines that are packed together; pages are cut out of them wherever a client wants."""
_WORDS: Final = {True: "true", False: "false", None: ""}


class Results:
    """The lines of one result, made bit by bit. `len` tells how many records are done."""

    def __init__(
        self, header: Sequence[str], rows: Iterable[Sequence[Any]], stain: Callable[[str, str], str] | None = None
    ) -> None:
        self._header, self._rows, self._stain = header, iter(rows), stain
        self._blocks: list[bytes] = []
        self._open: list[str] = []
        self._done = 0

    def __len__(self) -> int:
        return self._done

    def take(self, most: int | None) -> bool:
        """Do so many more rows, or all; whether it is through."""
        before = self._done
        for row in islice(self._rows, most):
            self._open.append(self._line(row))
            self._done += 1
            if len(self._open) == _BLOCK:
                self._blocks.append(_packed(self._open))
                self._open = []
        return most is None or self._done - before < most

    def page(self, first: int, last: int) -> bytes:
        """The records from `first` to before `last`, under their header."""
        parts = [_line(self._header)]
        for number in range(first // _BLOCK, -(-last // _BLOCK)):
            lines = self._lines(number)
            start = number * _BLOCK
            parts += lines[max(0, first - start) : last - start]
        return "".join(parts).encode()

    def _lines(self, number: int) -> list[str]:
        if number == len(self._blocks):
            return self._open
        text = zlib.decompress(self._blocks[number]).decode()
        return [f"{line}\n" for line in text.split(_SEPARATOR)]

    def _line(self, row: Sequence[Any]) -> str:
        if self._stain is None:
            return _line(row)
        return _line([self._stain(name, _text(value)) for name, value in zip(self._header, row, strict=True)])


_SEPARATOR: Final = "\n\ue000"
"""Between packed lines: a quoted cell may hold line ends of its own."""


def _packed(lines: list[str]) -> bytes:
    return zlib.compress(_SEPARATOR.join(line[:-1] for line in lines).encode(), 1)


def _line(cells: Iterable[Any]) -> str:
    return '"' + '","'.join([_text(cell).replace('"', '""') for cell in cells]) + '"\n'


def _text(value: Any) -> str:
    """A value as text: nothing is an empty cell, and so is an empty text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return _WORDS[value]
    said = told(value)
    return said.removesuffix("+0000") + "Z" if isinstance(said, str) and said.endswith("+0000") else str(said)
