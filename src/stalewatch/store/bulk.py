"""Many rows in few statements: executemany on SQLite, arrays through unnest on PostgreSQL.

Neither asks for RETURNING, which would cost more than the write; what changed is counted or compared beforehand.
All rows of one call have the same columns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection

from stalewatch.store.columns import Json, encoded
from stalewatch.store.expressions import among, is_sqlite

Row = Mapping[str, Any]
"""A row to be written: values by column name."""

Found = sa.Row[*tuple[Any, ...]]
"""A row that was read: a tuple whose values also have the names of their columns."""

CHUNK: Final = 32_000
"""Rows read or written by one statement: large enough to be fast, small enough for flat memory."""


def insert(conn: Connection, table: sa.Table, rows: Sequence[Row]) -> int:
    """Add the rows that are not there yet, by any unique key; return how many were new."""
    return _put(conn, table, rows, ())


def upsert(
    conn: Connection,
    table: sa.Table,
    rows: Sequence[Row],
    *,
    keep: Collection[str] = (),
    silent: Collection[str] = (),
) -> int:
    """Add rows or change those that differ, by primary key; return how many were added or changed.

    A row that comes twice counts as it came last.

    Args:
        keep: columns that only a new row gets, and that an existing one keeps.
        silent: columns that make no row differ, but are written with those that do.
    """
    if not rows:
        return 0
    keys = [column.name for column in table.primary_key]
    last = {tuple(row[key] for key in keys): row for row in rows}
    changing = [name for name in rows[0] if name not in keys and name not in keep]
    return _put(conn, table, list(last.values()), changing, silent)


def update(conn: Connection, table: sa.Table, rows: Sequence[Row], *, by: Sequence[str]) -> int:
    """Set the columns of rows that exist, found by the columns `by`; return how many were found.

    A column found by may not be set; `version` among `by` is counted up, so that a stale row is not found.
    """
    if not rows:
        return 0
    names = [name for name in rows[0] if name not in by]
    counted = {"version": table.c.version + 1} if "version" in by else {}
    if is_sqlite(conn):
        there = [table.c[name] == sa.bindparam(f"by_{name}", type_=table.c[name].type) for name in by]
        statement = sa.update(table).where(*there).values({**_params(table, names), **counted})
        return _run(conn, statement, [_renamed(row, by) for row in rows])
    given = _unnest(table, rows)
    statement = sa.update(table).where(*(table.c[name] == given.c[name] for name in by))
    return _run(conn, statement.values({**{name: given.c[name] for name in names}, **counted}))


def delete(conn: Connection, table: sa.Table, rows: Sequence[Row]) -> int:
    """Delete rows by the columns given; return how many there were."""
    if not rows:
        return 0
    names = list(rows[0])
    if is_sqlite(conn):
        there = [table.c[name] == sa.bindparam(f"by_{name}", type_=table.c[name].type) for name in names]
        return _run(conn, sa.delete(table).where(*there), [_renamed(row, names) for row in rows])
    given = _unnest(table, rows)
    return _run(conn, sa.delete(table).where(*(table.c[name] == given.c[name] for name in names)))


def read(
    conn: Connection, columns: Sequence[sa.ColumnElement[Any]], key: sa.ColumnElement[Any], ids: Collection[str]
) -> list[Found]:
    """The `columns` of all rows whose `key` is among `ids`, in no order, in as few statements as is sensible.

    Rows are taken with `all`, here and in the other readers of many: one by one each would cost three calls.
    """
    found: list[Found] = []
    for chunk in chunks(list(ids)):
        found.extend(conn.execute(sa.select(*columns).where(among(conn, key, chunk))).all())
    return found


def chunks(values: Sequence[str], size: int = CHUNK) -> Iterable[Sequence[str]]:
    """Cut a list into pieces of at most `size`."""
    return (values[start : start + size] for start in range(0, len(values), size))


def _put(
    conn: Connection, table: sa.Table, rows: Sequence[Row], changing: Sequence[str], silent: Collection[str] = ()
) -> int:
    if not rows:
        return 0
    names = list(rows[0])
    keys = list(table.primary_key)
    if is_sqlite(conn):
        lite = sqlite.insert(table).values(_params(table, names))
        if not changing:
            return _run(conn, lite.on_conflict_do_nothing(), rows)
        new = {name: lite.excluded[name] for name in changing}
        return _run(
            conn, lite.on_conflict_do_update(index_elements=keys, set_=new, where=_differs(table, new, silent)), rows
        )
    given = _unnest(table, rows)
    put = postgresql.insert(table).from_select(names, sa.select(*(given.c[name] for name in names)))
    if not changing:
        return _run(conn, put.on_conflict_do_nothing())
    new = {name: put.excluded[name] for name in changing}
    return _run(conn, put.on_conflict_do_update(index_elements=keys, set_=new, where=_differs(table, new, silent)))


def _differs(
    table: sa.Table, new: Mapping[str, sa.ColumnElement[Any]], silent: Collection[str]
) -> sa.ColumnElement[bool]:
    return sa.or_(*(table.c[name].is_distinct_from(value) for name, value in new.items() if name not in silent))


def _params(table: sa.Table, names: Iterable[str]) -> dict[str, sa.BindParameter[Any]]:
    return {name: sa.bindparam(name, type_=table.c[name].type) for name in names}


def _renamed(row: Row, names: Collection[str]) -> dict[str, Any]:
    """SQLAlchemy keeps a column's own name for the value it is set to, so what it is found by needs another."""
    return {f"by_{name}" if name in names else name: value for name, value in row.items()}


def _unnest(table: sa.Table, rows: Sequence[Row]) -> sa.TableValuedAlias:
    """The rows as a table, one array per column: the statement is as long for one row as for 30,000."""
    columns = [table.c[name] for name in rows[0]]
    arrays = [sa.bindparam(None, _array(column, rows), ARRAY(_plain(column))) for column in columns]
    given = [sa.column(column.name, _plain(column)) for column in columns]
    return sa.func.unnest(*arrays).table_valued(*given, name="given").render_derived()


def _array(column: sa.Column[Any], rows: Sequence[Row]) -> list[Any]:
    """JSON goes as its text: a list of lists would be taken for an array of two dimensions."""
    values = [row[column.name] for row in rows]
    return [encoded(value) for value in values] if isinstance(column.type, Json) else values


def _plain(column: sa.Column[Any]) -> sa.types.TypeEngine[Any]:
    return sa.Text() if isinstance(column.type, Json) else column.type


def _run(conn: Connection, statement: sa.Executable, rows: Sequence[Row] | None = None) -> int:
    return conn.execute(statement, rows, execution_options={"preserve_rowcount": True}).rowcount
