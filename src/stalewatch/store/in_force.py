"""The one row that says which rules are in force: every worker of a database judges by these or not at all.

Who judges holds the row in common with others (`share`) and who changes it holds it alone (`lock`), each until its
transaction ends. So once it has changed, nothing that was judged by other rules can be stored any more.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk, facts
from stalewatch.store.tables import facts as table

KEY: Final = "rules"


def read(conn: Connection) -> Any:
    """What was written last; None if nothing ever was."""
    return facts.read(conn, KEY)


def share(conn: Connection) -> Any:
    """The same, held in common until the transaction ends; on SQLite the transaction itself is the lock."""
    return conn.execute(_statement(alone=False)).scalar_one_or_none()


def lock(conn: Connection) -> Any:
    """The same, held alone until the transaction ends; there is a row from now on."""
    bulk.insert(conn, table, [{"key": KEY, "value": None}])
    return conn.execute(_statement(alone=True)).scalar_one_or_none()


def write(conn: Connection, value: Any) -> None:
    """Write any JSON value, under `lock`."""
    facts.write(conn, KEY, value)


@cache
def _statement(*, alone: bool) -> sa.Select[Any]:
    return sa.select(table.c.value).where(table.c.key == KEY).with_for_update(read=not alone)
