"""The schema goes up and down with data in it, and is what tables.py says, on both databases."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from stalewatch.store import migrate
from stalewatch.store.engine import Database
from stalewatch.store.errors import SchemaAhead, SchemaBehind
from stalewatch.store.tables import audit, deals, metadata


def a_deal(conn: sa.Connection, name: str = "Acme") -> None:
    row = {"id": f"sf:{name}", "connection": "sf", "external_id": name, "object": "deal", "is_open": True}
    conn.execute(sa.insert(deals).values(**row, name=name, fields={"pain": "slow"}))


def test_the_schema_is_what_the_tables_say(db: Database) -> None:
    with db.read() as conn:
        context = MigrationContext.configure(
            conn, opts={"compare_type": True, "compare_server_default": True, "target_metadata": metadata}
        )
        assert compare_metadata(context, metadata) == []


def test_the_comparison_would_notice_a_missing_column(db: Database) -> None:
    with db.write() as conn:
        conn.execute(sa.text("ALTER TABLE rule_states DROP COLUMN pack"))
    with db.read() as conn:
        context = MigrationContext.configure(conn, opts={"target_metadata": metadata})
        assert [difference[0] for difference in compare_metadata(context, metadata)] == ["add_column"]


def test_there_is_one_head_and_upgrade_reaches_it(db: Database, scripts: Path) -> None:
    assert migrate.current(db) == migrate.head(scripts)
    migrate.require_current(db, scripts)


def test_upgrading_again_keeps_what_is_there(db: Database, scripts: Path) -> None:
    with db.write() as conn:
        a_deal(conn)
    migrate.upgrade(db, scripts)
    with db.read() as conn:
        assert conn.execute(sa.select(deals.c.name, deals.c.fields)).all() == [("Acme", {"pain": "slow"})]


def test_up_down_up_with_data(db: Database, scripts: Path) -> None:
    with db.write() as conn:
        a_deal(conn)
        conn.execute(sa.insert(audit).values(at=1, actor="a", action="b", object="c"))
    migrate.downgrade(db, scripts, "base")
    with db.read() as conn:
        assert sa.inspect(conn).get_table_names() == ["alembic_version"]
    migrate.upgrade(db, scripts)
    with db.write() as conn:
        a_deal(conn)
        assert conn.execute(sa.select(sa.func.count()).select_from(deals)).scalar_one() == 1


def test_an_empty_database_is_refused_with_the_cure(empty: Database, scripts: Path) -> None:
    with pytest.raises(SchemaBehind, match=r"no schema yet\n.*stalewatch db upgrade"):
        migrate.require_current(empty, scripts)


def test_reading_an_empty_database_says_the_same(empty: Database) -> None:
    with pytest.raises(SchemaBehind, match="db upgrade"), empty.read() as conn:
        conn.execute(sa.select(deals))


def test_a_newer_schema_is_refused(db: Database, scripts: Path) -> None:
    with db.write() as conn:
        conn.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaAhead, match="newer stalewatch"):
        migrate.require_current(db, scripts)
    with pytest.raises(SchemaAhead):
        migrate.upgrade(db, scripts)


def test_a_percent_sign_in_the_path_is_only_a_character(empty: Database, scripts: Path, tmp_path: Path) -> None:
    odd = tmp_path / "100%(here)s"
    shutil.copytree(scripts, odd, ignore=shutil.ignore_patterns("__pycache__"))
    migrate.upgrade(empty, odd)
    assert migrate.current(empty) == migrate.head(odd)


@pytest.mark.parametrize("table", ["clocks", "alerts", "notices"])
def test_postgresql_vacuums_by_a_fixed_number_of_rows_what_a_tick_looks_into(db: Database, table: str) -> None:
    if db.is_sqlite:
        return
    with db.read() as conn:
        wanted = sa.text("SELECT reloptions FROM pg_class WHERE relname = :table AND relkind = 'r'")
        options = conn.execute(wanted, {"table": table}).scalar_one()
    assert "autovacuum_vacuum_scale_factor=0" in options
