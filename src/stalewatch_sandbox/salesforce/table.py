"""The records of one object, found by id, by what they point to, and by time.

A record is a dict that is never changed: an edit puts a new one in its place, so that an open query keeps what it saw.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

Row = dict[str, Any]


class Table:
    """Records by id, in the order of their ids. Indexes are made when they are first asked for."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self._ids: list[str] = []
        self._equal: dict[str, dict[Any, dict[str, None]]] = {}
        self._times: dict[str, list[tuple[int, str]]] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        rows = self.rows
        return (rows[id_] for id_ in list(self._ids))

    def __reversed__(self) -> Iterator[Row]:
        return (self.rows[id_] for id_ in reversed(self._ids))

    def kept(self, rows: Iterable[Row]) -> Iterable[Row]:
        """These records as they are now, whatever is edited while they are read."""
        return list(rows)

    def put(self, row: Row) -> None:
        """Store a record, in place of the one with its id."""
        id_ = row["Id"]
        before = self.rows.get(id_)
        self.rows[id_] = row
        if before is None:
            insort(self._ids, id_)
        for field, groups in self._equal.items():
            old, new = before.get(field) if before else None, row.get(field)
            if before is None or old != new:
                if before is not None:
                    groups.get(old, {}).pop(id_, None)
                groups.setdefault(new, {})[id_] = None
        for field, entries in self._times.items():
            entry = _entry(row, field)
            if entry is not None and (before is None or _entry(before, field) != entry):
                insort(entries, entry)

    def remove(self, id_: str) -> None:
        """Forget a record; there is no trace of it."""
        row = self.rows.pop(id_)
        del self._ids[bisect_left(self._ids, id_)]
        for field, groups in self._equal.items():
            groups.get(row.get(field), {}).pop(id_, None)

    def with_ids(self, ids: Iterable[str]) -> list[Row]:
        """The records with these ids."""
        return [self.rows[id_] for id_ in sorted(set(ids)) if id_ in self.rows]

    def after(self, id_: str) -> Iterator[Row]:
        """The records with greater ids."""
        rows = self.rows
        return (rows[one] for one in self._ids[bisect_right(self._ids, id_) :])

    def equal(self, field: str, values: Iterable[Any]) -> list[Row]:
        """The records whose field has one of these values."""
        groups = self._equal.get(field)
        if groups is None:
            groups = self._equal[field] = {}
            for row in self.rows.values():
                groups.setdefault(row.get(field), {})[row["Id"]] = None
        return [self.rows[id_] for value in dict.fromkeys(values) for id_ in groups.get(value, ())]

    def between(self, field: str, low: datetime | None, high: datetime | None) -> list[Row]:
        """The records whose time lies in these seconds, both included, in the order of that time."""
        entries = self._times.get(field)
        if entries is None:
            found = (_entry(row, field) for row in self.rows.values())
            entries = self._times[field] = sorted(entry for entry in found if entry is not None)
        first = 0 if low is None else bisect_left(entries, (int(low.timestamp()), ""))
        last = len(entries) if high is None else bisect_left(entries, (int(high.timestamp()) + 1, ""))
        fresh: dict[str, Row] = {}
        for entry in entries[first:last]:
            row = self.rows.get(entry[1])
            if row is not None and _entry(row, field) == entry:
                fresh[entry[1]] = row
        if last - first > 2 * len(fresh) + 1_000:  # most of what was passed over is out of date
            del self._times[field]
        return list(fresh.values())


def _entry(row: Row, field: str) -> tuple[int, str] | None:
    moment = row.get(field)
    return None if moment is None else (int(moment.timestamp()), row["Id"])
