"""The database of a project, with the schema that this version needs."""

from __future__ import annotations

from dataclasses import dataclass

from stalewatch import shipped
from stalewatch.sdk.errors import StalewatchError
from stalewatch.services.rules.choices import NO_LISTS, Lists, offered
from stalewatch.settings import Settings
from stalewatch.store import connections, migrate
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


@dataclass(frozen=True, slots=True)
class Schema:
    """The schema of a database before and after an upgrade; None: there is, or was, none."""

    where: str
    before: str | None
    after: str | None
    newest: str


def schema(settings: Settings, *, upgrade: bool = False) -> Schema:
    """Look at the schema of a project's database, and with `upgrade` bring it up to date.

    Raises:
        SchemaAhead, StoreError: as for `open_project`.
    """
    db = Database(settings.database)
    scripts = shipped.migrations()
    try:
        before = migrate.current(db)
        if upgrade:
            migrate.upgrade(db, scripts)
        return Schema(db.where, before, migrate.current(db), migrate.head(scripts))
    finally:
        db.dispose()
