"""What of a reading has to be remembered: who was seen, and what happened to whom.

stages.csv and events.csv come in any order, but a page must hold a deal together with everything that happened to it.
So much as a number of rows is kept in memory; beyond, all of it goes to SQLite's unnamed database, which lives in a
cache of fixed size, spills to a private temporary file when that is full, and is gone when it is closed.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from types import TracebackType
from typing import Final

from stalewatch_csv.evidence import Happening

IN_MEMORY: Final = 200_000
"""Rows, of all files together: some 60 MB."""
_SCHEMA: Final = """
pragma journal_mode = off;
pragma synchronous = off;
create table deal (id text primary key, line integer) without rowid;
create table happening (role text, deal text, at text, line integer, word text, value text,
    primary key (role, deal, at, line)) without rowid;
"""


class Spool:
    """Remembers the rows of one reading; use it as a context manager.

    Args:
        in_memory: how many rows are kept there.
    """

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        self._most = in_memory
        self._kept = _Kept()
        self._file: _File | None = None

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def claim(self, deal: str, line: int) -> int | None:
        """Note that this line is the deal's; if an earlier line is, answer that one."""
        return self._place().claim(deal, line)

    def keep(self, role: str, happenings: Iterable[Happening]) -> None:
        """Keep some rows of stages.csv or events.csv until their deals come by."""
        self._place().keep(role, happenings)

    def about(self, role: str, deal: str) -> list[Happening]:
        """Everything of that role about one deal, oldest first."""
        return (self._file or self._kept).about(role, deal)

    def strangers(self, role: str) -> Iterator[tuple[int, str]]:
        """Lines whose deal was never claimed, with its id."""
        yield from (self._file or self._kept).strangers(role)

    def _place(self) -> _Kept | _File:
        """Where the next row goes."""
        if self._file is None and self._kept.rows >= self._most:
            self._file = _File(self._kept)
            self._kept = _Kept()
        return self._file or self._kept


class _Kept:
    """In memory."""

    def __init__(self) -> None:
        self.rows = 0
        self.deals: dict[str, int] = {}
        self.happenings: dict[str, dict[str, list[Happening]]] = {}

    def claim(self, deal: str, line: int) -> int | None:
        first = self.deals.setdefault(deal, line)
        self.rows += first == line
        return None if first == line else first

    def keep(self, role: str, happenings: Iterable[Happening]) -> None:
        mine = self.happenings.setdefault(role, defaultdict(list))
        for happening in happenings:
            mine[happening.deal].append(happening)
            self.rows += 1

    def about(self, role: str, deal: str) -> list[Happening]:
        mine = self.happenings.get(role)
        return [] if mine is None else sorted(mine.get(deal, ()))

    def strangers(self, role: str) -> Iterator[tuple[int, str]]:
        mine = self.happenings.get(role) or {}
        for deal in sorted(mine.keys() - self.deals.keys()):
            for line in sorted(happening.line for happening in mine[deal]):
                yield line, deal


class _File:
    """In a file; begins with what was kept in memory."""

    def __init__(self, kept: _Kept) -> None:
        self._file = sqlite3.connect("", isolation_level=None)
        self._file.executescript(_SCHEMA)
        self._file.execute("begin")
        self._file.executemany("insert into deal values (?, ?)", kept.deals.items())
        for role, deals in kept.happenings.items():
            self.keep(role, chain.from_iterable(deals.values()))

    def close(self) -> None:
        self._file.close()

    def claim(self, deal: str, line: int) -> int | None:
        if self._file.execute("insert or ignore into deal values (?, ?)", (deal, line)).rowcount:
            return None
        (first,) = self._file.execute("select line from deal where id = ?", (deal,)).fetchone()
        return int(first)

    def keep(self, role: str, happenings: Iterable[Happening]) -> None:
        rows = (
            (role, one.deal, one.at.isoformat(timespec="microseconds"), one.line, one.word, one.value)
            for one in happenings
        )
        self._file.executemany("insert into happening values (?, ?, ?, ?, ?, ?)", rows)

    def about(self, role: str, deal: str) -> list[Happening]:
        query = "select at, line, deal, word, value from happening where role = ? and deal = ? order by at, line"
        rows = self._file.execute(query, (role, deal))
        return [Happening(datetime.fromisoformat(at), *told) for at, *told in rows]

    def strangers(self, role: str) -> Iterator[tuple[int, str]]:
        query = (
            "select line, deal from happening where role = ? and deal not in (select id from deal) order by deal, line"
        )
        yield from self._file.execute(query, (role,))
