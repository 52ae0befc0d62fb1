"""Connections of which nothing was judged for an hour: somebody has to know, for nobody else will hear of anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from stalewatch.delivery.news import NothingJudged
from stalewatch.domain.instants import HOUR
from stalewatch.services.alerting import failing
from stalewatch.services.alerting.guarding import operator_notice
from stalewatch.services.judging.sources import Sources, trusted
from stalewatch.store import clocks, connections, notices, outbox
from stalewatch.store.engine import Connection, Database

LONGEST: Final = HOUR
"""Microseconds without a look at the deadlines of a connection that was looked at before."""
IDLE: Final = "idle"
"""The kind of the operator's notice is `idle:<connection>`."""
_OLD_DATA: Final = 2
"""The `n` of such a notice where it is the data that is too old."""


@dataclass(frozen=True, slots=True)
class Standstill:
    """Nothing of a connection is judged.

    Attributes:
        since: instant of the last look at its deadlines.
        data_at: when its data was read, if it is too old to be judged by; None: it is not the data.
    """

    connection: str
    since: int
    data_at: int | None = None


def standstills(conn: Connection, sources: Sources, now: int) -> list[Standstill]:
    """The connections of which nothing was judged for an hour. One that was never looked at is only new."""
    ready, _ = trusted(conn, sources, now)
    rows = {row.id: row for row in connections.read(conn)}
    seen = {one: clocks.watermark(conn, one) for one in sorted(sources) if one in rows}
    return [
        Standstill(one, at, None if one in ready else rows[one].data_at)
        for one, at in seen.items()
        if at != clocks.BEGINNING and now - at >= LONGEST
    ]


def tell(db: Database, sources: Sources, now: int) -> list[str]:
    """Let the operator know, once a day for each connection; returns those of which they hear now.

    That a connection cannot be read was told already, and says enough.
    """
    with db.read() as conn:
        found = [one for one in standstills(conn, sources, now) if not _is_told(conn, one.connection, now)]
        known = notices.by_key(conn, [_notice(one, now)["key"] for one in found])
    fresh = [notice for notice in (_notice(one, now) for one in found) if notice["key"] not in known]
    if fresh:
        with db.write() as conn:
            notices.add(conn, fresh)
            outbox.call(conn, {"operator": now})
    return [str(notice["kind"]).partition(":")[2] for notice in fresh]


def news(conn: Connection, notice: Any) -> NothingJudged:
    """What such a notice says; the date of the data as it is now."""
    connection = notice.kind.partition(":")[2]
    row = connections.one(conn, connection) if notice.n == _OLD_DATA else None
    return NothingJudged(connection, notice.edge_at, None if row is None else row.data_at)


def _is_told(conn: Connection, connection: str, now: int) -> bool:
    trouble = failing.failing(conn, connection)
    return trouble is not None and trouble.lasts(now)


def _notice(one: Standstill, now: int) -> dict[str, Any]:
    n = 1 if one.data_at is None else _OLD_DATA
    return {**operator_notice(f"{IDLE}:{one.connection}", n, now), "edge_at": one.since}
