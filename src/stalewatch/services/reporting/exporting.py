"""A list as a spreadsheet reads it: every cell is text or a number, and no text is ever taken for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from stalewatch.services.reporting.alert_list import AlertItem
from stalewatch.services.reporting.listing import Item

COLUMNS: Final = (
    *("id", "object", "name", "owner_name", "owner_email", "team", "pipeline", "stage", "amount", "currency"),
    *("close_date", "severity", "rules", "due", "days_over", "explain", "url", "connection"),
)
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "=", "+", "-", "@")
"""Beginnings that a spreadsheet would run (OWASP, CSV injection), full-width ones included."""


def as_csv(items: Iterable[Item]) -> str:
    """The items as CSV with a header, lines ended as RFC 4180 wants them."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    for item in items:
        values = {name: getattr(item, name, None) for name in COLUMNS}
        values["rules"] = " ".join(reason.rule for reason in item.reasons)
        writer.writerow([_cell(values[name]) for name in COLUMNS])
    return stream.getvalue()


def alerts_as_csv(items: Iterable[AlertItem]) -> str:
    """The alerts as CSV with a header, a column for each of their members."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(AlertItem.__struct_fields__)
    for item in items:
        writer.writerow([_cell(getattr(item, name)) for name in AlertItem.__struct_fields__])
    return stream.getvalue()


def table_as_csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """Any table as CSV with a header; what a row does not have is empty."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in columns])
    return stream.getvalue()


def _cell(value: object) -> object:
    """Numbers stay numbers; text that would be run gets an apostrophe before it."""
    if isinstance(value, str) and value.startswith(_FORMULAS):
        return f"'{value}"
    return "" if value is None else value
