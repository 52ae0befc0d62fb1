"""Deals and leads as the CRM shows them now: written in pages, read as rows or as columns.

`obj` is "deal", "partner_deal" or "lead"; the first two share a table. A row is a mapping by column name.
What a page does not name stays as it is, so the store's own columns (holds, waits) survive every sync.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store.bulk import Found, Row
from stalewatch.store.columns import Json, as_text, encoded, read_column, unread
from stalewatch.store.expressions import among
from stalewatch.store.tables import deals, leads
from stalewatch.store.visibility import Visible, seen_by

_SomeRow = TypeVar("_SomeRow", bound=Row)
_FIRST_ONLY: Final = ("first_seen_at",)
_NO_NEWS: Final = frozenset({"seen_at", *_FIRST_ONLY})
"""Columns that do not make a record different: `seen_at` is written with other news, or by `touch`."""


@dataclass(frozen=True, slots=True)
class There:
    """Records as they are before others are written in their place, locked until the transaction ends.

    Attributes:
        names: the columns that were read, those of the rows that are to be written.
        rows: what stands in them by id, JSON as its text; a record that is not there has no row.
    """

    table: sa.Table
    names: Sequence[str]
    rows: Mapping[str, tuple[Any, ...]]

    def columns(self, ids: Collection[str], names: Sequence[str]) -> dict[str, list[Any]]:
        """Some of what was read, as the function `columns` gives it."""
        found: dict[str, list[Any]] = {"id": [id_ for id_ in sorted(ids) if id_ in self.rows]}
        rows = [self.rows[id_] for id_ in found["id"]]
        for name in names:
            place = self.names.index(name)
            found[name] = read_column(self.table.c[name], [row[place] for row in rows])
        return found

    def news(self, rows: Sequence[_SomeRow]) -> list[_SomeRow]:
        """Those that are new or differ, in the order given; one that comes twice counts as it came last."""
        last = {row["id"]: row for row in rows}
        is_json = [isinstance(self.table.c[name].type, Json) for name in self.names]
        return [row for row in last.values() if self.rows.get(row["id"]) != _values(row, self.names, is_json)]


def there(conn: Connection, obj: str, rows: Sequence[Row]) -> There:
    """What stands where these rows are to be written; all of them name the same columns."""
    table = _table(obj)
    telling = [name for name in rows[0] if name not in _NO_NEWS and name != "id"] if rows else []
    return There(table, telling, _stored(conn, table, telling, {row["id"] for row in rows}))


def put(conn: Connection, obj: str, news: Sequence[Row]) -> None:
    """Write rows of which the caller knows that they are new or differ."""
    bulk.upsert(conn, _table(obj), news, keep=_FIRST_ONLY)


def upsert_deals(conn: Connection, rows: Sequence[Row]) -> list[str]:
    """Store deals and partner deals; return the ids of those that are new or differ, in the order given."""
    return _upsert(conn, "deal", rows)


def upsert_leads(conn: Connection, rows: Sequence[Row]) -> list[str]:
    """Store leads; return the ids of those that are new or differ, in the order given."""
    return _upsert(conn, "lead", rows)


def _upsert(conn: Connection, obj: str, rows: Sequence[Row]) -> list[str]:
    news = there(conn, obj, rows).news(rows)
    put(conn, obj, news)
    return [row["id"] for row in news]


def _values(row: Row, names: Sequence[str], is_json: Sequence[bool]) -> tuple[Any, ...]:
    """A row as `_stored` would show it: JSON as its text, so that a tuple equals the list it becomes."""
    pairs = zip(names, is_json, strict=True)
    return tuple(encoded(row[name]) if as_json else row[name] for name, as_json in pairs)


def _stored(
    conn: Connection, table: sa.Table, names: Sequence[str], ids: Collection[str]
) -> dict[str, tuple[Any, ...]]:
    """Rows as they are, locked until the transaction ends (always in the order of ids: no deadlock)."""
    found: dict[str, tuple[Any, ...]] = {}
    columns = [table.c.id, *(as_text(table.c[name]) for name in names)]
    for chunk in bulk.chunks(sorted(ids)):
        there = sa.select(*columns).where(among(conn, table.c.id, chunk)).order_by(table.c.id)
        found.update((row[0], row[1:]) for row in bulk.tuples(conn, there.with_for_update()))
    return found


def update(conn: Connection, obj: str, rows: Sequence[Row]) -> int:
    """Set columns of records that exist, by `id`; every row names the same columns. Return how many were found."""
    return bulk.update(conn, _table(obj), rows, by=("id",))


def read_by_ids(
    conn: Connection,
    obj: str,
    ids: Collection[str],
    *,
    visible: Visible | None = None,
) -> list[Found]:
    """Whole rows of those ids that exist, vanished ones included, in the order of ids."""
    table = _table(obj)
    found: list[Found] = []
    for chunk in bulk.chunks(sorted(ids)):
        there = sa.select(table).where(among(conn, table.c.id, chunk), seen_by(conn, table, visible))
        found.extend(conn.execute(there.order_by(table.c.id)).all())
    return found


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


def meetings_over(conn: Connection, ids: Collection[str], by: int) -> list[str]:
    """Of these deals, those whose next planned meeting ended by then."""
    found: list[str] = []
    for chunk in bulk.chunks(sorted(ids)):
        over = sa.and_(among(conn, deals.c.id, chunk), deals.c.meeting_ends_at <= by)
        found.extend(conn.scalars(sa.select(deals.c.id).where(over).order_by(deals.c.id)))
    return found


def touch(conn: Connection, obj: str, ids: Collection[str], seen_at: int) -> None:
    """Note that the CRM showed these records, changed or not; needed only where `unseen` will be asked."""
    table = _table(obj)
    for chunk in bulk.chunks(list(ids)):
        older = sa.and_(among(conn, table.c.id, chunk), table.c.seen_at.is_distinct_from(seen_at))
        conn.execute(sa.update(table).where(older).values(seen_at=seen_at))


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
                conn.execute(sa.update(table).where(there).values(gone_at=at))
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
