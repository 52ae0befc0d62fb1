"""Two versions on one database: a process that runs goes on over a newer schema; one that starts there says so."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from stalewatch import shipped
from stalewatch.store import migrate
from stalewatch.store.engine import Database
from stalewatch.store.errors import SchemaAhead, SchemaBehind
from tests.services.heard import QUIET
from tests.services.world import IMMEDIATE, World, at, deal, rulebook

ADDS = (
    "CREATE TABLE next_version (id TEXT PRIMARY KEY, at BIGINT)",
    "ALTER TABLE deals ADD COLUMN of_next_version TEXT",
    "ALTER TABLE alerts ADD COLUMN of_next_version BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE notices ADD COLUMN of_next_version TEXT",
    "ALTER TABLE deliveries ADD COLUMN of_next_version BOOLEAN NOT NULL DEFAULT FALSE",
    "ALTER TABLE connections ADD COLUMN of_next_version TEXT",
    "CREATE INDEX ix_of_next_version ON deals (of_next_version)",
    "UPDATE alembic_version SET version_num = '9999'",
)
"""What the next version's migration may do (docs/operating.md, "Upgrade")."""


def test_a_process_of_this_version_works_on_over_what_the_next_one_adds(db: Database) -> None:
    """It reads, judges and tells as before, while the schema becomes another one under it."""
    world = World(db, rulebook(QUIET.replace("    warn: 4d\n", "")), speaking=IMMEDIATE)
    world.has(deal("acme", created_at=at("2026-03-02 10:00"), next_step="x"))
    world.rounds()
    with db.write() as conn:
        for statement in ADDS:
            conn.execute(sa.text(statement))
    world.has(deal("bolt", created_at=at("2026-03-02 10:00"), next_step="x"))
    world.reaches("2026-03-02 13:00")
    world.clock.move_to(at("2026-03-16 18:00"))
    world.rounds()
    assert len(world.mail.messages) == 2


def test_a_process_that_starts_on_another_schema_says_so_in_one_sentence(db: Database) -> None:
    for version, error, words in (
        ("9999", SchemaAhead, "the database was upgraded by a newer stalewatch"),
        ("0022", SchemaBehind, "has schema 0022, this version needs"),
    ):
        with db.write() as conn:
            conn.execute(sa.text("UPDATE alembic_version SET version_num = :version"), {"version": version})
        with pytest.raises(error, match=words):
            migrate.require_current(db, shipped.migrations())
