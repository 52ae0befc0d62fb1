"""Those who read what we say: the language and zone that they set in the messenger, and what their home there shows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "habits",
        sa.Column("address", CODE, primary_key=True),
        *(sa.Column(name, CODE) for name in ("member", "language", "zone")),
        sa.Column("asked_at", sa.BigInteger()),
    )
    op.create_table(
        "homes",
        sa.Column("member", CODE, primary_key=True),
        sa.Column("shows", CODE),
        sa.Column("opened_at", sa.BigInteger()),
    )


def downgrade() -> None:
    for table in ("homes", "habits"):
        op.drop_table(table)
