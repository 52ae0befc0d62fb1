"""Records by what people call them: the id that we show, or the CRM's own where only one record has it."""

from __future__ import annotations

from stalewatch.store import connections, records
from stalewatch.store.engine import Database


def found(db: Database, text: str) -> tuple[str, ...]:
    """The ids of the records that a text may mean: one id as we show it, or the CRM's own on any connection."""
    with db.read() as conn:
        if text in records.objects(conn, [text]):
            return (text,)
        ids = [f"{row.id}:{text}" for row in connections.read(conn)]
        return tuple(sorted(records.objects(conn, ids)))
