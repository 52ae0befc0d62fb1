"""SQLite's file as it is at one moment, page by page, while others write."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from stalewatch.store.engine import Database
from stalewatch.store.errors import DatabaseDamaged, worded

_PAGES: Final = 2_000
"""Pages that are copied in one step."""
_PATIENCE: Final = 60.0
"""Seconds to wait for whoever writes into the file that is written to."""

Told = Callable[[int, int], None]
"""Hears how many pages are done, and how many there are."""


def take(db: Database, path: Path, told: Told) -> None:
    """Copy a SQLite database into a new file: everything that was committed when this began, and nothing half.

    The moment is held by a transaction that reads. Without it every write of another process would make SQLite begin
    anew, and a busy database could never be copied.

    Raises:
        StoreError: either of them could not be read or written.
    """
    with _speaking(db), closing(sqlite3.connect(_path(db), isolation_level=None)) as source:
        source.execute("PRAGMA query_only=ON")
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        with closing(sqlite3.connect(path, isolation_level=None)) as copy:
            source.backup(copy, pages=_PAGES, progress=lambda _status, left, all_: told(all_ - left, all_))
            copy.execute("PRAGMA journal_mode=DELETE")  # a file that needs no other beside it
        source.execute("ROLLBACK")


def put(path: Path, db: Database, told: Told) -> None:
    """Make a SQLite database be what a file is, all at once: who reads it meanwhile sees the one or the other.

    Raises:
        StoreError: either of them could not be read or written.
    """
    with (
        _speaking(db),
        closing(sqlite3.connect(path, isolation_level=None)) as source,
        closing(sqlite3.connect(_path(db), isolation_level=None, timeout=_PATIENCE)) as target,
    ):
        source.backup(target, pages=_PAGES, progress=lambda _status, left, all_: told(all_ - left, all_))
        target.execute("PRAGMA journal_mode=WAL")


def check(path: Path) -> None:
    """Return if SQLite finds nothing wrong with a file.

    Raises:
        DatabaseDamaged: it does.
    """
    with closing(sqlite3.connect(path)) as conn:
        try:
            found = str(conn.execute("PRAGMA quick_check(1)").fetchone()[0])
        except sqlite3.DatabaseError as error:
            found = str(error)
    if found != "ok":
        raise DatabaseDamaged(f"the file is damaged: {found}", where=str(path), cure="use another backup")


def _path(db: Database) -> str:
    return str(db.url.database)


@contextmanager
def _speaking(db: Database) -> Iterator[None]:
    """As `Database` speaks of what its driver says."""
    try:
        yield
    except sqlite3.Error as error:
        known = worded(error, db.where)
        if known is None:
            raise
        raise known from error
