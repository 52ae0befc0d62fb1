"""One look at a whole file before its rows are read: how its columns write their dates and numbers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final, NamedTuple

from stalewatch_csv import dates, numbers
from stalewatch_csv.dates import DateColumn, DateEvidence, Order
from stalewatch_csv.footers import BadRow, Row
from stalewatch_csv.numbers import Mark, NumberColumn, NumberEvidence


class Form(NamedTuple):
    """How a column is read; of the two the one that fits its type counts."""

    date: DateColumn = dates.PLAIN
    number: NumberColumn = numbers.PLAIN


_REMEMBERED: Final = 1 << 14
"""Different cells of a column: the same one says nothing new."""
PLAIN: Final = Form()
"""ISO 8601, and numbers with a point: how our own columns are written."""


def survey(
    blocks: Iterable[Iterable[Row | BadRow]],
    days: Collection[int],
    amounts: Collection[int],
    *,
    order: Order | None,
    mark: Mark | None,
) -> Mapping[int, Form]:
    """How the columns at these places are read, decided by all of their cells.

    Args:
        days: places of columns with dates or times.
        amounts: places of columns with numbers.
        order: what decides where dates could be read in two ways.
        mark: the same for numbers.
    """
    date_evidence = {place: DateEvidence() for place in days}
    number_evidence = {place: NumberEvidence() for place in amounts}
    seeing: list[tuple[int, Callable[[str], None], set[str]]] = [
        *((place, one.see, set()) for place, one in date_evidence.items()),
        *((place, one.see, set()) for place, one in number_evidence.items()),
    ]
    for block in blocks:
        good = [row.cells for row in block if type(row) is Row]
        for place, see, seen in seeing:
            for text in {cells[place] for cells in good} - seen:
                _look(text, see, seen)
    return {
        **{place: Form(date=one.column(order)) for place, one in date_evidence.items()},
        **{place: Form(number=one.column(mark)) for place, one in number_evidence.items()},
    }


def _look(text: str, see: Callable[[str], None], seen: set[str]) -> None:
    if len(seen) < _REMEMBERED:
        seen.add(text)
    if told := text.strip():
        see(told)
