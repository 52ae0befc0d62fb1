"""SOQL as text. Names stand in it only after a check, values only behind `quote`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime
from typing import Final
from urllib.parse import quote_plus

from stalewatch.sdk.errors import ConfigurationError

API_VERSION: Final = "v64.0"
"""The one place that says which version is spoken."""
END_OF_LIFE: Final = date(2028, 6, 1)
"""Salesforce supports a version for three years at least; this one came in June 2025."""
ROOT: Final = f"/services/data/{API_VERSION}"
NAME: Final = re.compile(r"[A-Za-z]\w*(__[cr])?", re.ASCII)
_ESCAPES: Final = str.maketrans({
    "\\": "\\\\", "'": "\\'", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f",
})  # fmt: skip


def quote(text: str) -> str:
    """A text as one SOQL literal, whatever stands in it."""
    return f"'{text.translate(_ESCAPES)}'"


def name(text: str) -> str:
    """A field or object name.

    Raises:
        ConfigurationError: it cannot be one.
    """
    if not NAME.fullmatch(text):
        raise ConfigurationError(f"{text!r} cannot be the name of a Salesforce field", where="map")
    return text


def instant(at: datetime) -> str:
    """A time as a SOQL literal, to the second: Salesforce compares no finer."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def one_of(field: str, values: Iterable[str]) -> str:
    """A condition that a field has one of these values."""
    return f"{name(field)} IN ({','.join(quote(value) for value in values)})"


def select(fields: Collection[str], of: str, where: Iterable[str] = (), tail: str = "") -> str:
    """A query; `fields` are names that a describe has listed, or selections of children."""
    conditions = " AND ".join(where)
    text = f"SELECT {', '.join(fields)} FROM {name(of)}"  # noqa: S608  # names are checked, values quoted
    return f"{text}{f' WHERE {conditions}' if conditions else ''}{f' {tail}' if tail else ''}"


def children(fields: Collection[str], relationship: str) -> str:
    """A selection of children inside a query."""
    return f"(SELECT {', '.join(fields)} FROM {name(relationship)})"  # noqa: S608  # as above


def address(soql: str) -> str:
    """The path of a query that shows deleted and archived rows, too."""
    return f"{ROOT}/queryAll/?q={quote_plus(soql)}"
