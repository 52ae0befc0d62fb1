"""A database whose clock is ours, and whose workers die and freeze when we say so.

One SQLite file in memory serves seed after seed: what SQLAlchemy compiled stays compiled, and a new world is a copy of
the migrated pages. SQLite tells the time by `julianday('now')`, which every connection is given anew here: so leases,
looks and sweeps count by the simulation's clock as everything else does.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, Final
from unittest.mock import patch

from sqlalchemy import event

from stalewatch import shipped
from stalewatch.clock import FixedClock
from stalewatch.domain.instants import to_us
from stalewatch.store import migrate
from stalewatch.store.engine import Connection, Database
from tests.services.world import at

_UNIX: Final = 2440587.5
"""The Julian day on which microseconds begin."""
_A_DAY: Final = 86_400_000_000


class Killed(BaseException):
    """The process ends here."""


class Theatre(Database):
    """The database of one process of tests.

    Attributes:
        clock: of the world that plays now; the database's own clock is `lead` ahead of it.
        lives: commits until the worker dies, None: it lives on. `is_sudden`: it dies before that commit, not after.
        sleeps: transactions until the worker is frozen, None: it never is; `asleep` is what happens meanwhile.
        eye: whoever checks looks past our own code, straight into the file.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(f"sqlite:///{folder / 'simulation.db'}", pool_size=4)
        self.clock = FixedClock(at("2026-03-02 09:00"))
        self.lead = timedelta()
        self.lives: int | None = None
        self.is_sudden = False
        self.sleeps: int | None = None
        self.asleep: Callable[[], None] = _nothing
        for engine in (self._reader, self._writer, self._marker):
            event.listen(engine, "connect", self._set_clock)
        migrate.upgrade(self, shipped.migrations())
        self._new = self._pages()
        self.eye = sqlite3.connect(folder / "simulation.db", isolation_level=None)
        self.eye.row_factory = sqlite3.Row

    def begins(self, clock: FixedClock) -> None:
        """A new world: the schema and no rows, by this clock, and nobody who dies."""
        self.clock, self.lead = clock, timedelta()
        self.lives = self.sleeps = None
        with self._raw() as raw:
            self._new.backup(raw)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction, before which this worker may be frozen, and around whose commit it may die."""
        if self.sleeps is not None:
            self.sleeps -= 1
            if self.sleeps < 0:
                self.sleeps = None
                self.asleep()
        with super().write() as conn:
            yield conn
            if self.is_sudden:
                self._ages()
        if not self.is_sudden:
            self._ages()

    def now(self) -> int:
        """What `julianday('now')` says, without asking for it."""
        return to_us(self.clock.now() + self.lead)

    def _ages(self) -> None:
        if self.lives is not None:
            self.lives -= 1
            if self.lives < 0:
                self.lives = None
                raise Killed

    def _set_clock(self, connection: Any, _record: object) -> None:
        connection.create_function("julianday", 1, self._julianday)
        connection.execute("PRAGMA synchronous=OFF")

    def _julianday(self, _now: str) -> float:
        return _UNIX + to_us(self.clock.now() + self.lead) / _A_DAY

    @contextmanager
    def _raw(self) -> Iterator[sqlite3.Connection]:
        connection = self._writer.raw_connection()
        try:
            raw: Any = connection.driver_connection
            yield raw
        finally:
            connection.close()

    def _pages(self) -> sqlite3.Connection:
        kept = sqlite3.connect(":memory:", check_same_thread=False)
        with self._raw() as raw:
            raw.backup(kept)
        return kept


def _nothing() -> None:
    """What happens while nobody is frozen."""


@contextmanager
def the_same_names(seed: int) -> Iterator[None]:
    """Ids of deliveries and of writes are drawn from the seed, so that a seed tells the same story each time."""
    with patch.object(os, "urandom", Random(seed).randbytes):  # noqa: S311  # nobody is to be surprised
        yield
