"""Which tables the newest steps of the schema close to writers on PostgreSQL, and for how long (B28).

`stalewatch db upgrade` runs while workers of the version before go on: what a step locks, they wait for. A lock lasts
from the statement that takes it to the end of the step. A step that needs longer than a second at a million rows
belongs into OFFLINE, with the reason, and into the notes of its version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from stalewatch.store import migrate
from stalewatch.store.engine import Connection, Database
from tests.databases import opened
from tests.store.test_migrations_with_data import steps, value_of

pytestmark = pytest.mark.bar

NEWEST: Final = 5
ROWS: Final = 1_000_000
LARGE: Final = ("deals", "clocks")
"""Tables that are filled: the largest ones."""
GROUPED: Final = ("owner", "team", "pipeline", "stage")
CLOSED: Final[dict[str, set[str]]] = {
    "0022": {"clocks"},  # an index over them
    "0023": {"deals", "leads"},  # triggers on them, and the count from which these go on
}
"""Which tables each step closes, and why it has to. One that is not here closes none."""
OFFLINE: Final = {
    "0023": "the triggers go on from a count, which has to be of the very rows with which they begin; before 0.1.0",
}
"""Steps that may hold a lock for more than a second, and why nothing else is possible: workers are stopped for them."""

# What a writer of rows waits for, and with the last one a reader, too.
BLOCKING: Final = ("ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock")
HELD: Final = sa.text(
    "SELECT DISTINCT c.relname FROM pg_locks l JOIN pg_class c ON c.oid = l.relation "
    "WHERE l.pid = pg_backend_pid() AND l.granted AND c.relkind = 'r' AND l.mode = ANY(:modes)"
)


@pytest.fixture
def server(postgres_url: str) -> Iterator[Database]:
    database = opened(postgres_url)
    yield database
    database.dispose()


def fill(db: Database, rows: int) -> None:
    """So many rows in the large tables, as few words as a column allows, written past the triggers."""
    for name in LARGE:
        with db.write() as conn:
            table = sa.Table(name, sa.MetaData(), autoload_with=conn)
            conn.exec_driver_sql(f"ALTER TABLE {name} DISABLE TRIGGER USER")
            words = sa.select(*map(expression, table.columns)).select_from(sa.text(f"generate_series(1, {rows}) n"))
            conn.execute(sa.insert(table).from_select([one.name for one in table.columns], words))
            conn.exec_driver_sql(f"ALTER TABLE {name} ENABLE TRIGGER USER")
        with db.write() as conn:
            conn.exec_driver_sql(f"ANALYZE {name}")


def expression(column: sa.Column[Any]) -> sa.TextClause | sa.ColumnElement[Any]:
    """What stands in a column: of all rows another id, of some another owner, pipeline or stage."""
    if column.primary_key or column.name in ("external_id", *GROUPED):
        return sa.text(f"'{column.name} ' || {'mod(n, 20)' if column.name in GROUPED else 'n'}")
    if isinstance(column.type, sa.Boolean):
        return sa.text("mod(n, 5) > 0")
    if isinstance(column.type, sa.Integer):
        return sa.text("NULL" if column.name == "gone_at" else "mod(n, 1000000)")
    return sa.literal(value_of(column, 1))


@contextmanager
def watched(db: Database) -> Iterator[dict[str, float]]:
    """Per table that was there before and is closed to writers, for how many seconds: asked after each statement."""
    with db.read() as conn:
        there = set(sa.inspect(conn).get_table_names()) - {"alembic_version"}
    since: dict[str, float] = {}
    lasted: dict[str, float] = {}
    begun = [monotonic()]

    def before(_conn: Connection, *_: object) -> None:
        begun[0] = monotonic()

    def after(conn: Connection, _cursor: object, statement: str, *_: object) -> None:
        if "pg_locks" not in statement:  # which is our own question
            start = begun[0]
            for name in there & set(conn.scalars(HELD, {"modes": list(BLOCKING)})):
                since.setdefault(name, start)

    def ended(_conn: Connection) -> None:
        lasted.update({name: monotonic() - start for name, start in since.items()})

    listeners = (("before_cursor_execute", before), ("after_cursor_execute", after), ("commit", ended))
    for name, heard in listeners:
        event.listen(db._writer, name, heard)
    try:
        yield lasted
    finally:
        for name, heard in listeners:
            event.remove(db._writer, name, heard)


def locks(db: Database, scripts: Path, rows: int) -> dict[str, dict[str, float]]:
    """Step -> table -> seconds, of the newest steps."""
    *_, before = steps(scripts)[:-NEWEST]
    migrate.upgrade(db, scripts, before)
    fill(db, rows)
    found = {}
    for step in steps(scripts)[-NEWEST:]:
        with watched(db) as lasted:
            migrate.upgrade(db, scripts, step)
        found[step] = dict(lasted)
    return found


def test_the_newest_steps_close_no_other_tables_than_are_said(server: Database, scripts: Path) -> None:
    found = locks(server, scripts, 500)
    assert {step: set(closed) for step, closed in found.items() if closed} == {
        step: closed for step, closed in CLOSED.items() if step in found
    }


@pytest.mark.slow(minutes=4)
def test_b28_no_newest_step_closes_a_table_of_a_million_rows_for_more_than_a_second(
    server: Database, scripts: Path, record_property: Callable[[str, object], None]
) -> None:
    found = locks(server, scripts, ROWS)
    told = (f"{step} {name} {seconds:.2f} s" for step, closed in found.items() for name, seconds in closed.items())
    record_property("figures", f"B28: locks of the newest steps at {ROWS:,} rows: {', '.join(told) or 'none'}")
    slow = {step for step, closed in found.items() if max(closed.values(), default=0) > 1}
    assert slow <= OFFLINE.keys()
