"""Deadlines: one row per record, found by `next_at`, the earliest edge ahead.

A scan begins at the connection's watermark: everything below it has been handled, so the dead index entries that
fired clocks leave behind are never walked. Two rules keep that true while several transactions run:

- who stores clocks holds the watermark in common with others, and never stores an edge below it;
- the tick holds it alone, from before its scan until it has moved it.

    with db.write() as conn:
        since = clocks.lock(conn, connection)
        while ids := clocks.due(conn, connection, now, since=since, limit=1000):
            ... judge, store: their next_at is now ahead of `now`
        clocks.advance(conn, connection, now)
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store.bulk import Found, Row
from stalewatch.store.columns import encoded_all
from stalewatch.store.expressions import among, among_given, given, is_sqlite
from stalewatch.store.facts import read as read_fact
from stalewatch.store.tables import clocks, facts
from stalewatch.store.trails import records_aside
from stalewatch.store.visibility import Visible, seen_ids

T = TypeVar("T")

TICKED: Final = "ticked:"
"""What the names of watermarks begin with; a connection's id follows."""
BEGINNING: Final = -(2**63)
"""The watermark of a connection that was never ticked: before every instant."""


def upsert(conn: Connection, rows: Sequence[Row]) -> int:
    """Store deadlines and return how many differ from what was there.

    A row has record_id, connection, object, entries (any value msgspec encodes), next_at and breach_at (the earliest
    edge and the earliest breach ahead, None if there is none), ruleset and judged_at. A row of which nothing but
    judged_at differs is left alone. Edges below the connection's watermark are moved up to it: they are due now.
    """
    floors = {connection: share(conn, connection) for connection in {row["connection"] for row in rows}}
    texts = encoded_all([row["entries"] for row in rows])
    clamped = [_clamped(row, floors[row["connection"]], text) for row, text in zip(rows, texts, strict=True)]
    return bulk.upsert(conn, clocks, clamped, silent=("judged_at",))


def _clamped(row: Row, floor: int, entries: str | None) -> Row:
    next_at = row["next_at"]
    return {**row, "next_at": None if next_at is None else max(next_at, floor), "entries": entries}


def wake(conn: Connection, connection: str, due: Mapping[str, int]) -> None:
    """Make records of a connection due at these instants, whatever their clocks say: something else about them changed.

    As in `upsert`, an instant below the watermark is moved up to it.
    """
    if due:
        floor = share(conn, connection)
        rearm(conn, [{"record_id": record, "next_at": max(at, floor)} for record, at in sorted(due.items())])


def rearm(conn: Connection, rows: Sequence[Row]) -> int:
    """Set next_at (and breach_at) of records (record_id), under `lock`; return how many there were."""
    return bulk.update(conn, clocks, rows, by=("record_id",))


def due(conn: Connection, connection: str, upto: int, *, since: int, limit: int) -> list[str]:
    """Records with an edge in [since, upto], the earliest first, without those that are set aside."""
    given = {"connection": connection, "since": since, "upto": upto, "limit": limit}
    return list(conn.scalars(_due(), given))


@cache
def _due() -> sa.Select[Any]:
    """Built once, as what else every tick asks: putting it together costs more than running it."""
    there = sa.select(clocks.c.record_id).where(*_between())
    return there.order_by(clocks.c.next_at).limit(sa.bindparam("limit"))


@cache
def _many_due() -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(clocks).where(*_between())


def _between() -> Sequence[sa.ColumnElement[bool]]:
    since, upto = (sa.bindparam(name, type_=sa.BigInteger()) for name in ("since", "upto"))
    mine = clocks.c.connection == sa.bindparam("connection", type_=sa.Text())
    return mine, clocks.c.next_at >= since, clocks.c.next_at <= upto, clocks.c.record_id.not_in(records_aside())


def count_due(conn: Connection, connection: str, upto: int, *, since: int | None) -> int:
    """How many records have an edge in [since, upto]; None: from the first."""
    given = {"connection": connection, "since": BEGINNING if since is None else since, "upto": upto}
    return int(conn.execute(_many_due(), given).scalar_one())


def next_edge(conn: Connection, connection: str) -> int | None:
    """The instant of the earliest edge of a connection: until then there is nothing to do. None: nothing ahead."""
    wanted = (clocks.c.connection == connection, clocks.c.next_at >= watermark(conn, connection))
    statement = sa.select(clocks.c.next_at).where(*wanted).order_by(clocks.c.next_at).limit(1)
    return conn.execute(statement).scalar_one_or_none()


def due_between(conn: Connection, connection: str, start: int, end: int) -> list[Found]:
    """(record_id, next_at, breach_at) of records whose next edge or breach lies in (start, end], the earliest first."""
    columns = (clocks.c.record_id, clocks.c.next_at, clocks.c.breach_at)
    wanted = (clocks.c.connection == connection, clocks.c.next_at > start, clocks.c.next_at <= end)
    return list(conn.execute(sa.select(*columns).where(*wanted).order_by(clocks.c.next_at, clocks.c.record_id)))


def entries(conn: Connection, ids: Collection[str], kind: type[T]) -> dict[str, T]:
    """What was stored as `entries` of these records, read as `kind` (a msgspec type such as `list[Deadline]`)."""
    decode = msgspec.json.Decoder(kind).decode
    found: dict[str, T] = {}
    for chunk in bulk.chunks(list(ids)):
        rows = bulk.tuples(conn, _entries(lite=is_sqlite(conn)), given(conn, chunk))
        found.update((record, decode(text)) for record, text in rows)
    return found


@cache
def _entries(*, lite: bool) -> sa.Select[Any]:
    return sa.select(clocks.c.record_id, clocks.c.entries).where(among_given(clocks.c.record_id, lite=lite))


def every(conn: Connection, size: int = bulk.CHUNK, visible: Visible | None = None) -> Iterator[tuple[str, list[str]]]:
    """(connection, the entries of its records as text) of everything that was judged and may be seen, in pieces."""
    if visible is not None:
        yield from _seen(conn, visible, size)
        return
    statement = sa.select(clocks.c.record_id, clocks.c.entries).order_by(clocks.c.record_id).limit(size)
    for connection in conn.scalars(sa.select(clocks.c.connection).distinct().order_by(clocks.c.connection)).all():
        after = ""
        while rows := conn.execute(
            statement.where(clocks.c.connection == connection, clocks.c.record_id > after)
        ).all():
            yield connection, [row[1] for row in rows]
            after = rows[-1][0]


def _seen(conn: Connection, visible: Visible, size: int) -> Iterator[tuple[str, list[str]]]:
    """The same of some people's records: found by their owners, once."""
    ids = [row.id for row in conn.execute(seen_ids(conn, visible))]
    columns = (clocks.c.connection, clocks.c.entries)
    for start in range(0, len(ids), size):
        found: dict[str, list[str]] = {}
        for connection, text in conn.execute(
            sa.select(*columns).where(among(conn, clocks.c.record_id, ids[start : start + size]))
        ):
            found.setdefault(connection, []).append(text)
        yield from found.items()


class StoredClocks(NamedTuple):
    """What is stored of one record: its entries as text, the rules they were judged by, and its next edge."""

    record_id: str
    entries: str
    ruleset: str | None
    next_at: int | None


def stored(conn: Connection, ids: Collection[str]) -> list[StoredClocks]:
    """Those of these records that were judged, in no order."""
    columns = (clocks.c.record_id, clocks.c.entries, clocks.c.ruleset, clocks.c.next_at)
    found: list[StoredClocks] = []
    for chunk in bulk.chunks(list(ids)):
        there = sa.select(*columns).where(among(conn, clocks.c.record_id, chunk))
        found += map(StoredClocks._make, bulk.tuples(conn, there))
    return found


def stale(conn: Connection, connection: str, ruleset: str, limit: int, *, after: str = "") -> list[str]:
    """Records judged by other rules than `ruleset`, by id, from the one after `after`: what is still to be judged."""
    wanted = (clocks.c.connection == connection, clocks.c.ruleset.is_distinct_from(ruleset), clocks.c.record_id > after)
    return list(conn.scalars(sa.select(clocks.c.record_id).where(*wanted).order_by(clocks.c.record_id).limit(limit)))


def settle(conn: Connection, connection: str, ruleset: str) -> None:
    """Note that every record of a connection was judged by these rules: there is nothing `stale`."""
    bulk.upsert(conn, facts, [{"key": f"settled:{connection}", "value": ruleset}])


def settled(conn: Connection, connection: str) -> str | None:
    """The rules by which every record of a connection was judged; None: not all by the same, or not all again yet."""
    statement = sa.select(facts.c.value).where(facts.c.key == f"settled:{connection}")
    return conn.execute(statement).scalar_one_or_none()


def forget_ruleset(conn: Connection, connection: str) -> None:
    """Note that all deadlines of a connection have to be computed again: what it can tell has changed."""
    conn.execute(sa.delete(facts).where(facts.c.key == f"settled:{connection}"))
    bulk.set_where(conn, clocks, clocks.c.connection == connection, {"ruleset": None})


def outdate(conn: Connection, record: str) -> None:
    """Let a record be judged anew: somebody thinks that there is another answer now."""
    rows = [{"record_id": record, "ruleset": None}]
    for connection in conn.scalars(sa.select(clocks.c.connection).where(clocks.c.record_id == record)).all():
        conn.execute(sa.delete(facts).where(facts.c.key == f"settled:{connection}"))
        bulk.update(conn, clocks, rows, by=("record_id",))


def postpone(conn: Connection, connection: str, obj: str, ids: Collection[str]) -> None:
    """Leave it to others to judge these records of a connection: they are `stale`, also those never judged before."""
    new = {"connection": connection, "object": obj, "entries": "[]"}
    bulk.insert(conn, clocks, [{"record_id": record, **new} for record in sorted(ids)])
    bulk.update(conn, clocks, [{"record_id": record, "ruleset": None} for record in sorted(ids)], by=("record_id",))
    conn.execute(sa.delete(facts).where(facts.c.key == f"settled:{connection}"))


def silence(conn: Connection, ids: Collection[str], ruleset: str) -> None:
    """Let these records have nothing ahead, by these rules, as those are that were set aside."""
    rows = [{"record_id": record, "next_at": None, "ruleset": ruleset} for record in sorted(ids)]
    bulk.update(conn, clocks, rows, by=("record_id",))


def counts(conn: Connection, now: int) -> list[Found]:
    """Per connection: (connection, records judged, records with an edge ahead or due, records due, the oldest due)."""
    is_due = clocks.c.next_at <= now
    oldest = sa.func.min(sa.case((is_due, clocks.c.next_at)))
    running = sa.func.count(clocks.c.next_at)
    waiting = sa.func.count(sa.case((is_due, 1)))
    columns = (clocks.c.connection, sa.func.count().label("judged"), running.label("running"))
    statement = sa.select(*columns, waiting.label("due"), oldest.label("oldest")).group_by(clocks.c.connection)
    return list(conn.execute(statement.order_by(clocks.c.connection)))


def delete(conn: Connection, ids: Collection[str]) -> None:
    """Forget the deadlines of these records."""
    for chunk in bulk.chunks(list(ids)):
        bulk.delete_where(conn, clocks, among(conn, clocks.c.record_id, chunk))


def watermark(conn: Connection, connection: str) -> int:
    """The instant below which no edge of this connection is left; BEGINNING if it was never ticked."""
    value = read_fact(conn, _key(connection))
    return BEGINNING if value is None else int(value)


def share(conn: Connection, connection: str) -> int:
    """The watermark, held in common: no tick of this connection begins or ends until the transaction does.

    `upsert` does this by itself. A transaction that first changes records or alerts of the connection calls it before
    that: a tick takes the watermark first and then those rows, and two that take them crosswise would block each other.
    """
    return _locked(conn, connection, alone=False)


def lock(conn: Connection, connection: str) -> int:
    """The watermark, held alone until the transaction ends: nobody stores clocks of this connection meanwhile."""
    return _locked(conn, connection, alone=True)


def advance(conn: Connection, connection: str, upto: int, *, since: int | None = None) -> None:
    """Move the watermark up to `upto`, once `due` has no more to give; it never moves back.

    Call it under `lock`.

    Args:
        since: where it stands, as `lock` has told.
    """
    if upto > (watermark(conn, connection) if since is None else since):
        bulk.upsert(conn, facts, [{"key": _key(connection), "value": upto}])


def rewind(conn: Connection, connection: str, now: int) -> None:
    """The caller's clock was turned back: put the watermark there and let every record be judged anew (`stale`)."""
    lock(conn, connection)
    forget_ruleset(conn, connection)
    bulk.upsert(conn, facts, [{"key": _key(connection), "value": now}])


def _locked(conn: Connection, connection: str, *, alone: bool) -> int:
    """A lock needs a row; on SQLite the transaction itself is the lock."""
    named = {"name": _key(connection)}
    found = conn.execute(_watermark(alone=alone), named).scalar_one_or_none()
    if found is None:
        bulk.insert(conn, facts, [{"key": _key(connection), "value": BEGINNING}])
        found = conn.execute(_watermark(alone=alone), named).scalar_one()
    return int(found)


@cache
def _watermark(*, alone: bool) -> sa.Select[Any]:
    there = sa.select(facts.c.value).where(facts.c.key == sa.bindparam("name"))
    return there.with_for_update(read=not alone)


def _key(connection: str) -> str:
    return f"{TICKED}{connection}"
