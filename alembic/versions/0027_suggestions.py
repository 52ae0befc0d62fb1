"""Limits that the history suggested, month by month."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "limit_suggestions",
        sa.Column("month", CODE, primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("about", CODE, nullable=False),
        *(sa.Column(name, CODE) for name in ("pipeline", "stage", "segment")),
        sa.Column("day", sa.Integer(), nullable=False, server_default="0"),
        *(sa.Column(name, sa.Integer()) for name in ("low", "high")),
        *(sa.Column(name, sa.Integer(), nullable=False, server_default="0") for name in ("won", "lost", "open")),
    )


def downgrade() -> None:
    op.drop_table("limit_suggestions")
