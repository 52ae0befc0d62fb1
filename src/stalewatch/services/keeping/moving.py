"""From one database to another, while processes may still run: no message is sent by both.

The old database is closed before a row is read, by itself and for every version of us (`store/moved.py`), and the new
one is whole or empty. So at most one of the two lets anything be claimed, at any moment, whatever is killed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from stalewatch.domain.instants import from_us
from stalewatch.sdk.errors import ConfigurationError
from stalewatch.services.keeping import filling, quieting
from stalewatch.services.keeping.backing_up import Told
from stalewatch.store import audit, loading, migrate, moved, portable
from stalewatch.store.engine import Database
from stalewatch.store.moved import Held

ELSEWHERE: Final = "name an empty database"
_DROP: Final = "drop that database first, for as long as both hold the data both could be worked on"


@dataclass(frozen=True, slots=True)
class Moved:
    """What was moved: rows of all tables, by table; where to."""

    rows: int
    tables: int
    where: str


@dataclass(frozen=True, slots=True)
class Move:
    """Moves what is in one database to another.

    Attributes:
        scripts: the migrations.
        actor: who asks for it.
        told: hears how far it is.
        waits: hears who is waited for.
    """

    source: Database
    target: Database
    scripts: Path
    actor: str
    told: Told
    waits: Callable[[Sequence[Held]], None]

    def run(self, wait: float = quieting.WAIT) -> Moved:
        """Move everything; afterwards the old database can be read and not be written.

        Args:
            wait: seconds in which workers have to let go.

        Raises:
            ConfigurationError: the two are the same, the new one is not empty, or workers did not let go.
            StoreError: and its kinds. What failed before the new database was whole leaves the old one open.
        """
        self._prepare()
        quieting.quieten(self.source, self._sentence("is being moved to {}, since {}"), self.waits, wait)
        whole = False
        try:
            self._close()
            with self.source.look() as old, self.target.write() as new, filling.replacing(new):
                contents = {name: filling.of_database(old, name) for name in portable.tables(old)}
                rows = filling.fill(new, contents, loading.sequences(old), self.told)
                moved.forget(new)
                whole = True  # from here on nobody can know whether the commit arrived
        finally:
            if not whole:
                self._reopen()
        with self.target.write() as new:
            loading.analyse(new)
        return Moved(rows, len(contents), self.target.where)

    def undo(self) -> bool:
        """Let the old database be worked on again; False if it was open anyway.

        Raises:
            ConfigurationError: the new one holds the data.
        """
        if migrate.current(self.target) is not None:
            filling.require_empty(self.target, _DROP)
        with self.source.read() as conn:
            was = moved.said(conn)
        self._reopen()
        return was is not None

    def _prepare(self) -> None:
        if self.source.url == self.target.url:
            raise ConfigurationError("this is the database that is in use", where=self.target.where, cure=ELSEWHERE)
        migrate.require_current(self.source, self.scripts)
        if migrate.current(self.target) is None:
            migrate.upgrade(self.target, self.scripts)
        migrate.require_current(self.target, self.scripts)
        filling.require_empty(self.target, ELSEWHERE)

    def _close(self) -> None:
        sentence, at = self._sentence("was moved to {} at {}"), self.source.now()
        with self.source.write() as conn:
            audit.add(
                conn, at=at, actor=self.actor, action="database.moved", obj="database", after={"to": self.target.where}
            )
            moved.close(conn, sentence)

    def _reopen(self) -> None:
        with self.source.write() as conn:
            moved.reopen(conn)

    def _sentence(self, what: str) -> str:
        at = from_us(self.source.now()).strftime("%Y-%m-%d %H:%M:%S UTC")
        return f"this database {what.format(self.target.where, at)}"
