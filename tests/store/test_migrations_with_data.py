"""Each step of the schema, up and down and up, with rows in every table: nothing that both sides know is lost (B28)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory

from stalewatch.store import migrate, portable
from stalewatch.store.engine import Database

KEPT_BY_OTHERS = ("stalled", "stalled_versions", "open_records", "versions", "audit_permits")
"""Tables that follow from others, and one in which no row can stay."""
ROWS = 3
TOLD = {"state": "open", "severity": "warning", "object": "deal", "connection": "sf", "entries": "[]", "figures": "{}"}
"""What columns of these names hold in a real database; other texts are ids, other numbers are counts."""

Content = dict[str, list[dict[str, Any]]]
"""Table -> its rows."""


def steps(scripts: Path) -> list[str]:
    """Every revision, the oldest first."""
    config = Config()
    config.set_main_option("script_location", str(scripts))
    found = [str(one.revision) for one in ScriptDirectory.from_config(config).walk_revisions()]
    return found[::-1]


def filled(db: Database) -> None:
    """Three rows in every table that has none yet and is not kept by the database."""
    with db.write() as conn:
        for table in portable.tables(conn):
            if table not in KEPT_BY_OTHERS and portable.is_empty(conn, table):
                reflected = sa.Table(table, sa.MetaData(), autoload_with=conn)
                conn.execute(sa.insert(reflected), [row_of(reflected, number) for number in range(1, ROWS + 1)])


def row_of(table: sa.Table, number: int) -> dict[str, Any]:
    return {column.name: value_of(column, number) for column in table.columns}


def value_of(column: sa.Column[Any], number: int) -> Any:
    if column.name in TOLD:
        return TOLD[column.name]
    if isinstance(column.type, sa.Boolean):
        return number % 2 == 0
    if isinstance(column.type, sa.Integer):
        return number
    return f'"{column.name} {number} é終"'  # also good as JSON


def content(db: Database) -> Content:
    """Everything that stands in our tables."""
    db.dispose()  # a connection of PostgreSQL's remembers what `*` was
    with db.read() as conn:
        return {
            name: [dict(row._mapping) for row in conn.execute(sa.text(f"SELECT * FROM {name}"))]  # noqa: S608
            for name in portable.tables(conn)
        }


def assert_kept(before: Content, after: Content, step: str) -> None:
    """What both schemas know is the same."""
    for table in before.keys() & after.keys() - set(KEPT_BY_OTHERS):
        assert len(before[table]) == len(after[table]), f"{step}: {table}"
        if before[table]:
            both = sorted(before[table][0].keys() & after[table][0].keys())
            was, now = (
                sorted(repr([row[one] for one in both]) for row in rows) for rows in (before[table], after[table])
            )
            assert was == now, f"{step}: {table}"


def versions_of(db: Database) -> Iterator[str]:
    if db.is_sqlite:
        yield f"SQLite {sqlite3.sqlite_version}"
    else:
        with db.read() as conn:
            yield f"PostgreSQL {conn.exec_driver_sql('show server_version').scalar_one()}"


def test_data_survives_every_step_up_and_down_and_up(
    empty: Database, scripts: Path, record_property: Callable[[str, object], None]
) -> None:
    """In the end each table holds rows of the step that made it: those of the first one went through all of them."""
    order, found = steps(scripts), Content()
    for step in order:
        migrate.upgrade(empty, scripts, step)
        assert_kept(found, content(empty), f"up to {step}")
        filled(empty)
        found = content(empty)
    assert {table for table, rows in found.items() if not rows} <= set(KEPT_BY_OTHERS)
    for step in reversed(order[:-1]):
        migrate.downgrade(empty, scripts, step)
        assert_kept(found, found := content(empty), f"down to {step}")
    migrate.upgrade(empty, scripts)
    assert_kept(found, content(empty), "up again")
    record_property("figures", f"migrations {order[0]} to {order[-1]} and back on {', '.join(versions_of(empty))}")
