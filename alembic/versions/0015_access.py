"""Who may see what: roles given by hand, tokens of a person or for some deals, and a number that says what changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "roles",
        sa.Column("address", CODE, primary_key=True),
        *(sa.Column(name, CODE, nullable=False) for name in ("role", "granted_by")),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "versions",
        sa.Column("topic", CODE, primary_key=True),
        sa.Column("number", sa.BigInteger(), nullable=False, server_default="0"),
    )
    op.add_column("tokens", sa.Column("person", CODE))
    op.add_column("tokens", sa.Column("deals", sa.Text()))


def downgrade() -> None:
    for column in ("deals", "person"):
        op.drop_column("tokens", column)
    for table in ("versions", "roles"):
        op.drop_table(table)
