"""A backup while everybody works on: one moment of the database as one file.

What was committed before the moment is in it, all of it; the moment lies after the command's start. Secrets are in it
as they are in the database: sealed.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stalewatch import __version__
from stalewatch.services.keeping import archives
from stalewatch.services.keeping.archives import Manifest, Table
from stalewatch.store import loading, migrate, portable, snapshots
from stalewatch.store.engine import Connection, Database
from stalewatch.store.errors import UPGRADE, SchemaBehind

Told = Callable[[str, int, int | None], None]
"""Hears what is done, how much of it, and of how much."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made: where, how large in bytes, and what it says of itself."""

    path: Path
    size: int
    manifest: Manifest


def backup(db: Database, path: Path, told: Told) -> Backup:
    """Write everything that is in the database into a new file.

    Raises:
        ConfigurationError: there is such a file, or none can be written.
        StoreError: the database cannot be read, or has no schema.
    """
    taken_at = db.now()
    with archives.making(path) as (folder, archive):
        make = _of_sqlite if db.is_sqlite else _of_postgresql
        manifest = make(db, taken_at, folder, archive, told)
        archives.finish(archive, manifest)
    return Backup(path, path.stat().st_size, manifest)


def _of_sqlite(db: Database, taken_at: int, folder: Path, archive: zipfile.ZipFile, told: Told) -> Manifest:
    file = folder / archives.DATABASE
    file.touch(0o600)
    snapshots.take(db, file, lambda done, total: told("pages", done, total))
    copy = Database(f"sqlite:///{file}", looking=True)
    try:
        with copy.read() as conn:
            tables = {name: Table(portable.count(conn, name)) for name in portable.tables(conn)}
            counted = loading.sequences(conn)
            schema = _schema(copy, db)
    finally:
        copy.dispose()
    digest = archives.put_file(archive, file)
    return Manifest(archives.FORMAT, __version__, "sqlite", schema, taken_at, tables, counted, digest)


def _of_postgresql(db: Database, taken_at: int, _folder: Path, archive: zipfile.ZipFile, told: Told) -> Manifest:
    with db.look() as conn:
        schema = _schema(db, db)
        tables = {name: _rows_of(conn, name, archive, told) for name in portable.tables(conn)}
        counted = loading.sequences(conn)
    return Manifest(archives.FORMAT, __version__, "postgresql", schema, taken_at, tables, counted)


def _rows_of(conn: Connection, table: str, archive: zipfile.ZipFile, told: Told) -> Table:
    columns, seen = portable.columns(conn, table), portable.Sum()
    with archive.open(archives.ROWS + table, "w", force_zip64=True) as member:
        for piece in portable.pieces(seen.over(portable.read(conn, table, columns))):
            member.write(b"\n".join(piece) + b"\n")
            told(table, seen.rows, None)
    return Table(seen.rows, tuple(one.name for one in columns), str(seen))


def _schema(read: Database, shown: Database) -> str:
    found = migrate.current(read)
    if found is None:
        raise SchemaBehind("the database has no schema yet: there is nothing to keep", where=shown.where, cure=UPGRADE)
    return found
