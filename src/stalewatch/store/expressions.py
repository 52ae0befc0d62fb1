"""The few SQL expressions that SQLite and PostgreSQL word differently, so that the rest of the store need not care."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import operators
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

_PLUS: Final[Any] = operators.custom_op("+")
_LISTED: Final = sa.text("SELECT value FROM json_each(:listed)")
"""Written out: to put it together each time costs more than most statements that have it."""


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
        text = msgspec.json.encode(list(values)).decode()
        return column.in_(_LISTED.bindparams(sa.bindparam("listed", text, sa.Text(), unique=True)))
    return column == sa.any_(array(values, sa.Text()))


def among_given(column: sa.ColumnElement[Any], *, lite: bool) -> sa.ColumnElement[bool]:
    """`among` for a statement that is built once, for SQLite (`lite`) or PostgreSQL: the values are `given` with it."""
    if lite:
        return column.in_(sa.text("SELECT value FROM json_each(:given)"))
    return column == sa.any_(sa.bindparam("given", type_=_Array(sa.Text())))


def given(conn: Connection, values: Collection[str]) -> dict[str, Any]:
    """What `among_given` asks for, as a parameter of the statement that has it."""
    return {"given": msgspec.json.encode(list(values)).decode() if is_sqlite(conn) else values}


def one_by_one(conn: Connection, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """`column`, of which SQLite is to look at every row that the rest of the condition finds: to search its index for
    each of twenty names, most of which are not there, costs it more than the few rows do that are."""
    return sa.UnaryExpression(column, operator=_PLUS, type_=column.type) if is_sqlite(conn) else column


class _Array(TypeDecorator[Collection[str | int | bool | None]]):
    """An array of PostgreSQL's that goes as one text: its driver would write it value by value."""

    impl = ARRAY
    cache_ok = True

    def __init__(self, kind: sa.types.TypeEngine[Any]) -> None:
        super().__init__(kind)
        self.kind = kind

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str]:
        return _array_text


def array(values: Collection[str | int | bool | None], kind: sa.types.TypeEngine[Any]) -> sa.ColumnElement[Any]:
    """These values as one parameter of PostgreSQL's: it has to be of the array's type, since the planner looks into a
    constant, and not into what is made of one."""
    return sa.bindparam(None, values, _Array(kind))


_FOREIGN_ESCAPE: Final = re.compile(r'\\[^"\\]')


def _array_text(values: Collection[str | int | bool | None]) -> str:
    """An array of JSON's is one of PostgreSQL's in other brackets, if only quotes and backslashes are escaped."""
    text = msgspec.json.encode(list(values)).decode()
    if _FOREIGN_ESCAPE.search(text):
        text = f"[{','.join(map(_quoted, values))}]"
    return f"{{{text[1:-1]}}}"


def _quoted(value: str | int | bool | None) -> str:
    if value is None:
        return "null"
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def is_sqlite(conn: Connection) -> bool:
    """True on SQLite, False on PostgreSQL."""
    return conn.dialect.name == "sqlite"
