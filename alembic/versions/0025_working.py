"""Which processes do the work, and work that is one row for all."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "workers",
        sa.Column("id", CODE, primary_key=True),
        *(sa.Column(name, CODE, nullable=False) for name in ("engine", "host", "version", "kinds")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("pid", "began_at", "seen_at")),
    )
    op.create_table(
        "chores",
        sa.Column("id", CODE, primary_key=True),
        sa.Column("due_at", sa.BigInteger()),
        *(sa.Column(name, sa.BigInteger(), nullable=False, server_default="0") for name in ("lease_until", "fence")),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("parked_at", sa.BigInteger()),
    )


def downgrade() -> None:
    op.drop_table("chores")
    op.drop_table("workers")
