"""Schema versions: bring a database up to date, and refuse to work on one that is not."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from stalewatch.store.engine import Database
from stalewatch.store.errors import UPGRADE, SchemaAhead, SchemaBehind
from stalewatch.store.expressions import is_sqlite

_ONE_AT_A_TIME = 7_355_091_208
"""Any number, the same in every process: PostgreSQL lets one holder of it migrate at a time."""


def upgrade(database: Database, scripts: Path, revision: str = "head") -> None:
    """Run the migrations in `scripts` up to `revision`, all in one transaction. Processes wait for each other.

    Raises:
        SchemaAhead: if the database is of a newer version than `scripts` knows.
    """
    if current(database) not in _known(scripts):
        raise _ahead(database)
    with database.write() as conn:
        _alone(conn)
        command.upgrade(_config(scripts, conn), revision)


def downgrade(database: Database, scripts: Path, revision: str) -> None:
    """Undo migrations down to `revision` ("base": all of them, with the data)."""
    with database.write() as conn:
        _alone(conn)
        command.downgrade(_config(scripts, conn), revision)


def rebase(database: Database, scripts: Path, revision: str) -> None:
    """Give an empty database this very schema, whichever it has: what is in it is lost.

    Raises:
        SchemaAhead: `scripts` does not know the revision, or the one that the database has.
    """
    known = _known(scripts)
    if revision not in known or current(database) not in known:
        raise _ahead(database)
    if current(database) not in (None, revision):
        downgrade(database, scripts, "base")
    upgrade(database, scripts, revision)


def require_known(scripts: Path, revision: str | None, where: str) -> None:
    """Return if this program knows a revision.

    Raises:
        SchemaAhead: it is of a newer version.
    """
    if revision not in _known(scripts):
        raise SchemaAhead("it was made by a newer stalewatch", where=where, cure="use that newer version")


def current(database: Database) -> str | None:
    """The revision that the database has, None for an empty one."""
    with database.read() as conn:
        return MigrationContext.configure(conn).get_current_revision()


def head(scripts: Path) -> str:
    """The revision that this program needs. There is exactly one."""
    revision = ScriptDirectory.from_config(_config(scripts)).get_current_head()
    assert revision is not None, f"no migrations in {scripts}"  # noqa: S101 - a broken installation
    return revision


def require_current(database: Database, scripts: Path) -> None:
    """Return if the schema is the one this program needs.

    Raises:
        SchemaBehind: if it is older, or there is none.
        SchemaAhead: if it is newer.
    """
    found = current(database)
    if found == head(scripts):
        return
    if found not in _known(scripts):
        raise _ahead(database)
    what = "has no schema yet" if found is None else f"has schema {found}, this version needs {head(scripts)}"
    raise SchemaBehind(f"the database {what}", where=database.where, cure=UPGRADE)


def _ahead(database: Database) -> SchemaAhead:
    return SchemaAhead(
        "the database was upgraded by a newer stalewatch", where=database.where, cure="start that newer version"
    )


def _known(scripts: Path) -> set[str | None]:
    walk = ScriptDirectory.from_config(_config(scripts)).walk_revisions()
    return {None, *(script.revision for script in walk)}


def _config(scripts: Path, conn: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = conn
    return config


def _alone(conn: Connection) -> None:
    if not is_sqlite(conn):
        conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
