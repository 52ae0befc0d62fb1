"""Keyset paging: a page begins after the last row of the one before, so it costs the same however deep it lies."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store.bulk import Found
from stalewatch.store.errors import CursorNotUnderstood

EXACT_UP_TO: Final = 10_000
"""Rows that a total counts one by one; beyond it says only that there are more."""

LARGEST: Final = 200
"""Rows of the largest page."""


class _Mark(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """What an opaque cursor says: the order it belongs to, and the place of the last row in it."""

    order: str
    value: int | str
    id: str


@dataclass(frozen=True, slots=True)
class Order:
    """A way to sort: by `value` (never null), ties by `id` upwards. `name` tells cursors of different orders apart."""

    name: str
    value: sa.ColumnElement[Any]
    id: sa.ColumnElement[str]
    falling: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """One page. `total` is exact up to 10,000; `more` says that it is not."""

    rows: Sequence[Found]
    next: str | None
    total: int
    more: bool


def page(
    conn: Connection, wanted: sa.Select[Any], order: Order, *,
    limit: int, after: str | None, shown: sa.Select[Any] | None = None,
) -> Rows:  # fmt: skip
    """The next `limit` rows (at most 200) of `wanted` in this order, after the cursor `after`, and the total.

    The rows carry their place as a last column, `sort_value`.

    Args:
        shown: the rows of the same table, unconditioned, where it is quicker to look at a row only once it is on the
            page: an index tells which those are. `order.id` is the table's key then.

    Raises:
        CursorNotUnderstood: if the cursor was altered or belongs to another order.
    """
    size = max(1, min(limit, LARGEST))
    value = order.value.desc() if order.falling else order.value
    chosen = wanted.order_by(value, order.id).limit(size + 1)
    if after is not None:
        chosen = chosen.where(_beyond(order, _read(order, after)))
    if shown is not None:
        there = order.id.in_(chosen.with_only_columns(order.id).correlate(None))
        chosen = shown.where(there).order_by(value, order.id)
    rows = conn.execute(chosen.add_columns(order.value.label("sort_value"))).all()
    total = _total(conn, wanted)
    following = _write(order, rows[size - 1]) if len(rows) > size else None
    return Rows(rows[:size], following, min(total, EXACT_UP_TO), total > EXACT_UP_TO)


def _beyond(order: Order, mark: _Mark) -> sa.ColumnElement[bool]:
    """Written so that the first half is a range of an index, whose beginning the second half cuts to size."""
    there, past = (order.value <= mark.value, order.value < mark.value)
    if not order.falling:
        there, past = (order.value >= mark.value, order.value > mark.value)
    return sa.and_(there, sa.or_(past, order.id > mark.id))


def _total(conn: Connection, wanted: sa.Select[Any]) -> int:
    one = wanted.with_only_columns(sa.literal(1).label("one"))
    if not one.get_final_froms():  # no condition names a column of a table
        one = one.select_from(*wanted.get_final_froms())
    some = one.limit(EXACT_UP_TO + 1).subquery()
    return int(conn.execute(sa.select(sa.func.count()).select_from(some)).scalar_one())


def _write(order: Order, row: Found) -> str:
    mark = _Mark(order.name, row.sort_value, row.id)
    return base64.urlsafe_b64encode(msgspec.json.encode(mark)).decode().rstrip("=")


def _read(order: Order, cursor: str) -> _Mark:
    try:
        mark = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=_Mark)
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise _misunderstood() from error
    if mark.order != order.name or isinstance(mark.value, str) != isinstance(order.value.type, sa.Text):
        raise _misunderstood()
    return mark


def _misunderstood() -> CursorNotUnderstood:
    return CursorNotUnderstood("the cursor does not belong to this list", cure="start again without it")
