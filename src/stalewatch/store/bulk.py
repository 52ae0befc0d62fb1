"""Many rows in few statements: executemany on SQLite, arrays through unnest on PostgreSQL.

Neither asks for RETURNING, which would cost more than the write; what changed is counted or compared beforehand.
All rows of one call have the same columns. Tables that the stalled list follows from are written through here only
(`store/touched.py` says why). SQLAlchemy writes the statements; many rows go past it to the driver and
back, since what it does for each of them costs more than the database does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.sql.dml import UpdateBase

from stalewatch.store import touched
from stalewatch.store.columns import Json, encoded_all
from stalewatch.store.expressions import among, array, is_sqlite

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
    last = dict(zip(map(itemgetter(*keys), rows), rows, strict=True))
    changing = [name for name in rows[0] if name not in keys and name not in keep]
    return _put(conn, table, list(last.values()), changing, silent)


def update(conn: Connection, table: sa.Table, rows: Sequence[Row], *, by: Sequence[str]) -> int:
    """Set the columns of rows that exist, found by the columns `by`; return how many were found.

    A column found by may not be set; `version` among `by` is counted up, so that a stale row is not found.
    """
    if not rows:
        return 0
    if is_sqlite(conn):
        touched.writing(conn, table, rows, [name for name in rows[0] if name not in by])
        return _each(conn, _lite_update(table, tuple(rows[0]), tuple(by)), table, rows)
    given = _unnest(table, rows)
    news: dict[str, Any] = {name: given.c[name] for name in rows[0] if name not in by}
    statement = sa.update(table).where(*(table.c[name] == given.c[name] for name in by))
    return _count(conn, statement.values({**news, **_counted(table, by)}))


def delete(conn: Connection, table: sa.Table, rows: Sequence[Row]) -> int:
    """Delete rows by the columns given; return how many there were."""
    if not rows:
        return 0
    if is_sqlite(conn):
        touched.taking(conn, table, rows)
        return _each(conn, _lite_delete(table, tuple(rows[0])), table, rows)
    given = _unnest(table, rows)
    return _count(conn, sa.delete(table).where(*(table.c[name] == given.c[name] for name in rows[0])))


def set_where(conn: Connection, table: sa.Table, where: sa.ColumnElement[bool], values: Mapping[str, Any]) -> int:
    """Set the same values in all rows that a condition finds; return how many there were."""
    touched.there(conn, table, where, values)
    return _count(conn, sa.update(table).where(where).values(values))


def delete_where(conn: Connection, table: sa.Table, where: sa.ColumnElement[bool]) -> int:
    """Delete all rows that a condition finds; return how many there were."""
    touched.there(conn, table, where, None)
    return _count(conn, sa.delete(table).where(where))


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


def tuples(
    conn: Connection, statement: sa.Select[Any], given: Mapping[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    """What a statement finds, as the driver gives it: JSON as text, and yes or no as SQLite's 1 or 0."""
    result = conn.execute(statement, given)
    try:
        return list(result.cursor.fetchall()) if result.cursor is not None else []
    finally:
        result.close()


def chunks(values: Sequence[str], size: int = CHUNK) -> Iterable[Sequence[str]]:
    """Cut a list into pieces of at most `size`."""
    return (values[start : start + size] for start in range(0, len(values), size))


def _put(
    conn: Connection, table: sa.Table, rows: Sequence[Row], changing: Sequence[str], silent: Collection[str] = ()
) -> int:
    if not rows:
        return 0
    names = tuple(rows[0]) if changing else _filled(table, rows)
    if is_sqlite(conn):
        (touched.writing if changing else touched.adding)(conn, table, rows, names)
        return _each(conn, _lite_put(table, names, tuple(changing), frozenset(silent)), table, rows)
    given = _unnest(table, rows, names)
    put = postgresql.insert(table).from_select(names, sa.select(*(given.c[name] for name in names)))
    if not changing:
        return _count(conn, put.on_conflict_do_nothing())
    new = {name: put.excluded[name] for name in changing}
    keys = list(table.primary_key)
    return _count(conn, put.on_conflict_do_update(index_elements=keys, set_=new, where=_differs(table, new, silent)))


def _filled(table: sa.Table, rows: Sequence[Row]) -> tuple[str, ...]:
    """The columns of new rows in which something stands: of an alert half of them are empty when it opens."""
    return tuple(name for name in rows[0] if table.c[name].server_default or any(row[name] is not None for row in rows))


def _differs(
    table: sa.Table, new: Mapping[str, sa.ColumnElement[Any]], silent: Collection[str]
) -> sa.ColumnElement[bool]:
    return sa.or_(*(table.c[name].is_distinct_from(value) for name, value in new.items() if name not in silent))


def _counted(table: sa.Table, by: Sequence[str]) -> Mapping[str, sa.ColumnElement[int]]:
    return {"version": table.c.version + sa.literal_column("1")} if "version" in by else {}


def _count(conn: Connection, statement: UpdateBase) -> int:
    return conn.execute(statement, execution_options={"preserve_rowcount": True}).rowcount


def _values(column: sa.Column[Any], rows: Sequence[Row]) -> list[Any]:
    """What the rows have in this column, as it is stored: JSON as its text."""
    values = list(map(itemgetter(column.name), rows))
    return encoded_all(values) if isinstance(column.type, Json) else values


# --------------------------------------------------------------------------------------------------------- SQLite


class _Lite(NamedTuple):
    """A statement of SQLite's for many rows: its text, and the columns in the order of its question marks."""

    text: str
    names: Sequence[str]


@lru_cache(maxsize=256)
def _lite_put(table: sa.Table, names: tuple[str, ...], changing: tuple[str, ...], silent: frozenset[str]) -> _Lite:
    put = sqlite.insert(table).values(_params(table, names))
    if not changing:
        return _lite(put.on_conflict_do_nothing())
    new = {name: put.excluded[name] for name in changing}
    keys = list(table.primary_key)
    return _lite(put.on_conflict_do_update(index_elements=keys, set_=new, where=_differs(table, new, silent)))


@lru_cache(maxsize=256)
def _lite_update(table: sa.Table, names: tuple[str, ...], by: tuple[str, ...]) -> _Lite:
    news: dict[str, Any] = {**_params(table, [name for name in names if name not in by]), **_counted(table, by)}
    return _lite(sa.update(table).where(*_found_by(table, by)).values(news))


@lru_cache(maxsize=256)
def _lite_delete(table: sa.Table, names: tuple[str, ...]) -> _Lite:
    return _lite(sa.delete(table).where(*_found_by(table, names)))


def _lite(statement: UpdateBase) -> _Lite:
    compiled: Any = statement.compile(dialect=sqlite.dialect(paramstyle="qmark"))
    return _Lite(str(compiled), [name.removeprefix(_BY) for name in compiled.positiontup])


_BY: Final = "by "
"""SQLAlchemy keeps a column's own name for the value it is set to, so what it is found by needs another."""


def _params(table: sa.Table, names: Iterable[str]) -> dict[str, sa.BindParameter[Any]]:
    return {name: sa.bindparam(name, type_=table.c[name].type) for name in names}


def _found_by(table: sa.Table, names: Iterable[str]) -> Iterable[sa.ColumnElement[bool]]:
    return (table.c[name] == sa.bindparam(f"{_BY}{name}", type_=table.c[name].type) for name in names)


def _each(conn: Connection, statement: _Lite, table: sa.Table, rows: Sequence[Row]) -> int:
    """Run it for every row; return how many rows of the table that concerned."""
    given = _stored(table, rows, statement.names)
    return conn.exec_driver_sql(statement.text, given, execution_options={"preserve_rowcount": True}).rowcount


def _stored(table: sa.Table, rows: Sequence[Row], names: Sequence[str]) -> list[tuple[Any, ...]]:
    """These columns of the rows as they are stored. Rows are taken one by one, and columns only where there is JSON:
    many rows do not fit the processor's cache, and each column would fetch them again."""
    json = [place for place, name in enumerate(names) if isinstance(table.c[name].type, Json)]
    if len(names) == 1:
        return [(value,) for value in _values(table.c[names[0]], rows)]
    given = list(map(itemgetter(*names), rows))
    if json:
        columns: list[Sequence[Any]] = list(zip(*given, strict=True))
        for place in json:
            columns[place] = encoded_all(columns[place])
        given = list(zip(*columns, strict=True))
    return given


# ----------------------------------------------------------------------------------------------------- PostgreSQL


def _unnest(table: sa.Table, rows: Sequence[Row], names: Sequence[str] | None = None) -> sa.TableValuedAlias:
    """The rows as a table, one array per column: the statement is as long for one row as for 30,000."""
    columns = [table.c[name] for name in (rows[0] if names is None else names)]
    arrays = [array(_values(column, rows), _plain(column)) for column in columns]
    given = [sa.column(column.name, _plain(column)) for column in columns]
    return sa.func.unnest(*arrays).table_valued(*given, name="given").render_derived()


def _plain(column: sa.Column[Any]) -> sa.types.TypeEngine[Any]:
    return sa.Text() if isinstance(column.type, Json | sa.Text) else column.type
