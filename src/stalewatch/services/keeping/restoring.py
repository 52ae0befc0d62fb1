"""A database becomes what a backup says that it was; then it is told what it cannot know (`store/restored.py`)."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from stalewatch.domain.instants import from_us
from stalewatch.services.keeping import archives, filling, quieting
from stalewatch.services.keeping.archives import Manifest
from stalewatch.services.keeping.backing_up import Told
from stalewatch.services.keeping.filling import Content
from stalewatch.store import audit, loading, migrate, moved, portable, restored, snapshots
from stalewatch.store.engine import Connection, Database
from stalewatch.store.moved import Held

NOT_EMPTY: Final = "restore into an empty database, or throw away what is in this one with --replace"


@dataclass(frozen=True, slots=True)
class Restoring:
    """Puts backups back.

    Attributes:
        scripts: the migrations.
        actor: who asks for it.
        told: hears how far it is.
        waits: hears who is waited for, where a database in use is replaced.
    """

    db: Database
    scripts: Path
    actor: str
    told: Told
    waits: Callable[[Sequence[Held]], None]

    def run(self, path: Path, *, replace: bool = False, wait: float = quieting.WAIT) -> Manifest:
        """Put a backup back; return what it says of itself.

        Args:
            replace: throw away what is in the database; without it, it has to be empty.

        Raises:
            ConfigurationError: the file is no backup, or the database is not empty.
            SchemaAhead: the backup is of a newer version.
            StoreError: and its kinds. The database then holds what it held, or, where a backup of an older schema was
                being put back, nothing.
        """
        with archives.opened(path) as (archive, manifest):
            migrate.require_known(self.scripts, manifest.schema, str(path))
            self._make_room(replace=replace, wait=wait)
            done = False
            try:
                if manifest.kind == "sqlite":
                    self._from_file(path, archive, manifest)
                else:
                    self._from_rows(path, archive, manifest)
                done = True
            finally:
                if not done and migrate.current(self.db) == migrate.head(self.scripts):
                    with self.db.write() as conn:
                        moved.reopen(conn)
        return manifest

    def _make_room(self, *, replace: bool, wait: float) -> None:
        if migrate.current(self.db) is None:
            return
        if not replace:
            filling.require_empty(self.db, NOT_EMPTY)
        migrate.require_current(self.db, self.scripts)
        quieting.quieten(self.db, "this database is being replaced by a backup", self.waits, wait)

    # --------------------------------------------------------------------------------- a file of SQLite

    def _from_file(self, path: Path, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        """Everything happens to a file beside it first: the database becomes it all at once."""
        beside = Path(str(self.db.url.database)).absolute().parent if self.db.is_sqlite else None
        with TemporaryDirectory(prefix=".stalewatch-restore-", dir=beside) as folder:
            file = Path(folder) / archives.DATABASE
            if archives.take_file(archive, file) != manifest.sha256:
                raise archives.damaged(path, "its checksum is another one")
            snapshots.check(file)
            copy = Database(f"sqlite:///{file}")
            try:
                self._check_counts(path, copy, manifest)
                migrate.upgrade(copy, self.scripts)
                with copy.write() as conn:
                    self._settle(conn, manifest)
                if not self.db.is_sqlite:
                    self._fill_from(copy)
            finally:
                copy.dispose()
            if self.db.is_sqlite:
                snapshots.put(file, self.db, lambda done, total: self.told("pages", done, total))

    def _check_counts(self, path: Path, copy: Database, manifest: Manifest) -> None:
        with copy.read() as conn:
            found = {name: portable.count(conn, name) for name in portable.tables(conn)}
        if found != {name: table.rows for name, table in manifest.tables.items()}:
            raise archives.damaged(path, "its tables hold other rows than it says")

    def _fill_from(self, copy: Database) -> None:
        migrate.upgrade(self.db, self.scripts)
        with copy.look() as old, self.db.write() as new, filling.replacing(new):
            contents = {name: filling.of_database(old, name) for name in portable.tables(old)}
            filling.fill(new, contents, loading.sequences(old), self.told)
        with self.db.write() as conn:
            loading.analyse(conn)

    # ------------------------------------------------------------------------------- rows of PostgreSQL

    def _from_rows(self, path: Path, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        """It is checked as a whole before anything is thrown away."""
        for name, table in manifest.tables.items():
            self.told(name, 0, table.rows)
            seen = portable.Sum()
            for _ in seen.over(archives.lines(archive, name)):
                pass
            if (seen.rows, str(seen)) != (table.rows, table.sum):
                raise archives.damaged(path, f"{name} holds other rows than it says")
        if migrate.current(self.db) != manifest.schema:
            migrate.rebase(self.db, self.scripts, manifest.schema)
        with self.db.write() as conn:
            with filling.replacing(conn):
                filling.fill(conn, {name: _content(archive, name, manifest) for name in manifest.tables},
                             manifest.counted, self.told)  # fmt: skip
            self._settle(conn, manifest)
        migrate.upgrade(self.db, self.scripts)
        with self.db.write() as conn:
            loading.analyse(conn)

    def _settle(self, conn: Connection, manifest: Manifest) -> None:
        """What was restored is noted in the log of what was done."""
        moved.reopen(conn)
        done = restored.settle(conn, manifest.taken_at)
        as_of = from_us(manifest.taken_at).isoformat()
        audit.add(
            conn, at=done.at, actor=self.actor, action="database.restored", obj="database", after={"as_of": as_of}
        )


def _content(archive: zipfile.ZipFile, name: str, manifest: Manifest) -> Content:
    table = manifest.tables[name]
    return Content(table.columns, archives.lines(archive, name), lambda: (table.rows, table.sum))
