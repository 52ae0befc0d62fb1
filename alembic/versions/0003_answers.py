"""What readers do with a message (inbox), and messages that are to say something else by now (edits)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "edits",
        sa.Column("delivery_id", CODE, primary_key=True),
        sa.Column("target", CODE, nullable=False),
        *(sa.Column(name, sa.BigInteger()) for name in ("asked_at", "due_at")),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("text_hash", CODE),
        sa.Column("edited_at", sa.BigInteger()),
        sa.Column("error", sa.Text()),
    )
    due("ix_edits_target", "edits", "target", "due_at")
    op.create_table(
        "inbox",
        sa.Column("id", CODE, primary_key=True),
        sa.Column("kind", CODE, nullable=False),
        sa.Column("payload", sa.Text()),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        *(sa.Column(name, sa.BigInteger(), nullable=False, server_default="0") for name in ("lease_until", "fence")),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        *(sa.Column(name, sa.BigInteger()) for name in ("parked_at", "done_at")),
        sa.Column("outcome", CODE),
        sa.Column("error", sa.Text()),
    )
    due("ix_inbox_due_at", "inbox", "due_at")


def downgrade() -> None:
    op.drop_table("inbox")
    op.drop_table("edits")


def due(name: str, table: str, *columns: str) -> None:
    """An index over the rows that have something to do."""
    condition = sa.text("due_at IS NOT NULL")
    op.create_index(name, table, list(columns), sqlite_where=condition, postgresql_where=condition)
