"""What a driver says becomes an error that says what to do; a mistake of ours stays loud."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from stalewatch.store.errors import (
    MOVED,
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseFull,
    DatabaseMoved,
    DatabaseReadOnly,
    DatabaseUnreachable,
    SchemaBehind,
    StoreError,
    in_words,
    worded,
)

HERE = "postgresql+psycopg://sw@db/stalewatch"

FAULTS: list[tuple[Exception, type[StoreError]]] = [
    (sqlite3.OperationalError("database is locked"), DatabaseBusy),
    (sqlite3.OperationalError("database table is locked: deals"), DatabaseBusy),
    (psycopg.errors.DeadlockDetected("deadlock detected\nDETAIL:  Process 7 waits"), DatabaseBusy),
    (psycopg.errors.LockNotAvailable("canceling statement due to lock timeout"), DatabaseBusy),
    (psycopg.errors.SerializationFailure("could not serialize access due to concurrent update"), DatabaseBusy),
    (sqlite3.OperationalError("database or disk is full"), DatabaseFull),
    (sqlite3.OperationalError("disk I/O error"), DatabaseFull),
    (psycopg.errors.DiskFull('could not extend file "base/5/1": No space left on device'), DatabaseFull),
    (sqlite3.OperationalError("attempt to write a readonly database"), DatabaseReadOnly),
    (psycopg.errors.ReadOnlySqlTransaction("cannot execute UPDATE in a read-only transaction"), DatabaseReadOnly),
    (sqlite3.DatabaseError("file is not a database"), DatabaseDamaged),
    (sqlite3.DatabaseError("database disk image is malformed"), DatabaseDamaged),
    (psycopg.errors.DataCorrupted("invalid page in block 3 of relation base/5/1"), DatabaseDamaged),
    (sqlite3.OperationalError("no such table: deals"), SchemaBehind),
    (sqlite3.OperationalError("no such column: deals.merged_into"), SchemaBehind),
    (psycopg.errors.UndefinedTable('relation "deals" does not exist\nLINE 1: SELECT'), SchemaBehind),
    (psycopg.OperationalError('password authentication failed for user "sw"'), DatabaseUnreachable),
    (psycopg.errors.InsufficientPrivilege("permission denied for table deals"), DatabaseUnreachable),
    (sqlite3.OperationalError("unable to open database file"), DatabaseUnreachable),
    (psycopg.OperationalError("connection refused"), DatabaseUnreachable),
    (psycopg.OperationalError("server closed the connection unexpectedly"), DatabaseUnreachable),
    (psycopg.errors.AdminShutdown("the database system is shutting down"), DatabaseUnreachable),
]


def raised(driver: Exception) -> DBAPIError:
    """The error as SQLAlchemy hands it on, of the kind that belongs to the driver's."""
    error = DBAPIError.instance("UPDATE deals", {}, driver, Exception)
    assert isinstance(error, DBAPIError)
    return error


@pytest.mark.parametrize(("driver", "kind"), FAULTS, ids=lambda one: str(one).partition("\n")[0])
def test_each_fault_has_its_kind_its_place_and_a_cure(driver: Exception, kind: type[StoreError]) -> None:
    found = in_words(raised(driver), HERE)
    assert type(found) is kind
    assert found.where == HERE
    assert found.cure
    assert str(driver) not in str(found)  # a driver's words may hold a row


def test_a_pool_that_is_empty_is_tried_again() -> None:
    found = in_words(sa.exc.TimeoutError("QueuePool limit of size 8 overflow 24 reached"), HERE)
    assert type(found) is DatabaseBusy


@pytest.mark.parametrize(
    "mistake",
    [
        sa.exc.CompileError("no such function"),
        raised(sqlite3.IntegrityError("UNIQUE constraint failed: connections.name is locked")),
        raised(sqlite3.OperationalError("near SELEKT: syntax error")),
    ],
    ids=["not of the driver", "a row that breaks a rule", "no sentence of the database"],
)
def test_a_mistake_of_ours_is_none_of_these(mistake: sa.exc.SQLAlchemyError) -> None:
    assert in_words(mistake, HERE) is None


@pytest.mark.parametrize("kind", [sqlite3.IntegrityError, psycopg.errors.RaiseException])
def test_a_database_that_was_moved_says_where_to(kind: type[Exception]) -> None:
    sentence = "its data went to postgresql://new on 21 Nov"
    found = in_words(raised(kind(f"{MOVED}{sentence}\nCONTEXT: PL/pgSQL function")), HERE)
    assert type(found) is DatabaseMoved
    assert str(found).splitlines()[0] == f"{HERE}: {sentence}"
    assert type(worded(kind(f"{MOVED}{sentence}"), HERE)) is DatabaseMoved
