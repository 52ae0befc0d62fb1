"""A database whose data goes to another one is closed by the database itself, whatever version of us writes to it.

First nothing is claimed any more, and whoever holds a lease may finish; then nothing is written at all. Triggers see to
it: no process has to know of it, and none can forget it. Each of them says where the data went, in one sentence.

PostgreSQL makes and removes triggers under locks on their tables, which others hold who write just now. So all of them
are taken first, and at once: whoever waits for us while we wait for them goes first (`_hold`).
"""

# ruff: noqa: S608  # names come from the database's own catalogue; the sentence is quoted here

from __future__ import annotations

from collections.abc import Iterator
from random import uniform
from time import monotonic, sleep
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import facts
from stalewatch.store.errors import ELSEWHERE, MOVED, DatabaseBusy, DatabaseMoved
from stalewatch.store.expressions import database_now, is_sqlite
from stalewatch.store.portable import quoted, tables

_FACT: Final = "moved"
_PREFIX: Final = "moved_"
_EVENTS: Final = ("INSERT", "UPDATE", "DELETE")
_MADE: Final = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name GLOB 'moved_*'"
_PATIENCE: Final = 0.5
"""Seconds after which we let go again at first. PostgreSQL ends one of those that wait in a circle, whichever looks
first, a second after it began to wait: by then we have let go."""
_GROWS: Final = 1.25
"""By what each try is more patient than the one before, so that ever new writers cannot keep us away."""
_TRIES_FOR: Final = 60.0
_BUSY: Final = frozenset({"57014", "55P03", "40P01"})
"""What a try that has to be repeated ends with: its time was over, a lock was not free, it was part of a circle."""


class Held(NamedTuple):
    """A row that somebody works on.

    Attributes:
        table: of which kind it is.
        key: which one.
        seconds: how long its lease lasts at most.
    """

    table: str
    key: str
    seconds: float


def said(conn: Connection) -> str | None:
    """The sentence that says where the data of this database went; None: it is here."""
    found = facts.read(conn, _FACT)
    return None if found is None else str(found)


def require_here(conn: Connection, where: str) -> None:
    """Return if the data of this database is here.

    Raises:
        DatabaseMoved: it was moved.
    """
    sentence = said(conn)
    if sentence is not None:
        raise DatabaseMoved(sentence, where=where, cure=ELSEWHERE)


def drain(conn: Connection, sentence: str) -> None:
    """From this transaction's end nothing is claimed any more, and no lease lasts longer.

    Raises:
        DatabaseBusy: others wrote all the while.
    """
    _hold(conn, opening=_is_shut(conn))
    _open(conn)
    _run(conn, _claims(conn, sentence))


def close(conn: Connection, sentence: str) -> None:
    """From this transaction's end nothing can be written any more. Leases that ran out are put back to 0.

    Raises:
        DatabaseBusy: others wrote all the while.
    """
    _hold(conn, opening=False)
    if is_sqlite(conn):
        _open(conn)  # each of its triggers has a sentence of its own; PostgreSQL's share one, and readers go on
    for table in _leased(conn):
        conn.exec_driver_sql(f"UPDATE {quoted(conn, table)} SET lease_until = 0 WHERE lease_until <> 0")
    facts.write(conn, _FACT, sentence)
    _run(conn, _writes(conn, sentence))


def reopen(conn: Connection) -> None:
    """Take both back: the data stays here after all.

    Raises:
        DatabaseBusy: others read or wrote all the while.
    """
    if _is_shut(conn):
        _hold(conn, opening=True)
        _open(conn)
    facts.forget(conn, _FACT)


def forget(conn: Connection) -> None:
    """In the database to which the data went: what came along of the closing is not true of this one."""
    facts.forget(conn, _FACT)


def held(conn: Connection) -> list[Held]:
    """What somebody works on, by the database's clock, the longest first."""
    found: list[Held] = []
    for table in _leased(conn):
        [key, *_] = sa.inspect(conn).get_pk_constraint(table)["constrained_columns"]
        until = sa.column("lease_until", sa.BigInteger())
        left = sa.cast(until - database_now(), sa.BigInteger())
        name: sa.ColumnClause[str] = sa.column(key, sa.Text())
        there = sa.select(name, left).select_from(sa.table(table)).where(until > database_now())
        found += [Held(table, one, max(0, micros) / 1_000_000) for one, micros in conn.execute(there)]
    return sorted(found, key=lambda one: -one.seconds)


def _leased(conn: Connection) -> list[str]:
    """Tables whose rows are claimed."""
    inspector = sa.inspect(conn)
    return [one for one in tables(conn) if "lease_until" in {column["name"] for column in inspector.get_columns(one)}]


def _is_shut(conn: Connection) -> bool:
    """Whether triggers of these are there."""
    if is_sqlite(conn):
        return conn.scalar(sa.text(_MADE)) is not None
    return conn.scalar(sa.select(sa.func.to_regproc(f"{_PREFIX}away"))) is not None


def _hold(conn: Connection, *, opening: bool) -> None:
    """Nobody else writes to any table until this transaction ends; SQLite's transactions that write are so anyway.

    Args:
        opening: triggers will be removed, for which nobody may read either.
    """
    if is_sqlite(conn):
        return
    names = ", ".join(quoted(conn, table) for table in (*tables(conn), "alembic_version"))
    take = f"LOCK TABLE {names} IN {'ACCESS' if opening else 'SHARE ROW'} EXCLUSIVE MODE"
    before = conn.exec_driver_sql("SHOW statement_timeout").scalar_one()
    patience, end = _PATIENCE, monotonic() + _TRIES_FOR
    while not _taken(conn, take, patience):
        if monotonic() > end:
            raise DatabaseBusy(
                "others write to the database, or look at it, all the while", cure="stop the processes that use it"
            )
        sleep(uniform(0.1, 0.3))  # noqa: S311  # so that two that give way to each other do not do so for ever
        patience *= _GROWS
    conn.exec_driver_sql(f"SET LOCAL statement_timeout = '{before}'")


def _taken(conn: Connection, take: str, patience: float) -> bool:
    """False: the time was over; all locks are given back."""
    try:
        with conn.begin_nested():
            conn.exec_driver_sql(f"SET LOCAL statement_timeout = {patience * 1000:.0f}")
            conn.exec_driver_sql(take)
    except sa.exc.OperationalError as error:
        if getattr(error.orig, "sqlstate", None) not in _BUSY:
            raise
        return False
    return True


def _run(conn: Connection, statements: Iterator[str]) -> None:
    for statement in statements:
        conn.exec_driver_sql(statement)


def _claims(conn: Connection, sentence: str) -> Iterator[str]:
    condition = "NEW.lease_until > OLD.lease_until"
    yield from _function(conn, sentence)
    for table in _leased(conn):
        trigger = f"CREATE TRIGGER {_PREFIX}claim_{table} BEFORE UPDATE OF lease_until ON {quoted(conn, table)} "
        if is_sqlite(conn):
            yield f"{trigger} WHEN {condition} BEGIN {_raise(sentence)}; END"
        else:
            yield f"{trigger} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {_PREFIX}away()"


def _writes(conn: Connection, sentence: str) -> Iterator[str]:
    yield from _function(conn, sentence)
    for table in (*tables(conn), "alembic_version"):
        name = quoted(conn, table)
        if is_sqlite(conn):
            for event in _EVENTS:
                yield f"CREATE TRIGGER {_PREFIX}{event}_{table} BEFORE {event} ON {name} BEGIN {_raise(sentence)}; END"
        else:
            yield (
                f"CREATE TRIGGER {_PREFIX}write_{table} BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON {name} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {_PREFIX}away()"
            )


def _open(conn: Connection) -> None:
    """Remove every trigger of these."""
    if is_sqlite(conn):
        _run(conn, (f"DROP TRIGGER {quoted(conn, name)}" for name in list(conn.scalars(sa.text(_MADE)))))
    else:
        conn.exec_driver_sql(f"DROP FUNCTION IF EXISTS {_PREFIX}away() CASCADE")


def _function(conn: Connection, sentence: str) -> Iterator[str]:
    if not is_sqlite(conn):
        text = f"{MOVED}{sentence}".replace("'", "''").replace("%", "%%")
        yield (
            f"CREATE OR REPLACE FUNCTION {_PREFIX}away() RETURNS trigger LANGUAGE plpgsql AS $moved$ BEGIN "
            f"RAISE EXCEPTION USING MESSAGE = '{text}'; END $moved$"
        )


def _raise(sentence: str) -> str:
    text = f"{MOVED}{sentence}".replace("'", "''")
    return f"SELECT RAISE(ABORT, '{text}')"
