"""Events for webhooks: alerts that changed are marked with the change, and what each of them was told of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "hook_marks",
        sa.Column("id", COUNTER, primary_key=True),
        sa.Column("alert_id", CODE, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "hook_events",
        sa.Column("id", CODE, primary_key=True),
        *(sa.Column(name, CODE, nullable=False) for name in ("alert_id", "type")),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.Text()),
    )
    op.create_index("ix_hook_events_at", "hook_events", ["at"])


def downgrade() -> None:
    for table in ("hook_events", "hook_marks"):
        op.drop_table(table)
