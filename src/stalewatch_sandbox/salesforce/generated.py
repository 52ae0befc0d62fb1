"""A table of as many records as one likes, none of which takes memory before somebody edits it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from stalewatch_sandbox.salesforce.ids import record_id
from stalewatch_sandbox.salesforce.table import Row, Table

Make = Callable[[int, str], Row]
"""Makes the n-th record, counted from 0, which has this id; the same one whenever it is asked."""


class Generated(Table):
    """Records that are made while they are read, and edits of them that are kept.

    Attributes:
        parent: the field that says of the n-th record whose it is, if the n-th record of another object owns it.
    """

    def __init__(self, object_name: str, count: int, make: Make, *, parent: str = "", first: int = 1) -> None:
        super().__init__()
        self._made = [record_id(object_name, number) for number in range(first, first + count)]
        self._make, self._parent = make, parent
        self.rows = _Rows(self._row)

    def __len__(self) -> int:
        return len(self._made) + len(self._ids)

    def __iter__(self) -> Iterator[Row]:
        yield from self._from(0)
        yield from super().__iter__()

    def __reversed__(self) -> Iterator[Row]:
        yield from super().__reversed__()
        yield from (self.rows[id_] for id_ in reversed(self._made))

    def kept(self, rows: Iterable[Row]) -> Iterable[Row]:
        """They are made one by one; edits while they are read are seen."""
        return rows

    def after(self, id_: str) -> Iterator[Row]:
        """The records with greater ids."""
        yield from self._from(bisect_right(self._made, id_))
        yield from super().after(id_)

    def equal(self, field: str, values: Iterable[Any]) -> list[Row]:
        """The records whose field has one of these values; fast for the parent, else every one is made."""
        wanted = set(values)
        if field == self._parent:
            numbers = (self._number_of_parent(value) for value in wanted)
            rows = [self.rows[self._made[number]] for number in sorted(one for one in numbers if one is not None)]
            return [*rows, *super().equal(field, wanted)]
        return [row for row in self if row.get(field) in wanted]

    def between(self, field: str, low: datetime | None, high: datetime | None) -> list[Row]:
        """The records whose time lies between these; those that nobody edited are all of one time."""
        edited = super().between(field, low, high)
        sample = self._make(0, self._made[0]).get(field) if self._made else None
        if sample is None or (low is not None and sample < low) or (high is not None and sample > high):
            return edited
        return [row for row in self if (at := row.get(field)) and (not low or at >= low) and (not high or at <= high)]

    def _from(self, first: int) -> Iterator[Row]:
        edited = dict.get
        for number in range(first, len(self._made)):
            id_ = self._made[number]
            yield edited(self.rows, id_) or self._make(number, id_)

    def _row(self, id_: str) -> Row | None:
        number = bisect_left(self._made, id_)
        return self._make(number, id_) if number < len(self._made) and self._made[number] == id_ else None

    def _number_of_parent(self, id_: Any) -> int | None:
        """Parents and children are counted alike: what differs in their ids is the prefix and the checksum."""
        digits = str(id_)[3:15]
        number = bisect_left(self._made, digits, key=lambda one: one[3:15])
        return number if number < len(self._made) and self._made[number][3:15] == digits else None


class _Rows(dict[str, Row]):
    """The edited records by id; the others are made when they are asked for."""

    def __init__(self, make: Callable[[str], Row | None]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, id_: str) -> Row:
        row = self._make(id_)
        if row is None:
            raise KeyError(id_)
        return row

    def __contains__(self, id_: object) -> bool:
        return super().__contains__(id_) or self._make(str(id_)) is not None

    def get(self, id_: str, default: Any = None) -> Any:
        """As of any dict."""
        try:
            return self[id_]
        except KeyError:
            return default
