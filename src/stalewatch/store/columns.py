"""Column types of the store, and short ways to write many columns of one type."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

Code: Final = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Text for machines (ids, names of states): compared byte by byte, so that both databases sort it alike."""

Counter: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""A number that the database gives out; SQLite counts by itself only in a column called INTEGER."""

_encoder: Final = msgspec.json.Encoder(order="sorted")
_encode = _encoder.encode
_decode = msgspec.json.Decoder().decode
_decode_list: Final = msgspec.json.Decoder(list[Any]).decode
_NULL: Final = "null"


def encoded(value: Any) -> str | None:
    """The text under which a JSON value is stored."""
    return None if value is None else _encode(value).decode()


def encoded_all(values: Collection[Any]) -> list[str | None]:
    """The texts of many values, as `encoded` writes each: a call for each costs more than the writing does."""
    lines = _encoder.encode_lines(values).decode().split("\n")  # no text of JSON's has a line break in it
    return [None if value is None else line for value, line in zip(values, lines[:-1], strict=True)]


class Json(TypeDecorator[Any]):
    """A JSON value kept as text, keys sorted, so that equal values are equal text on both databases.

    Python's None is SQL's NULL; there is no JSON null at the top.
    """

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return encoded(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else _decode(value)


def as_text(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """A JSON column unread, every other one as it is."""
    return sa.type_coerce(column, sa.Text()).label(column.name) if isinstance(column.type, Json) else column


def unread(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """A column as the driver gives it; `read_column` makes values of it."""
    if isinstance(column.type, sa.Boolean):
        return sa.type_coerce(column, sa.Integer()).label(column.name)
    return as_text(column)


def read_column(column: sa.Column[Any], values: Iterable[Any]) -> list[Any]:
    """The values of an `unread` column."""
    if isinstance(column.type, Json):
        return _decode_list(f"[{','.join([_NULL if value is None else value for value in values])}]")
    if isinstance(column.type, sa.Boolean):
        return [None if value is None else bool(value) for value in values]
    return list(values)


def key(name: str) -> sa.Column[str]:
    """The text that identifies a row."""
    return sa.Column(name, Code, primary_key=True)


def codes(*names: str) -> list[sa.Column[str]]:
    """Texts for machines that may be missing."""
    return [sa.Column(name, Code) for name in names]


def named(*names: str) -> list[sa.Column[str]]:
    """Texts for machines that every row has."""
    return [sa.Column(name, Code, nullable=False) for name in names]


def texts(*names: str) -> list[sa.Column[str]]:
    """Texts for people."""
    return [sa.Column(name, sa.Text()) for name in names]


def instants(*names: str) -> list[sa.Column[int]]:
    """Microseconds since the epoch, and every other large number (money in hundredths)."""
    return [sa.Column(name, sa.BigInteger()) for name in names]


def numbers(*names: str) -> list[sa.Column[int]]:
    """Small whole numbers that may be missing: counts, and days since 1970-01-01."""
    return [sa.Column(name, sa.Integer()) for name in names]


def counts(*names: str) -> list[sa.Column[int]]:
    """Small whole numbers that start at 0."""
    return [sa.Column(name, sa.Integer(), nullable=False, server_default="0") for name in names]


def flags(*names: str) -> list[sa.Column[bool]]:
    """Yes or no, where "not known" is possible."""
    return [sa.Column(name, sa.Boolean()) for name in names]


def marks(*names: str) -> list[sa.Column[bool]]:
    """Yes or no, no at first."""
    return [sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()) for name in names]


def documents(*names: str) -> list[sa.Column[Any]]:
    """JSON values."""
    return [sa.Column(name, Json()) for name in names]


def lease() -> list[sa.Column[Any]]:
    """What makes a row claimable by one worker at a time (leases.py); `due_at` null: there is nothing to do."""
    return [
        *instants("due_at"),
        sa.Column("lease_until", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("fence", sa.BigInteger(), nullable=False, server_default="0"),
        *counts("attempts"),
        *instants("parked_at"),
    ]


def identity() -> list[sa.Column[Any]]:
    """What every watched record has, whatever its object."""
    return [
        key("id"),
        *named("connection", "external_id", "object"),
        *texts("name"),
        *codes("owner", "team"),
        *texts("url"),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        *codes("outcome"),
        *instants("created_at", "closed_at", "modified_at", "first_seen_at", "seen_at", "gone_at"),
        *codes("merged_into"),
    ]


def index(name: str, *columns: str | sa.ColumnElement[object], where: str | None = None) -> sa.Index:
    """An index; with `where` only over the rows for which that holds, on both databases."""
    condition = None if where is None else sa.text(where)
    return sa.Index(name, *columns, sqlite_where=condition, postgresql_where=condition)
