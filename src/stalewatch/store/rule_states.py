"""What is remembered of each rule: its mode, since when it is live, and the limits it had then."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store.bulk import Found, Row
from stalewatch.store.tables import rule_states

_EVERY: Final = sa.select(rule_states)
"""Built once, as what else every tick asks."""


def upsert(conn: Connection, rows: Sequence[Row]) -> int:
    """Store what holds of rules now (rule_id, mode, limits, live_since, first_seen_at, pack); return how many differ.

    `first_seen_at` stays what it was.
    """
    return bulk.upsert(conn, rule_states, rows, keep=("first_seen_at",))


def read(conn: Connection) -> dict[str, Found]:
    """All rules ever seen, by id."""
    return {row.rule_id: row for row in conn.execute(_EVERY)}


def rename(conn: Connection, old: str, new: str) -> None:
    """Let what is remembered of a rule count for another id, of which nothing is."""
    conn.execute(sa.update(rule_states).where(rule_states.c.rule_id == old).values(rule_id=new))


def forget(conn: Connection, rule_ids: Collection[str]) -> None:
    """Remove rules that no file names any more."""
    bulk.delete(conn, rule_states, [{"rule_id": rule_id} for rule_id in sorted(rule_ids)])
