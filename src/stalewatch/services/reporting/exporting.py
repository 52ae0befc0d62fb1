"""A list as a spreadsheet reads it: every cell is text or a number, and no text is ever taken for a formula."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from stalewatch.services.reporting.alert_list import AlertItem
    from stalewatch.services.reporting.listing import Item

COLUMNS: Final = (
    *("id", "object", "name", "owner_name", "owner_email", "team", "pipeline", "stage", "amount", "currency"),
    *("close_date", "severity", "rules", "due", "days_over", "explain", "url", "connection"),
)
_STARTS: Final = frozenset("=+-@\u2212")
"""What a spreadsheet runs (OWASP, CSV injection), with the minus sign that Japanese keyboards write."""
_BREAKS: Final = ("\t", "\r", "\n")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
"""Categories of characters that nobody sees before a formula: spaces, marks of direction, a byte order mark."""


def as_csv(items: Iterable[Item]) -> str:
    """The items as CSV with a header, lines ended as RFC 4180 wants them."""
    return table_as_csv(COLUMNS, (_row(item) for item in items))


def alerts_as_csv(items: Iterable[AlertItem]) -> str:
    """The alerts as CSV with a header, a column for each of their members."""
    from stalewatch.services.reporting.alert_list import AlertItem  # noqa: PLC0415  # needs the database's libraries

    names = AlertItem.__struct_fields__
    return table_as_csv(names, ({name: getattr(item, name) for name in names} for item in items))


def table_as_csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """Any table as CSV with a header; what a row does not have is empty. Every CSV of ours is written here."""
    return _written([list(columns), *([_cell(row.get(name)) for name in columns] for row in rows)])


def unguarded(text: str) -> str:
    """CSV of ours for a program (`raw=true`): the same cells without the apostrophes that keep texts from running."""
    return _written([_text_of(cell) for cell in line] for line in csv.reader(io.StringIO(text, newline="")))


def _row(item: Item) -> dict[str, object]:
    values = {name: getattr(item, name, None) for name in COLUMNS}
    return {**values, "rules": " ".join(reason.rule for reason in item.reasons)}


def _written(lines: Iterable[Sequence[object]]) -> str:
    stream = io.StringIO()
    csv.writer(stream).writerows(lines)
    return stream.getvalue()


def _cell(value: object) -> object:
    """Numbers stay numbers; text that would be run gets an apostrophe before it, and so does one that looks guarded."""
    if isinstance(value, str) and _runs(value.lstrip("'")):
        return f"'{value}"
    return "" if value is None else value


def _text_of(cell: str) -> str:
    """What stood in a cell before it was guarded."""
    return cell[1:] if cell.startswith("'") and _runs(cell.lstrip("'")) else cell


def _runs(text: str) -> bool:
    """Whether a spreadsheet might take a text for a formula: a full-width `=` is one; spaces before it hide nothing."""
    if text.startswith(_BREAKS):
        return True
    first = next((one for one in text if unicodedata.category(one) not in _UNSEEN), "")
    return unicodedata.normalize("NFKC", first)[:1] in _STARTS and first != ""
