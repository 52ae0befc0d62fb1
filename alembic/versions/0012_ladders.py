"""An alert after it was told: its ladder, what people did, what ends a snooze or a wait, and the hold-out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANTS = ("hushed_until", "counts_from", "climb_at")
CODES = ("snooze_ends", "hushed_by")


def upgrade() -> None:
    for name in INSTANTS:
        op.add_column("alerts", sa.Column(name, sa.BigInteger()))
    for name in CODES:
        op.add_column("alerts", sa.Column(name, CODE))
    op.add_column("alerts", sa.Column("climbed", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("alerts", sa.Column("holdout", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("waits", sa.Column("ends", CODE))


def downgrade() -> None:
    op.drop_column("waits", "ends")
    for name in ("holdout", "climbed", *CODES, *INSTANTS):
        op.drop_column("alerts", name)
