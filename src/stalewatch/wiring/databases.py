"""The database of a project, with the schema that this version needs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from stalewatch import shipped
from stalewatch.sdk.errors import ConfigurationError, StalewatchError
from stalewatch.services.rules.choices import NO_LISTS, Lists, offered
from stalewatch.settings import Settings
from stalewatch.store import connections, migrate, moved, queue_schema
from stalewatch.store.engine import Database


def open_database(settings: Settings) -> Database:
    """The project's database with the schema this version needs; a new SQLite file is given it.

    Raises:
        SchemaBehind, SchemaAhead, StoreError: as for `open_project`.
    """
    db = Database(settings.database)
    scripts = shipped.migrations()
    try:
        if db.is_sqlite and migrate.current(db) is None:
            migrate.upgrade(db, scripts)
        migrate.require_current(db, scripts)
        with db.read() as conn:
            moved.require_here(conn, db.where)
    except StalewatchError:
        db.dispose()
        raise
    return db


def database_to_look_at(settings: Settings) -> Database:
    """The project's database for who only looks: nothing can be written, and no file comes to be.

    Raises:
        SchemaBehind, SchemaAhead, StoreError: as for `open_project`; there is no such file.
    """
    db = Database(settings.database, looking=True)
    try:
        migrate.require_current(db, shipped.migrations())
    except StalewatchError:
        db.dispose()
        raise
    return db


def known_lists(settings: Settings) -> Lists:
    """What the CRMs' own lists of values had at the last sync; nothing where no database can tell."""
    try:
        db = database_to_look_at(settings)
        try:
            with db.read() as conn:
                return offered(connections.read(conn), [one.id for one in settings.connections])
        finally:
            db.dispose()
    except StalewatchError:  # to check rules takes no database; whoever needs one says what is wrong with it
        return NO_LISTS


def queue_address(db: Database, steps: Collection[str]) -> str:
    """How workers reach the queue in a project's database, with its password: for the queue's library alone.

    Args:
        steps: the names of the library's own steps, all of which the queue must have had.

    Raises:
        ConfigurationError: it is SQLite, which one process works on.
        SchemaBehind: there is no queue yet, or an older one.
    """
    if db.is_sqlite:
        raise ConfigurationError(
            "several workers need PostgreSQL: on SQLite, `stalewatch serve` does the work of one by itself",
            cure="move with `stalewatch db copy`, or write `database: postgresql+psycopg://...` into stalewatch.yaml",
        )
    queue_schema.require(db, steps)
    return queue_schema.address(db)


@dataclass(frozen=True, slots=True)
class Schema:
    """The schema of a database before and after an upgrade; None: there is, or was, none.

    Attributes:
        queue: the steps by which the workers' queue was brought up.
    """

    where: str
    before: str | None
    after: str | None
    newest: str
    queue: tuple[str, ...] = ()


def schema(
    settings: Settings, *, upgrade: bool = False, queue: tuple[str, Mapping[str, str]] | None = None
) -> Schema:  # fmt: skip
    """Look at the schema of a project's database, and with `upgrade` bring it up to date.

    Args:
        queue: the schema of the workers' queue and its steps, as the library has them (`engine.queue`).

    Raises:
        SchemaAhead, StoreError: as for `open_project`.
    """
    db = Database(settings.database)
    scripts = shipped.migrations()
    try:
        before = migrate.current(db)
        steps: list[str] = []
        if upgrade:
            migrate.upgrade(db, scripts)
            steps = queue_schema.bring_up(db, *queue) if queue else []
        return Schema(db.where, before, migrate.current(db), migrate.head(scripts), tuple(steps))
    finally:
        db.dispose()
