"""What was said of the fields of records, read once for all who look at it before the transaction ends."""

from __future__ import annotations

from bisect import insort
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store.bulk import Row
from stalewatch.store.columns import as_text, read_column
from stalewatch.store.expressions import among, one_by_one
from stalewatch.store.tables import changes

Key = tuple[str, str, int, int]
"""What tells one change from another: record_id, field, at, ordinal."""
Kept = tuple[str, str, int, int, str | None, str]
"""A change as it is kept: its key, its value as stored text, and who says so."""
Told = Mapping[str, Sequence[tuple[int, Any]]]
"""Of one record the (at, value) of each field that has a past, oldest first."""

KEPT: Final = tuple(as_text(changes.c[name]) for name in ("record_id", "field", "at", "ordinal", "value", "source"))
_RECORD: Final = itemgetter(0)
_VALUE: Final = itemgetter(4)


@dataclass(slots=True)
class Past:
    """What was said of some fields of some records.

    Attributes:
        fields: those that were asked for.
        records: of each of the records what was said of it.
        noticed: the (record, field) of which not everything is the CRM's word, one at an instant.
    """

    fields: frozenset[str]
    records: dict[str, Told]
    noticed: set[tuple[str, str]]

    def without(self, ids: Collection[str]) -> None:
        """Forget what was read of these records: something was written since."""
        for record in ids:
            self.records.pop(record, None)


class Pasts:
    """What is kept of records, each read when it is asked for first. Whoever writes changes of them says so."""

    __slots__ = ("_conn", "_fields", "_kept")

    def __init__(self, conn: Connection, fields: Collection[str] | None = None) -> None:
        """Of these fields; None: of all."""
        self._conn = conn
        self._fields = fields
        self._kept: dict[str, list[Kept]] = {}

    def of(self, ids: Collection[str]) -> Mapping[str, Sequence[Kept]]:
        """All that is kept of these records, and maybe others: of each by field, instant and ordinal."""
        unread = [record for record in ids if record not in self._kept]
        if unread:
            self._kept |= {record: [] for record in unread}
            for chunk in bulk.chunks(sorted(unread)):
                there = selecting(self._conn, KEPT, chunk, self._fields).order_by(*changes.primary_key)
                self._kept |= {record: list(mine) for record, mine in groupby(bulk.tuples(self._conn, there), _RECORD)}
        return self._kept

    def latest(self, places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """When each of these (record, field) changed last; those without a past are left out."""
        asked = list(places)
        kept = self.of({record for record, _ in asked})
        return {(record, field): one[2] for record, field in asked for one in kept[record] if one[1] == field}

    def past(self, ids: Collection[str], fields: Collection[str]) -> Past:
        """The values of these fields of these records."""
        kept, asked = self.of(ids), frozenset(fields)
        return _past(ids, asked, [one for record in ids for one in kept[record] if one[1] in asked])

    def put(self, rows: Sequence[Row], texts: Sequence[str | None]) -> None:
        """These were added, with values of these stored texts."""
        for row, text in zip(rows, texts, strict=True):
            record = row["record_id"]
            if record in self._kept:
                one = (record, row["field"], row["at"], row["ordinal"], text, row["source"])
                insort(self._kept[record], one)

    def take(self, keys: Iterable[Key]) -> None:
        """These were deleted."""
        gone: dict[str, set[Key]] = {}
        for key in keys:
            gone.setdefault(key[0], set()).add(key)
        for record in gone.keys() & self._kept.keys():
            self._kept[record] = [one for one in self._kept[record] if one[:4] not in gone[record]]

    def forget(self, ids: Iterable[str]) -> None:
        """Something else was written of these records: they are read again."""
        for record in ids:
            self._kept.pop(record, None)


def past(conn: Connection, ids: Collection[str], fields: Collection[str]) -> Past:
    """The values of these fields, asked for once: many rows of few columns."""
    rows: list[tuple[Any, ...]] = []
    for chunk in bulk.chunks(sorted(ids)):
        rows += bulk.tuples(conn, selecting(conn, KEPT, chunk, fields).order_by(*changes.primary_key))
    return _past(ids, frozenset(fields), rows)


def _past(ids: Collection[str], fields: frozenset[str], rows: Sequence[tuple[Any, ...]]) -> Past:
    found: dict[str, dict[str, list[tuple[int, Any]]]] = {record: {} for record in ids}
    noticed: set[tuple[str, str]] = set()
    here = there = None
    values = read_column(changes.c.value, list(map(_VALUE, rows)))
    for (record, name, at, ordinal, _, source), value in zip(rows, values, strict=True):
        if record != here:  # to compare costs less than to look up
            here, there, mine = record, None, found[record]
        if name != there:
            there = name
            mine[name] = told = []
        told.append((at, value))
        if ordinal or source != "crm":
            noticed.add((record, name))
    return Past(fields, {**found}, noticed)


def selecting(
    conn: Connection, columns: Iterable[sa.ColumnElement[Any]], ids: Collection[str], fields: Collection[str] | None
) -> sa.Select[Any]:
    """Columns of the changes of these records; of these fields, or of all."""
    wanted = sa.select(*columns).where(among(conn, changes.c.record_id, ids))
    return wanted if fields is None else wanted.where(among(conn, one_by_one(conn, changes.c.field), sorted(fields)))
