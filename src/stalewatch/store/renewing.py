"""The stalled list of SQLite, renewed at the end of each transaction by what it touched (`store/touched.py`).

A row says where a record stands in the list (`rank`: the gravest first, among them the longest over). Its `stamp`
becomes another number with anything that the list tells of the record, and the list's version counts the transactions
that changed a row: as PostgreSQL's triggers have it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import touched
from stalewatch.store.expressions import among, is_sqlite
from stalewatch.store.tables import activity_records, alerts, deals, leads, stalled, stalled_versions

ALL_TIME: Final = 10**17
"""More microseconds than any instant has: severity comes before age."""
GRAVITIES: Final = {"info": 1, "warning": 2, "critical": 3}

_ANOTHER: Final = sa.func.random()
_IDS: Final = sa.text("SELECT value FROM json_each(:ids)")
_IS_LATE: Final = sa.text(
    f"alerts.breached_at IS NOT NULL AND alerts.state <> 'resolved' AND alerts.state IN {touched.LATE_STATES!r}"
)  # a literal, for the index over alerts that are not resolved
_PLACE: Final = ("object", "connection", "owner", "team", "pipeline", "stage", "name", "amount", "created_at",
                 "close_date")  # fmt: skip
_TAKEN: Final = sa.delete(stalled).where(stalled.c.record_id.in_(_IDS))
_COUNTED: Final = sa.update(stalled_versions).values(number=stalled_versions.c.number + 1)
_COLUMNS: Final = ("record_id", "shelf", *_PLACE, "gravity", "breaches", "breach_at", "rank", "stamp")


@contextmanager
def renewed(conn: Connection) -> Iterator[None]:
    """Whatever is written in this block, in which a transaction of SQLite's is whole, the list follows at its end."""
    if is_sqlite(conn):
        touched.begin(conn)
    try:
        yield
        renew(conn)
    finally:
        touched.end(conn)


def renew(conn: Connection) -> None:
    """Let the list follow what the transaction touched until now; nothing to be done where triggers do it."""
    found = touched.end(conn)
    if found is None:
        return
    touched.begin(conn)
    if found and _renewed(conn, found):
        conn.execute(_COUNTED)


def _renewed(conn: Connection, found: touched.Touched) -> int:
    """How many rows were put, taken away or stamped."""
    done = 0
    if found.placed:
        placed = sorted(found.placed)
        done += _count(conn, _TAKEN, {"ids": msgspec.json.encode(placed).decode()})
        put = _put(conn, deals, "deal", placed)
        if put < len(placed):
            put += _put(conn, leads, "lead", placed)
        done += put
    for condition in _said(conn, found):
        done += _count(conn, sa.update(stalled).where(condition).values(stamp=_ANOTHER))
    return done


def _said(conn: Connection, found: touched.Touched) -> Iterator[sa.ColumnElement[bool]]:
    """The rows of which something else may be said."""
    if found.said - found.placed:
        yield among(conn, stalled.c.record_id, sorted(found.said - found.placed))
    if found.owners:
        yield among(conn, stalled.c.owner, sorted(found.owners))
    if found.connections:
        yield among(conn, stalled.c.connection, sorted(found.connections))
    if found.activities:
        linked = among(conn, activity_records.c.activity_id, sorted(found.activities))
        yield stalled.c.record_id.in_(sa.select(activity_records.c.record_id).where(linked))


def _put(conn: Connection, table: sa.Table, shelf: str, ids: Collection[str]) -> int:
    return _count(conn, _putting(table, shelf), {"ids": msgspec.json.encode(ids).decode()})


@cache
def _putting(table: sa.Table, shelf: str) -> sa.Insert:
    """The rows of these records as they should be now, in the order of ids: so each is put beside the one before.

    Built once: putting it together costs more than a hundred rows.
    """
    gravity = sa.case(GRAVITIES, value=alerts.c.severity, else_=0)
    worst = (sa.func.max(gravity).label("gravity"), sa.func.count().label("breaches"))
    since = sa.func.min(alerts.c.breach_at).label("breach_at")
    some = sa.select(alerts.c.record_id, *worst, since).where(_IS_LATE, alerts.c.record_id.in_(_IDS))
    late = some.group_by(alerts.c.record_id).subquery("late")
    own = (table.c[name] if name in table.c else sa.null().label(name) for name in _PLACE)
    rank = (late.c.breach_at - late.c.gravity * ALL_TIME).label("rank")
    says = (late.c.gravity, late.c.breaches, late.c.breach_at, rank, _ANOTHER.label("stamp"))
    both = table.join(late, late.c.record_id == table.c.id)
    there = sa.select(table.c.id, sa.literal(shelf), *own, *says).select_from(both)
    rows = there.where(table.c.is_open, table.c.gone_at.is_(None)).order_by(table.c.id)
    return sa.insert(stalled).from_select(_COLUMNS, rows)


def _count(
    conn: Connection, statement: sa.Delete | sa.Insert | sa.Update, given: Mapping[str, Any] | None = None
) -> int:  # fmt: skip
    return conn.execute(statement, given, execution_options={"preserve_rowcount": True}).rowcount
