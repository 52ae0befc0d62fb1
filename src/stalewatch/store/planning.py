"""What the database believes of its tables, by which it plans its statements."""

from __future__ import annotations

from typing import Final

from sqlalchemy.engine import Connection

from stalewatch.store.expressions import is_sqlite
from stalewatch.store.tables import activities, activity_records, changes, clocks, deals, events, leads, people

_FILLED: Final = (activities, activity_records, changes, clocks, deals, events, leads, people)
"""The tables that a first sync fills."""


def learn(conn: Connection) -> None:
    """Let PostgreSQL look at a sample of the tables that were just filled. Its autovacuum would do so within a minute;
    the first tick comes before that, and decides of thousands of records by plans for empty tables: 10,000 alerts took
    ten seconds instead of half of one. SQLite keeps to the indexes that our statements are written for."""
    if not is_sqlite(conn):
        conn.exec_driver_sql(f"ANALYZE {', '.join(table.name for table in _FILLED)}")
