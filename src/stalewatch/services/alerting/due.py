"""Which records of a connection have something due: an edge of a clock, or an alert whose timer rings."""

from __future__ import annotations

from stalewatch.services.alerting.trails import Trail
from stalewatch.store import alerts, clocks
from stalewatch.store.engine import Connection, Database


def first(conn: Connection, connection: str, now: int, since: int, most: int) -> tuple[list[str], list[str]]:
    """Records with an edge from `since` to `now`, and others with a timer that rings, so many of each at most.

    The first of both, one after the other, are the same however many are asked for.
    """
    edges = clocks.due(conn, connection, now, since=since, limit=most)
    rings = alerts.timers_due(conn, now, most, connection=connection)
    known = set(edges)
    return edges, [record for record in dict.fromkeys(row.record_id for row in rings) if record not in known]


def is_any(conn: Connection, connection: str, now: int, since: int) -> bool:
    """Whether there is one."""
    return alerts.is_timer_due(conn, now, connection) or bool(clocks.due(conn, connection, now, since=since, limit=1))


def named(db: Database, connection: str, now: int, trail: Trail) -> list[str]:
    """The next of them, named beforehand where records are looked at one by one; none where they are not."""
    if not trail.is_alone:
        return []
    with db.read() as conn:
        edges, rings = first(conn, connection, now, clocks.watermark(conn, connection), 1)
    found = (edges + rings)[:1]
    for record in found:
        trail.name(record)
    return found
