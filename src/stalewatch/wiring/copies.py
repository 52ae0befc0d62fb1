"""A project's database as a whole: kept in a file, put back from one, moved to another database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from stalewatch import shipped
from stalewatch.services.keeping import quieting
from stalewatch.services.keeping.archives import Manifest
from stalewatch.services.keeping.backing_up import Backup, Told
from stalewatch.services.keeping.backing_up import backup as keep
from stalewatch.services.keeping.moving import Move, Moved
from stalewatch.services.keeping.restoring import Restoring
from stalewatch.settings import Settings
from stalewatch.settings.loading import database_address
from stalewatch.store.engine import Database
from stalewatch.store.moved import Held

Waits = Callable[[Sequence[Held]], None]
"""Hears who is waited for."""


def backup(settings: Settings, path: Path, told: Told) -> Backup:
    """Keep a project's database in a new file, whatever its schema.

    Raises:
        ConfigurationError, StoreError: as `services.keeping.backing_up.backup`.
    """
    with _opened(settings.database, looking=True) as db:
        return keep(db, path, told)


def restore(
    settings: Settings, path: Path, *, replace: bool, actor: str, told: Told, waits: Waits, wait: float = quieting.WAIT
) -> Manifest:
    """Put a backup back into a project's database.

    Raises:
        ConfigurationError, StoreError: as `services.keeping.restoring.Restoring.run`.
    """
    with _opened(settings.database) as db:
        return Restoring(db, shipped.migrations(), actor, told, waits).run(path, replace=replace, wait=wait)


def copy(
    settings: Settings, url: str, *, actor: str, told: Told, waits: Waits, wait: float = quieting.WAIT
) -> Moved:  # fmt: skip
    """Move a project's database to another one, that of this address.

    Raises:
        ConfigurationError, StoreError: as `services.keeping.moving.Move.run`.
    """
    with _move(settings, url, actor, told, waits) as move:
        return move.run(wait)


def undo_copy(settings: Settings, url: str, *, actor: str) -> bool:
    """Let a project's database be worked on again after it was moved, if the other one is empty; False: it was open.

    Raises:
        ConfigurationError, StoreError: as `services.keeping.moving.Move.undo`.
    """
    with _move(settings, url, actor, lambda *_: None, lambda _: None) as move:
        return move.undo()


@contextmanager
def _move(settings: Settings, url: str, actor: str, told: Told, waits: Waits) -> Iterator[Move]:
    with _opened(settings.database) as source, _opened(database_address(url, Path.cwd())) as target:
        yield Move(source, target, shipped.migrations(), actor, told, waits)


@contextmanager
def _opened(url: str, *, looking: bool = False) -> Iterator[Database]:
    db = Database(url, looking=looking)
    try:
        yield db
    finally:
        db.dispose()
