"""PostgreSQL tidies alerts and notices after a fixed number of changes, as it does clocks, not after a share of them.

An alert's timer that rang, and a notice that was told, leave dead entries in the indexes that a tick looks into first.
A fifth of a million, which is PostgreSQL's own measure, would be 200,000 of them to walk past.
"""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

TABLES = ("alerts", "notices")


def upgrade() -> None:
    _alter("SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)")


def downgrade() -> None:
    _alter("RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold)")


def _alter(what: str) -> None:
    if op.get_context().dialect.name == "postgresql":
        for table in TABLES:
            op.get_bind().exec_driver_sql(f"ALTER TABLE {table} {what}")
