"""What can go wrong with the database, in words an operator can act on.

StoreError
├── DatabaseBusy          another process holds the database; nothing was written, the work comes again
├── DatabaseUnreachable   the server or the file cannot be opened
├── DatabaseFull          no room left on the disk
├── DatabaseReadOnly      the file, its folder or the server refuses writes
├── DatabaseDamaged       the file is not a database, or a broken one
├── SchemaBehind          older than this program: upgrade it
├── SchemaAhead           newer than this program: the program is the old one
├── DatabaseMoved         its data is, or is being, moved to another one: nothing is written here any more
├── LeaseLost             somebody else took the row over; the whole transaction must roll back
└── ChangedMeanwhile      a row is not as it was read; the whole transaction must roll back, then try again
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from stalewatch.sdk.errors import ConfigurationError, StalewatchError


class StoreError(StalewatchError):
    """The database could not do what it was asked. Nothing of the transaction was kept."""


class DatabaseBusy(StoreError):
    """Another process holds the database. Nothing was written; the same work is tried again later."""


class DatabaseUnreachable(StoreError):
    """The database server or file cannot be opened."""


class DatabaseFull(StoreError):
    """The disk under the database is full. Nothing was written."""


class DatabaseReadOnly(StoreError):
    """The database may be read but not written."""


class DatabaseDamaged(StoreError):
    """The file is not a database, or it is damaged."""


class SchemaBehind(StoreError, ConfigurationError):
    """The database has an older schema than this version needs."""


class SchemaAhead(StoreError, ConfigurationError):
    """The database was upgraded by a newer version than this one."""


class DatabaseMoved(StoreError, ConfigurationError):
    """The database refuses to be written, because it was moved to another one, or is being moved."""


class LeaseLost(StoreError):
    """The lease ran out and somebody else claimed the row: what was done since must be rolled back."""


class ChangedMeanwhile(StoreError):
    """A row was changed by somebody else since it was read: roll back, read again, decide again."""


class CursorNotUnderstood(StoreError):
    """A paging cursor was altered, or belongs to another list or sort order."""


UPGRADE: Final = "run `stalewatch db upgrade`"
MOVED: Final = "stalewatch moved: "
"""What stands before the sentence with which a database that was moved refuses to be written."""
ELSEWHERE: Final = "write the new address as `database:` into stalewatch.yaml, and start this process again"

# Parts of messages, lower case, with what they mean. Several drivers and versions word the same fault differently.
_FAULTS: Final[tuple[tuple[tuple[str, ...], type[StoreError], str, str], ...]] = (
    (
        ("is locked", "deadlock detected", "lock timeout", "could not serialize"),
        DatabaseBusy,
        "another process holds the database",
        "it is tried again by itself; if it stays, see which other program has the database open",
    ),
    (
        ("disk is full", "no space left", "disk full", "could not extend file", "disk i/o error"),
        DatabaseFull,
        "the disk is full, or failing: the database could not write",
        "free space on the disk that holds the database; nothing was lost, work goes on by itself",
    ),
    (
        ("readonly database", "read-only transaction", "read-only file system"),
        DatabaseReadOnly,
        "the database may not be written",
        "let the user that runs stalewatch write the database file and its folder, or use the primary server",
    ),
    (
        ("not a database", "malformed", "invalid page in block"),
        DatabaseDamaged,
        "the database is damaged, or is not a database",
        "restore a backup: `stalewatch db restore PATH`",
    ),
    (
        ("no such table", "no such column", "undefinedtable", "undefinedcolumn", "does not exist\nline"),
        SchemaBehind,
        "the database has no schema, or an older one than this version needs",
        UPGRADE,
    ),
    (
        ("authentication failed", "no password supplied", "role ", "permission denied"),
        DatabaseUnreachable,
        "the database refused the login, or the rights it gives do not suffice",
        "check user, password and rights in `database:`",
    ),
    (
        (
            "unable to open database",
            "connection",
            "could not translate host",
            "failed to resolve host",
            "server closed",
            "shutting down",
        ),
        DatabaseUnreachable,
        "the database cannot be reached",
        "check `database:` in stalewatch.yaml: that the folder exists and may be written, or the server runs",
    ),
)


def in_words(error: sa.exc.SQLAlchemyError, where: str) -> StoreError | None:
    """The error for people behind a driver's error, or None if it is a mistake of ours and must stay loud.

    Args:
        where: the database's address without its password.
    """
    if isinstance(error, sa.exc.TimeoutError):
        return DatabaseBusy("all connections to the database are in use", where=where, cure="try again")
    if not isinstance(error, DBAPIError):
        return None
    if MOVED in str(error.orig):
        return worded(error.orig, where)
    if isinstance(error, sa.exc.IntegrityError | sa.exc.DataError):
        return None
    return worded(error.orig, where)


def worded(error: BaseException | None, where: str) -> StoreError | None:
    """The same for what a driver itself raised."""
    _, moved, sentence = str(error).partition(MOVED)
    if moved:
        return DatabaseMoved(sentence.splitlines()[0], where=where, cure=ELSEWHERE)
    text = f"{type(error).__name__}: {error}".lower()
    for signs, kind, what, cure in _FAULTS:
        if any(sign in text for sign in signs):
            return kind(what, where=where, cure=cure)
    return None
