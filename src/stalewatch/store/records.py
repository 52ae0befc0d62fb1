"""Deals and leads as the CRM shows them now: written in pages, read as rows or as columns.

`obj` is "deal", "partner_deal" or "lead"; the first two share a table. A row is a mapping by column name.
What a page does not name stays as it is, so the store's own columns (holds, waits) survive every sync.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import cache, lru_cache
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store import overwriting as pages
from stalewatch.store.bulk import Found, Row
from stalewatch.store.columns import as_text, read_column, unread
from stalewatch.store.expressions import among, among_given, given, is_sqlite
from stalewatch.store.overwriting import Overwriting
from stalewatch.store.tables import deals, leads
from stalewatch.store.visibility import Visible, seen_by

_R = TypeVar("_R", bound=Row)


def overwriting(
    conn: Connection, obj: str, rows: Sequence[_R], beside: Collection[str] = ()
) -> Overwriting[_R]:  # fmt: skip
    """What of these rows is news, beside what is there; all of them name the same columns.

    Args:
        beside: columns that are wanted of them after they are written.
    """
    return pages.overwriting(conn, _table(obj), rows, beside)


def upsert_deals(conn: Connection, rows: Sequence[Row]) -> list[str]:
    """Store deals and partner deals; return the ids of those that are new or differ, in the order given."""
    return _upsert(conn, "deal", rows)


def upsert_leads(conn: Connection, rows: Sequence[Row]) -> list[str]:
    """Store leads; return the ids of those that are new or differ, in the order given."""
    return _upsert(conn, "lead", rows)


def _upsert(conn: Connection, obj: str, rows: Sequence[Row]) -> list[str]:
    page = overwriting(conn, obj, rows)
    page.write(conn)
    return [row["id"] for row in page.news]


def update(conn: Connection, obj: str, rows: Sequence[Row]) -> int:
    """Set columns of records that exist, by `id`; every row names the same columns. Return how many were found."""
    return bulk.update(conn, _table(obj), rows, by=("id",))


def read_by_ids(
    conn: Connection,
    obj: str,
    ids: Collection[str],
    *,
    visible: Visible | None = None,
    names: Collection[str] | None = None,
) -> list[Found]:
    """Rows of those ids that exist, vanished ones included, in the order of ids.

    Args:
        names: the columns that are wanted, as far as this object has them; None: all.
    """
    table = _table(obj)
    there = _of_ids(table, None if names is None else frozenset(names), lite=is_sqlite(conn))
    if visible is not None:
        there = there.where(seen_by(conn, table, visible))
    found: list[Found] = []
    for chunk in bulk.chunks(sorted(ids)):
        found.extend(conn.execute(there, given(conn, chunk)).all())
    return found


@lru_cache(maxsize=64)
def _of_ids(table: sa.Table, names: frozenset[str] | None, *, lite: bool) -> sa.Select[Any]:
    """Built once for what every tick and every page asks for."""
    wanted = [column for column in table.c if names is None or column.name in names]
    return sa.select(*wanted).where(among_given(table.c.id, lite=lite)).order_by(table.c.id)


def columns(
    conn: Connection,
    obj: str,
    ids: Collection[str],
    names: Sequence[str],
) -> dict[str, list[Any]]:
    """The columns `names` of those ids that exist, as lists in the order of ids; `id` is always among them.

    For judging: no object per record is built. Ask for pieces of at most `bulk.CHUNK` ids for flat memory.
    """
    table = _table(obj)
    asked = _asked(table, names)
    rows: list[tuple[Any, ...]] = []
    for chunk in bulk.chunks(sorted(ids)):
        there = sa.select(*map(unread, asked)).where(among(conn, table.c.id, chunk))
        rows.extend(bulk.tuples(conn, there.order_by(table.c.id)))
    return _transposed(asked, rows)


def column_chunks(
    conn: Connection,
    obj: str,
    names: Sequence[str],
    *,
    connection: str | None = None,
    open_only: bool = False,
    size: int = bulk.CHUNK,
) -> Iterator[dict[str, list[Any]]]:
    """Every record that has not vanished, as `columns`, in pieces of `size` in the order of ids.

    Each piece begins where the last one ended, so records may be written between pieces.
    """
    table = _table(obj)
    asked = _asked(table, names)
    wanted = [table.c.object == obj, table.c.gone_at.is_(None)]
    if connection is not None:
        wanted.append(table.c.connection == connection)
    if open_only:
        wanted.append(table.c.is_open)
    statement = sa.select(*map(unread, asked)).where(*wanted).order_by(table.c.id).limit(size)
    after = ""
    while rows := bulk.tuples(conn, statement.where(table.c.id > after)):
        yield _transposed(asked, rows)
        after = rows[-1][0]
        if len(rows) < size:
            return


def _asked(table: sa.Table, names: Sequence[str]) -> list[sa.Column[Any]]:
    return [table.c.id, *(table.c[name] for name in names if name != "id")]


def _transposed(asked: Sequence[sa.Column[Any]], rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    """Values are read from their stored form a column at a time: a row at a time costs twice as much."""
    if not rows:
        return {column.name: [] for column in asked}
    pairs = zip(asked, zip(*rows, strict=True), strict=True)
    return {column.name: read_column(column, values) for column, values in pairs}


@cache
def column_names(obj: str) -> frozenset[str]:
    """The columns that records of this object have; every other catalogue field is kept in `fields`."""
    return frozenset(column.name for column in _table(obj).c)


def touch(conn: Connection, obj: str, ids: Collection[str], seen_at: int) -> None:
    """Note that the CRM showed these records, changed or not; needed only where `unseen` will be asked."""
    table = _table(obj)
    for chunk in bulk.chunks(list(ids)):
        older = sa.and_(among(conn, table.c.id, chunk), table.c.seen_at.is_distinct_from(seen_at))
        bulk.set_where(conn, table, older, {"seen_at": seen_at})


def unseen(conn: Connection, obj: str, connection: str, before: int) -> list[str]:
    """Records of a connection that a pull which shows everything, begun at `before`, did not show."""
    table = _table(obj)
    missing = sa.or_(table.c.seen_at.is_(None), table.c.seen_at < before)
    wanted = [table.c.connection == connection, table.c.object == obj, table.c.gone_at.is_(None), missing]
    return list(conn.scalars(sa.select(table.c.id).where(*wanted).order_by(table.c.id)))


def mark_gone(conn: Connection, ids: Collection[str], at: int) -> list[str]:
    """Note that the CRM no longer has these records; return those that were there. Nothing of them is deleted."""
    gone: list[str] = []
    for table in (deals, leads):
        for chunk in bulk.chunks(sorted(ids)):
            there = sa.and_(among(conn, table.c.id, chunk), table.c.gone_at.is_(None))
            found = list(conn.scalars(sa.select(table.c.id).where(there)))
            if found:
                bulk.set_where(conn, table, there, {"gone_at": at})
            gone.extend(found)
    return gone


def objects(conn: Connection, ids: Collection[str]) -> dict[str, str]:
    """Which object each of these records is; unknown ids are left out."""
    found: dict[str, str] = {}
    for table in (deals, leads):
        rows = bulk.read(conn, [table.c.id, table.c.object], table.c.id, ids)
        found.update((row[0], row[1]) for row in rows)
    return found


def names(conn: Connection, ids: Collection[str]) -> dict[str, str]:
    """What each of these records is called; unknown ids and nameless ones are left out."""
    found: dict[str, str] = {}
    for table in (deals, leads):
        rows = bulk.read(conn, [table.c.id, table.c.name], table.c.id, ids)
        found.update((row[0], row[1]) for row in rows if row[1])
    return found


def count(
    conn: Connection,
    obj: str,
    connection: str | None = None,
    *,
    open_only: bool = False,
    visible: Visible | None = None,
) -> int:
    """How many records there are that have not vanished."""
    table = _table(obj)
    wanted = [table.c.object == obj, table.c.gone_at.is_(None), seen_by(conn, table, visible)]
    if connection is not None:
        wanted.append(table.c.connection == connection)
    if open_only:
        wanted.append(table.c.is_open)
    return conn.execute(sa.select(sa.func.count()).select_from(table).where(*wanted)).scalar_one()


def unreadable(conn: Connection, obj: str, connection: str) -> list[tuple[tuple[str, ...], list[str]]]:
    """Fields that open records of a connection cannot tell, and the ids of the records of which each such set is."""
    table = _table(obj)
    wanted = [table.c.connection == connection, table.c.object == obj, table.c.is_open, table.c.gone_at.is_(None)]
    there = sa.select(as_text(table.c.unreadable), table.c.id).where(*wanted, table.c.unreadable.is_not(None))
    found: dict[str, list[str]] = {}
    for names, id_ in bulk.tuples(conn, there.order_by(table.c.id)):
        found.setdefault(names, []).append(id_)
    sets = read_column(table.c.unreadable, found)
    return [(tuple(names), ids) for names, ids in zip(sets, found.values(), strict=True) if names]


def _table(obj: str) -> sa.Table:
    return leads if obj == "lead" else deals
