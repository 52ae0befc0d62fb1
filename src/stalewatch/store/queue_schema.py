"""Where the distributed engine's queue lies: a PostgreSQL schema of its own, brought up by the library's own steps.

The queue's library ships its schema as a whole and as steps from version to version. Which of them a database has is
remembered beside it, so that a newer library applies what is missing. Nothing of ours lies in it, and nothing is lost
with it: what is to be done stands in our own tables.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store.engine import Database
from stalewatch.store.errors import UPGRADE, SchemaBehind

SCHEMA: Final = "stalewatch_queue"
_ONE_AT_A_TIME: Final = 7_355_091_209
"""Any number, the same in every process: PostgreSQL lets one holder of it bring the queue up at a time."""
_APPLIED: Final = sa.table("applied", sa.column("name", sa.Text()), schema=SCHEMA)


def bring_up(db: Database, whole: str, steps: Mapping[str, str]) -> list[str]:
    """Apply what is missing; returns the names of the steps. Processes wait for each other.

    Each step is a transaction of its own: some make a value that PostgreSQL lets nobody use before it is committed.

    Args:
        whole: the library's schema as it is now, for a queue that is not there yet.
        steps: the library's steps by their names, whose order is that of the names.
    """
    if db.is_sqlite:
        return []
    with _alone(db) as conn:
        known = _applied(conn)
        if known is None:
            _make(conn, whole, sorted(steps))
            return sorted(steps)
    names = due(sorted(steps), known)
    return [name for name in names if _step(db, name, steps[name])]


@contextmanager
def _alone(db: Database) -> Iterator[Connection]:
    with db.write() as conn:
        conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
        yield conn


def _make(conn: Connection, whole: str, names: Sequence[str]) -> None:
    conn.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
    conn.exec_driver_sql(f"CREATE TABLE {SCHEMA}.applied (name text PRIMARY KEY)")
    _run(conn, whole)
    conn.execute(sa.insert(_APPLIED), [{"name": name} for name in names])


def _step(db: Database, name: str, text: str) -> bool:
    """Apply a step, unless another process was quicker; True if this one did."""
    with _alone(db) as conn:
        if name in (_applied(conn) or ()):
            return False
        _run(conn, text)
        conn.execute(sa.insert(_APPLIED), [{"name": name}])
        return True


def due(steps: Sequence[str], applied: Collection[str]) -> list[str]:
    """The steps to apply now, in their order.

    Those at the end that only take away what the version before needs wait for the next call after the one that brought
    what they belong to: until then workers of the version before go on beside new ones.
    """
    missing = [name for name in steps if name not in applied]
    bringing = [place for place, name in enumerate(missing) if not _takes_away(name)]
    return missing[: bringing[-1] + 1] if bringing else missing


def require(db: Database, steps: Collection[str]) -> None:
    """Return if there is a queue that this version of the library can use; a newer one is no hindrance.

    Raises:
        SchemaBehind: there is none, or it is older.
    """
    with db.read() as conn:
        known = _applied(conn)
    lacking = [name for name in sorted(steps) if name not in (known or ()) and not _takes_away(name)]
    if known is None or lacking:
        what = "has no queue for workers yet" if known is None else f"has an older queue, without {lacking[0]}"
        raise SchemaBehind(f"the database {what}", where=db.where, cure=UPGRADE)


def address(db: Database) -> str:
    """How the queue's library reaches its schema: the database's address as libpq reads it, password included."""
    given = dict(db.url.query)
    told = str(given.get("options", ""))
    query = {**_LIVELY, **given, "options": f"{told} -csearch_path={SCHEMA}".strip()}
    return db.url.set(drivername="postgresql", query=query).render_as_string(hide_password=False)


_LIVELY: Final[Mapping[str, Any]] = {
    "application_name": "stalewatch worker",
    "connect_timeout": "4", "keepalives_idle": "10", "keepalives_interval": "3", "keepalives_count": "3",
    "tcp_user_timeout": "15000",
}  # fmt: skip
"""A server that is gone without a word is noticed within seconds, and not after the system's two hours."""


def _applied(conn: Connection) -> set[str] | None:
    """The steps that this database has; None: there is no queue."""
    if conn.execute(sa.select(sa.func.to_regclass(f"{SCHEMA}.applied"))).scalar_one() is None:
        return None
    return set(conn.execute(sa.select(_APPLIED.c.name)).scalars())


def _takes_away(name: str) -> bool:
    """The library names so what is to run after the last worker of the version before has ended."""
    return "_post_" in name


def _run(conn: Connection, text: str) -> None:
    """Several statements of the library's, as they are: a parameter would make one statement of them."""
    conn.exec_driver_sql(f"SET LOCAL search_path TO {SCHEMA}")
    driver: Any = conn.connection.driver_connection
    driver.execute(text)
