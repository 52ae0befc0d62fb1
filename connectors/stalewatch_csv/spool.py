"""A private temporary file that sorts what does not fit in memory: who was seen, and what happened to whom.

stages.csv and events.csv come in any order, but a page must hold a deal together with everything that
happened to it. SQLite's unnamed database lives in a cache of fixed size, spills to a temporary file when
that is full, and is gone when it is closed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from types import TracebackType

from stalewatch_csv.evidence import Happening

_SCHEMA = """
pragma journal_mode = off;
pragma synchronous = off;
create table deal (id text primary key, line integer) without rowid;
create table happening (role text, deal text, at text, line integer, word text, value text,
    primary key (role, deal, at, line)) without rowid;
"""


class Spool:
    """Remembers the rows of one reading; use it as a context manager."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("", isolation_level=None)
        self._file.executescript(_SCHEMA)
        self._file.execute("begin")

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def claim(self, deal: str, line: int) -> int | None:
        """Note that this line is the deal's; if an earlier line is, answer that one."""
        if self._file.execute("insert or ignore into deal values (?, ?)", (deal, line)).rowcount:
            return None
        (first,) = self._file.execute("select line from deal where id = ?", (deal,)).fetchone()
        return int(first)

    def keep(self, role: str, line: int, happening: Happening) -> None:
        """Keep one row of stages.csv or events.csv until its deal comes by."""
        at = happening.at.isoformat(timespec="microseconds")
        row = (role, happening.deal, at, line, happening.word, happening.value)
        self._file.execute("insert into happening values (?, ?, ?, ?, ?, ?)", row)

    def about(self, role: str, deal: str) -> list[Happening]:
        """Everything of that role about one deal, oldest first."""
        query = "select at, word, value from happening where role = ? and deal = ? order by at, line"
        rows = self._file.execute(query, (role, deal))
        return [Happening(deal, datetime.fromisoformat(at), word, value) for at, word, value in rows]

    def strangers(self, role: str) -> Iterator[tuple[int, str]]:
        """Lines whose deal was never claimed, with its id."""
        query = (
            "select line, deal from happening where role = ? and deal not in (select id from deal) order by deal, line"
        )
        yield from self._file.execute(query, (role,))
