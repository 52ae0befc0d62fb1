"""Rows as text that both databases write and read alike: a line for each row, as PostgreSQL's COPY has it.

Fields are separated by tabs, NULL is \\N, true is 1. Tables and columns are those that the database has, not those that
this version knows: a database of an older schema is written as it is.
"""

# ruff: noqa: S608  # names of tables and columns come from the database's own catalogue, quoted by SQLAlchemy

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store.expressions import is_sqlite

FOREIGN: Final = ("alembic_version", "procrastinate_", "spatial_ref_sys")
"""How tables are called that are not ours to carry: the schema's own number, wake-ups of the engine, a server's."""
PIECE: Final = 2_000
"""Rows that are handed on at once."""
_ESCAPES: Final = {"\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
_BACK: Final = {written[1]: meant for meant, written in _ESCAPES.items()}
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_SUM: Final = 1 << 64


@dataclass(frozen=True, slots=True)
class Column:
    """A column, and whether it holds text, which is what has to be escaped, or yes and no."""

    name: str
    is_text: bool
    is_boolean: bool


class Sum:
    """Counts rows, and adds up what they are in any order: tables with equal rows have equal sums."""

    def __init__(self) -> None:
        self.rows = self.total = 0

    def over(self, rows: Iterable[bytes]) -> Iterator[bytes]:
        """The same rows, counted."""
        for row in rows:
            self.rows += 1
            self.total += int.from_bytes(blake2b(row, digest_size=8).digest())
            yield row

    def __str__(self) -> str:
        """Sixteen hexadecimal digits."""
        return f"{self.total % _SUM:016x}"


def tables(conn: Connection) -> list[str]:
    """Names of the tables that hold our data, sorted; none in a database without a schema."""
    names = sa.inspect(conn).get_table_names()
    return sorted(name for name in names if not name.startswith(FOREIGN))


def columns(conn: Connection, table: str) -> list[Column]:
    """The columns of a table in the order in which they were made."""
    found = sa.inspect(conn).get_columns(table)
    return [
        Column(str(one["name"]), isinstance(one["type"], sa.String), isinstance(one["type"], sa.Boolean))
        for one in found
    ]


def count(conn: Connection, table: str) -> int:
    """How many rows a table has."""
    return int(conn.exec_driver_sql(f"SELECT count(*) FROM {quoted(conn, table)}").scalar_one())


def is_empty(conn: Connection, table: str) -> bool:
    """Whether a table has no row."""
    return conn.exec_driver_sql(f"SELECT 1 FROM {quoted(conn, table)} LIMIT 1").first() is None


def read(conn: Connection, table: str, wanted: Sequence[Column]) -> Iterator[bytes]:
    """Every row of a table, as a line without its end. The connection is to see one moment (`Database.look`)."""
    return _read_sqlite(conn, table, wanted) if is_sqlite(conn) else _read_postgresql(conn, table, wanted)


def write(conn: Connection, table: str, given: Sequence[Column], rows: Iterable[bytes]) -> None:
    """Add rows, as `read` gives them, to a table."""
    (_write_sqlite if is_sqlite(conn) else _write_postgresql)(conn, table, given, rows)


def quoted(conn: Connection, name: str) -> str:
    """A name as it stands in a statement."""
    return conn.dialect.identifier_preparer.quote(name)


def pieces(rows: Iterable[bytes], size: int = PIECE) -> Iterator[list[bytes]]:
    """Lists of up to `size` rows."""
    piece: list[bytes] = []
    for row in rows:
        piece.append(row)
        if len(piece) == size:
            yield piece
            piece = []
    if piece:
        yield piece


# --------------------------------------------------------------------------------------------------------- SQLite


def _read_sqlite(conn: Connection, table: str, wanted: Sequence[Column]) -> Iterator[bytes]:
    """SQLite puts the line together: Python would need ten times as long."""
    line = " || char(9) || ".join(_field(conn, one) for one in wanted)
    driver: Any = conn.connection.driver_connection
    cursor = driver.execute(f"SELECT CAST({line} AS BLOB) FROM {quoted(conn, table)}")
    while rows := cursor.fetchmany(PIECE):
        for (row,) in rows:
            yield row


def _field(conn: Connection, column: Column) -> str:
    value = f"CAST({quoted(conn, column.name)} AS TEXT)"
    for meant, written in _ESCAPES.items() if column.is_text else ():
        value = f"replace({value}, char({ord(meant)}), '{written}')"
    return f"coalesce({value}, '\\N')"


def _write_sqlite(conn: Connection, table: str, given: Sequence[Column], rows: Iterable[bytes]) -> None:
    """Texts of digits become numbers by the columns' own affinity."""
    names = ", ".join(quoted(conn, one.name) for one in given)
    marks = ", ".join("?" * len(given))
    driver: Any = conn.connection.driver_connection
    driver.executemany(f"INSERT INTO {quoted(conn, table)} ({names}) VALUES ({marks})", map(_values, rows))


def _values(row: bytes) -> list[str | None]:
    return [
        one if "\\" not in one else None if one == "\\N" else _ESCAPED.sub(_meant, one)
        for one in row.decode().split("\t")
    ]


def _meant(found: re.Match[str]) -> str:
    return _BACK[found[1]]


# ----------------------------------------------------------------------------------------------------- PostgreSQL


def _read_postgresql(conn: Connection, table: str, wanted: Sequence[Column]) -> Iterator[bytes]:
    fields = (f"{name}::int" if one.is_boolean else name for one in wanted for name in (quoted(conn, one.name),))
    driver: Any = conn.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(
        f"COPY (SELECT {', '.join(fields)} FROM {quoted(conn, table)}) TO STDOUT"
    ) as copied:  # fmt: skip
        for row in copied:
            yield bytes(row[:-1])


def _write_postgresql(conn: Connection, table: str, given: Sequence[Column], rows: Iterable[bytes]) -> None:
    names = ", ".join(quoted(conn, one.name) for one in given)
    driver: Any = conn.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {quoted(conn, table)} ({names}) FROM STDIN") as copied:
        for piece in pieces(rows):
            copied.write(b"\n".join(piece) + b"\n")
