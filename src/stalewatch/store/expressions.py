"""The few SQL expressions that SQLite and PostgreSQL word differently, so that the rest of the store need not care."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class database_now(FunctionElement[int]):  # noqa: N801 - reads as the SQL function that it is
    """The database's clock in microseconds since the epoch, fixed for one statement (SQLite: to a millisecond)."""

    type = sa.BigInteger()
    inherit_cache = True


@compiles(database_now, "sqlite")
def _sqlite_now(_element: database_now, _compiler: SQLCompiler, **_options: Any) -> str:
    return "CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) * 1000"


@compiles(database_now, "postgresql")
def _postgresql_now(_element: database_now, _compiler: SQLCompiler, **_options: Any) -> str:
    return "CAST(extract(epoch from statement_timestamp()) * 1000000 AS BIGINT)"


def among(conn: Connection, column: sa.ColumnElement[Any], values: Collection[str]) -> sa.ColumnElement[bool]:
    """`column` is one of `values`: one bound parameter, however many there are (SQLite allows 32,766)."""
    if conn.dialect.name == "sqlite":
        listed = sa.func.json_each(sa.bindparam(None, msgspec.json.encode(list(values)).decode(), sa.Text()))
        return column.in_(sa.select(listed.table_valued("value").c.value))
    return column == sa.any_(sa.bindparam(None, list(values), ARRAY(sa.Text())))


def is_sqlite(conn: Connection) -> bool:
    """True on SQLite, False on PostgreSQL."""
    return conn.dialect.name == "sqlite"
