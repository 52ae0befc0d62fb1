"""A page of records and what stands where it is to be written, looked at once: for the past of fields and the write."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store.bulk import Row
from stalewatch.store.columns import Json, as_text, encoded, read_column
from stalewatch.store.expressions import among

R = TypeVar("R", bound=Row)
_FIRST_ONLY: Final = ("first_seen_at",)
_LAST_SEEN: Final = ("seen_at",)
_NO_NEWS: Final = frozenset({*_LAST_SEEN, *_FIRST_ONLY})
"""Columns that do not make a record different: `seen_at` is written with other news, or by `records.touch`."""


@dataclass(frozen=True, slots=True)
class Overwriting(Generic[R]):
    """What of a page is news, beside what is there.

    Attributes:
        news: rows that are new or differ, in the order given; one that comes twice counts as it came last.
        names: the columns that were compared.
        told: what the news say in them, JSON as its text.
        there: what stands in them, by id; locked until the transaction ends.
        beside: what stands in further columns, by name, of the same records in the same order.
    """

    table: sa.Table
    news: Sequence[R]
    names: Sequence[str]
    told: Sequence[tuple[Any, ...]]
    there: Mapping[str, tuple[Any, ...]]
    beside: Mapping[str, Sequence[Any]]

    def columns(self, ids: Collection[str], names: Sequence[str]) -> dict[str, list[Any]]:
        """Some of what is there, as `records.columns` gives it."""
        found: dict[str, list[Any]] = {"id": [id_ for id_ in sorted(ids) if id_ in self.there]}
        rows = [self.there[id_] for id_ in found["id"]]
        for name in names:
            place = self.names.index(name)
            found[name] = read_column(self.table.c[name], [row[place] for row in rows])
        return found

    def after(self, names: Sequence[str]) -> dict[str, list[Any]]:
        """How the news stand once they are written, as `records.columns` gives it: nobody has to read them again.

        Args:
            names: columns that were compared or asked for `beside`.
        """
        news = sorted(self.news, key=itemgetter("id"))
        found: dict[str, list[Any]] = {**{name: [] for name in names}, "id": [row["id"] for row in news]}
        own = [name for name in names if name != "id" and (name in _LAST_SEEN or name not in self.beside)]
        if news and own:  # row by row: all of them do not fit the processor's cache
            told = zip(*map(itemgetter("id", *own), news), strict=True)
            found |= zip(("id", *own), map(list, told), strict=True)
        place = {id_: at for at, id_ in enumerate(self.there)}
        places = [place.get(id_) for id_ in found["id"]]
        for name in self.beside.keys() & set(names) - set(own):
            kept = self.beside[name]
            found[name] = [row.get(name) if at is None else kept[at] for row, at in zip(news, places, strict=True)]
        return found

    def write(self, conn: Connection) -> None:
        """Write the news. Of records that are there only columns are set in which any of them differs: SQLite renews
        every index of a column that it is told to set, whatever it is set to."""
        fresh = [row for row in self.news if row["id"] not in self.there]
        known = [row for row in self.news if row["id"] in self.there]
        bulk.upsert(conn, self.table, fresh, keep=_FIRST_ONLY)
        if known:
            names = ["id", *self._differing(), *(name for name in _LAST_SEEN if name in known[0])]
            bulk.update(conn, self.table, [{name: row[name] for name in names} for row in known], by=("id",))

    def _differing(self) -> list[str]:
        pairs = ((told, self.there.get(row["id"])) for row, told in zip(self.news, self.told, strict=True))
        told, there = zip(*((new, old) for new, old in pairs if old is not None), strict=True)
        columns = zip(self.names, zip(*told, strict=True), zip(*there, strict=True), strict=True)
        return [name for name, new, old in columns if new != old]


def overwriting(
    conn: Connection, table: sa.Table, rows: Sequence[R], beside: Collection[str] = ()
) -> Overwriting[R]:  # fmt: skip
    """Compare rows with what stands where they are to be written; all of them name the same columns.

    Args:
        beside: columns that are wanted `after` the write; those that the rows do not name are read as well.
    """
    names = [name for name in rows[0] if name not in _NO_NEWS and name != "id"] if rows else []
    json = [place for place, name in enumerate(names) if isinstance(table.c[name].type, Json)]
    others = [name for name in beside if name not in names and name != "id"]
    there, kept = _stored(conn, table, names, others, {row["id"] for row in rows})
    last = {row["id"]: (row, _values(row, names, json)) for row in rows}
    news = [one for id_, one in last.items() if there.get(id_) != one[1]]
    return Overwriting(table, [row for row, _ in news], names, [told for _, told in news], there, kept)


def _values(row: Row, names: Sequence[str], json: Sequence[int]) -> tuple[Any, ...]:
    """A row as `_stored` would show it: JSON as its text, so that a tuple equals the list it becomes."""
    told = [row[name] for name in names]
    for place in json:
        told[place] = encoded(told[place])
    return tuple(told)


def _stored(
    conn: Connection, table: sa.Table, names: Sequence[str], others: Sequence[str], ids: Collection[str]
) -> tuple[dict[str, tuple[Any, ...]], dict[str, list[Any]]]:
    """Rows as they are, locked until the transaction ends (always in the order of ids: no deadlock): what is in some
    columns by id, and other columns as lists."""
    rows: list[tuple[Any, ...]] = []
    columns = [table.c.id, *(as_text(table.c[name]) for name in (*names, *others))]
    for chunk in bulk.chunks(sorted(ids)):
        there = sa.select(*columns).where(among(conn, table.c.id, chunk)).order_by(table.c.id)
        rows.extend(bulk.tuples(conn, there.with_for_update()))
    end = 1 + len(names)
    kept = {name: read_column(table.c[name], [row[place] for row in rows]) for place, name in enumerate(others, end)}
    return {row[0]: row[1:end] for row in rows}, kept
