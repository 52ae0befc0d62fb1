"""Whole tables at once: a database is emptied and filled as another one was, in one transaction of its own.

This is the one door past the triggers: by them the audit log refuses to be changed, and what is kept of other tables
would be worked out row by row although its rows come along. They are armed again before the transaction ends, what was
loaded is compared with what was read, and the log of the database says that it was done.
"""

# ruff: noqa: S608  # names of tables and triggers come from the database's own catalogue, quoted by SQLAlchemy

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store.expressions import is_sqlite
from stalewatch.store.portable import is_empty, quoted, tables

SEEDED: Final = ("stalled_versions", "versions")
"""Tables in which migrations leave rows: a database that has rows only there is empty."""


def holds(conn: Connection) -> list[str]:
    """Names of the tables that hold something which nobody but its users can have written; none: it is empty."""
    return [table for table in tables(conn) if table not in SEEDED and not is_empty(conn, table)]


@contextmanager
def disarmed(conn: Connection) -> Iterator[None]:
    """No trigger of ours fires within; all are as they were afterwards. It needs the transaction for itself."""
    off, on = _sqlite_triggers(conn) if is_sqlite(conn) else _postgresql_triggers(conn)
    for statement in off:
        conn.exec_driver_sql(statement)
    yield
    for statement in on:
        conn.exec_driver_sql(statement)


def empty(conn: Connection) -> None:
    """Take every row out of our tables; call it `disarmed`."""
    names = [quoted(conn, table) for table in tables(conn)]
    if is_sqlite(conn):
        driver: Any = conn.connection.driver_connection  # past `touched`: what it keeps up is replaced, too
        for name in names:
            driver.execute(f"DELETE FROM {name}")
    elif names:
        conn.exec_driver_sql(f"TRUNCATE {', '.join(names)}")


def sequences(conn: Connection) -> dict[str, int]:
    """Table -> the last number that it gave out, of those tables that number their rows."""
    if is_sqlite(conn):
        rows = conn.exec_driver_sql("SELECT name, seq FROM sqlite_sequence").all()
        return {str(name): int(last) for name, last in rows}
    found = conn.exec_driver_sql(_SEQUENCES).all()
    return {str(table): int(last) for table, last in found if last is not None}


def go_on_counting(conn: Connection, lasts: Mapping[str, int]) -> None:
    """Let the tables that number their rows give out no number that was given out before."""
    for table, last in lasts.items():
        if is_sqlite(conn):
            conn.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
            conn.exec_driver_sql("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, last))
        else:
            name = quoted(conn, table)
            conn.execute(sa.text("SELECT setval(pg_get_serial_sequence(:table, 'id'), :last)"),
                         {"table": name, "last": last})  # fmt: skip


def analyse(conn: Connection) -> None:
    """Let PostgreSQL look at what it was given, or it would plan for empty tables."""
    if not is_sqlite(conn):
        conn.exec_driver_sql("ANALYZE")


_SEQUENCES: Final = """
SELECT t.relname, pg_sequence_last_value(s.oid)
FROM pg_class s
JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
JOIN pg_class t ON t.oid = d.refobjid
WHERE s.relkind = 'S' AND t.relnamespace = current_schema()::regnamespace AND t.relname NOT LIKE 'procrastinate%%'
"""


def _sqlite_triggers(conn: Connection) -> tuple[list[str], list[str]]:
    rows = conn.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all()
    return [f"DROP TRIGGER {quoted(conn, name)}" for name, _ in rows], [sql for _, sql in rows]


def _postgresql_triggers(conn: Connection) -> tuple[list[str], list[str]]:
    names = [quoted(conn, table) for table in tables(conn)]
    off, on = ([f"ALTER TABLE {name} {verb} TRIGGER USER" for name in names] for verb in ("DISABLE", "ENABLE"))
    return off, on
