"""The processes that do the work: each says that it is there, and `doctor`, `/readyz` and `/metrics` ask who is."""

from __future__ import annotations

import os
import socket
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

from stalewatch import __version__
from stalewatch.domain.instants import SECOND
from stalewatch.store import workers
from stalewatch.store.engine import Database

EVERY: Final = 8.0
"""Seconds from one word of a process to the next."""
SILENT: Final = 25 * SECOND
"""Microseconds after which a process that said nothing counts as gone: three words that did not come."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that works. Times are microseconds since the epoch, by the database's clock.

    Attributes:
        engine: "embedded" (beside or in `serve`) or "worker".
        kinds: of work that it does.
    """

    id: str
    engine: str
    host: str
    pid: int
    version: str
    kinds: tuple[str, ...]
    began_at: int
    seen_at: int


@dataclass(frozen=True, slots=True)
class Working:
    """Who works.

    Attributes:
        alive: the processes that are there.
        silent_since: when the last one was seen, if none is there; None: one is, or there never was any.
    """

    alive: tuple[Worker, ...]
    silent_since: int | None = None

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of work that somebody does."""
        return frozenset(kind for one in self.alive for kind in one.kinds)

    def lacking(self, kinds: Collection[str]) -> list[str]:
        """Those of some kinds of work that nobody does, though somebody works."""
        return [] if not self.alive else sorted(set(kinds) - self.kinds)


def working(db: Database) -> Working:
    """Who works on a database now.

    Raises:
        StoreError: it cannot be asked.
    """
    real = db.now()
    with db.read() as conn:
        rows = workers.read(conn)
    alive = tuple(
        Worker(
            row.id, row.engine, row.host, row.pid, row.version, tuple(filter(None, row.kinds.split(","))),
            row.began_at, row.seen_at,
        )
        for row in rows
        if row.seen_at > real - SILENT
    )  # fmt: skip
    return Working(alive, rows[0].seen_at if rows and not alive else None)


@dataclass(frozen=True, slots=True)
class Presence:
    """The word of this process that it works."""

    db: Database
    engine: str
    kinds: Collection[str]
    id: str = field(default_factory=lambda: uuid4().hex)

    def say(self) -> None:
        """It works.

        Raises:
            StoreError: the database cannot be written.
        """
        told = {
            "id": self.id, "engine": self.engine, "host": socket.gethostname(), "version": __version__,
            "kinds": ",".join(self.kinds), "pid": os.getpid(),
        }  # fmt: skip
        with self.db.write() as conn:
            workers.say_alive(conn, told)

    def leave(self) -> None:
        """It has ended in good order.

        Raises:
            StoreError: the database cannot be written.
        """
        with self.db.write() as conn:
            workers.leave(conn, self.id)
