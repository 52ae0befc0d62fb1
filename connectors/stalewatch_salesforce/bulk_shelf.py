"""A private temporary file that holds the children of many parents until their parents come by.

Bulk results come in no order that one could rely on. SQLite's unnamed database lives in a cache of fixed size, spills
to a temporary file when that is full, and is gone when it is closed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping
from types import TracebackType
from typing import Any

import msgspec

_SCHEMA = """
pragma journal_mode = off;
pragma synchronous = off;
create table child (kind integer, parent text, told blob);
begin;
"""


class Shelf:
    """Keeps rows by the id of their parent; use it as a context manager."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("", isolation_level=None)
        self._file.executescript(_SCHEMA)

    def __enter__(self) -> Shelf:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def put(self, kind: int, rows: Iterable[Any], parent: str) -> None:
        """Keep rows; their attribute `parent` says whose they are. One without a parent is nobody's."""
        told = ((kind, whose, msgspec.msgpack.encode(row)) for row in rows if (whose := getattr(row, parent)))
        self._file.executemany("insert into child values (?, ?, ?)", told)

    def sort(self) -> None:
        """Make them quick to find; called once all are there."""
        self._file.execute("create index of_parent on child (kind, parent, told)")

    def of(self, kind: int, parents: Collection[str], type_: type[Any]) -> Mapping[str, list[Any]]:
        """The rows of these parents; one that came twice is there once."""
        wanted = msgspec.json.encode(list(parents)).decode()
        query = (
            "select distinct parent, told from child "
            "where kind = ? and parent in (select value from json_each(?)) order by parent, told"
        )
        decoder, found = msgspec.msgpack.Decoder(type_), dict[str, list[Any]]()
        for parent, told in self._file.execute(query, (kind, wanted)):
            found.setdefault(parent, []).append(decoder.decode(told))
        return found
