"""Every open record of a connection once, as columns: what rules are tried on without touching anything.

A row becomes no object of ours: batches of tuples are turned into columns while they are in the processor's cache.
Numbers and marks come without None, so that an array takes them as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store.columns import as_text, unread
from stalewatch.store.expressions import among
from stalewatch.store.tables import changes, deals, events, leads

MISSING: Final = -(2**63)
"""Stands for a number that is not there."""
BATCH: Final = 500
"""Rows turned into columns at once: with thirty columns they still fit the cache that a processor has for itself."""

Columns = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Columns of records by the form in which they are wanted.

    Attributes:
        numbers: whole numbers, yes and no as 1 and 0, MISSING where there is nothing.
        texts: as they are, None where there is nothing; JSON unread.
        marks: 1 where there is something, 0 where there is nothing or an empty text.
    """

    numbers: Sequence[str] = ()
    texts: Sequence[str] = ()
    marks: Sequence[str] = ()


def scan(
    conn: Connection, connection: str, obj: str, wanted: Wanted, size: int, *, whole: bool = False
) -> Iterator[Iterator[Columns]]:
    """The open records that have not vanished, in the order of ids: pieces of at most `size`, each in batches.

    A batch has the columns wanted and `id`. A piece has to be read to its end before the next one is asked for.

    Args:
        whole: those that are closed or vanished, too.
    """
    table = leads if obj == "lead" else deals
    there = [table.c.connection == connection, table.c.object == obj]
    there += [] if whole else [table.c.is_open, table.c.gone_at.is_(None)]
    names = ["id", *wanted.numbers, *wanted.texts, *wanted.marks]
    statement = sa.select(*_forms(table, wanted)).where(*there).order_by(table.c.id).limit(size)
    after = [""]
    while after:
        answer = _columns(conn, statement.where(table.c.id > after.pop()))
        yield _batches(answer, names, size, after)


def _batches(
    answer: Iterator[list[Sequence[Any]]], names: Sequence[str], size: int, last: list[str]
) -> Iterator[Columns]:
    """The batches of one statement; the last id is left behind if there may be more records."""
    count = 0
    ids: Sequence[str] = ()
    for columns in answer:
        ids = columns[0]
        count += len(ids)
        yield dict(zip(names, columns, strict=True))
    if count == size:
        last.append(ids[-1])


def _forms(table: sa.Table, wanted: Wanted) -> Iterator[sa.ColumnElement[Any]]:
    yield table.c.id
    for name in wanted.numbers:
        yield sa.func.coalesce(_number(table.c[name]), MISSING)
    for name in wanted.texts:
        yield as_text(table.c[name])
    for name in wanted.marks:
        yield sa.case((_is_there(table.c[name]), 1), else_=0)


def _number(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """A number as it is; a yes or no as one."""
    return sa.cast(column, sa.Integer) if isinstance(column.type, sa.Boolean) else unread(column)


def _is_there(column: sa.Column[Any]) -> sa.ColumnElement[bool]:
    is_set = column.is_not(None)
    return sa.and_(is_set, column != "") if isinstance(column.type, sa.String) else is_set


def changes_between(conn: Connection, first: str, last: str, fields: Collection[str]) -> Iterator[list[Sequence[Any]]]:
    """Changes of these fields of the records from `first` to `last`, a batch of columns after the other.

    record_id, field, at, and the value as JSON or None; sorted by record, field and time.
    """
    columns = (changes.c.record_id, changes.c.field, changes.c.at, as_text(changes.c.value))
    wanted = (changes.c.record_id >= first, changes.c.record_id <= last, among(conn, changes.c.field, sorted(fields)))
    return _columns(conn, sa.select(*columns).where(*wanted).order_by(*changes.primary_key))


def events_between(conn: Connection, first: str, last: str, kinds: Collection[str]) -> Iterator[list[Sequence[Any]]]:
    """Events of these kinds of the records from `first` to `last`, a batch of columns after the other.

    record_id, kind, subject, at, began; sorted by record, kind, time and subject.
    """
    wanted = (events.c.record_id >= first, events.c.record_id <= last, among(conn, events.c.kind, sorted(kinds)))
    order = (events.c.record_id, events.c.kind, events.c.at, events.c.subject)
    return _columns(conn, sa.select(*events.c).where(*wanted).order_by(*order))


def _columns(conn: Connection, statement: sa.Select[Any]) -> Iterator[list[Sequence[Any]]]:
    """The answer turned into columns, from the driver's own tuples: an object per row costs as much as reading it."""
    cursor = conn.execute(statement).cursor
    assert cursor is not None  # noqa: S101 - a query has one
    while rows := cursor.fetchmany(BATCH):
        yield list(zip(*rows, strict=True))
