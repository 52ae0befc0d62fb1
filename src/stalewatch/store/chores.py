"""Work that is one row for all: whoever claims it does it for everybody (leases.CHORES)."""

from __future__ import annotations

from typing import Final

from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store.tables import chores

FORECAST: Final = "forecast"
REVIEW: Final = "review"
LEARN: Final = "learn"


def begin(conn: Connection, chore: str) -> None:
    """Let there be a row for a chore; one that is new is due."""
    bulk.insert(conn, chores, [{"id": chore, "due_at": 0}])
