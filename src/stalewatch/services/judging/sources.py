"""Which connections may be believed now: configured, synced at least once, and not too old."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stalewatch.services.judging.frames import Coverage
from stalewatch.store import connections, facts
from stalewatch.store.engine import Connection, Database

Sources = Mapping[str, int | None]
"""Every configured connection with the age, in microseconds, from which its data counts as too old; None: never."""
Lacking = Mapping[str, Mapping[str, Sequence[str]]]
"""Per object, and field that is not fed, the scopes for want of which it is not."""


def trusted(conn: Connection, sources: Sources, now: int) -> tuple[list[str], list[str]]:
    """The connections whose records may be judged, and those that must wait: their states are "cannot judge"."""
    return believed(connections.read(conn), sources, now)


def believed(rows: Sequence[Any], sources: Sources, now: int) -> tuple[list[str], list[str]]:
    """The same by what is known of connections: id, first_sync_at, data_at."""
    known = {row.id: row for row in rows}
    ready: list[str] = []
    waiting: list[str] = []
    for connection, most in sorted(sources.items()):
        row = known.get(connection)
        fresh = row is not None and row.first_sync_at is not None and _is_young(row.data_at, most, now)
        (ready if fresh else waiting).append(connection)
    return ready, waiting


def ready_of(db: Database, sources: Sources, now: int) -> list[str]:
    """The connections whose records may be judged now."""
    with db.read() as conn:
        return trusted(conn, sources, now)[0]


def coverage(conn: Connection) -> Coverage:
    """What each connection feeds, as its last sync found it."""
    return {row.id: row.coverage or {} for row in connections.read(conn)}


def lacking(conn: Connection, connection: str) -> Lacking:
    """The scopes that a connection named for what it does not feed, as its last sync found it."""
    return facts.read(conn, f"lacking:{connection}") or {}


def note_lacking(conn: Connection, connection: str, found: Lacking) -> None:
    """Remember what a connection lacks."""
    facts.write(conn, f"lacking:{connection}", found)


def _is_young(data_at: int | None, most: int | None, now: int) -> bool:
    return most is None or (data_at is not None and now - data_at <= most)
