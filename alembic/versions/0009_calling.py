"""What it takes to call a CRM: sealed secrets, permits that all workers share, and what was told of each quota."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "secrets",
        *keys("connection", "name"),
        sa.Column("version", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("sealed", sa.Text()),
        sa.Column("replaced_at", sa.BigInteger()),
        *(sa.Column(name, sa.BigInteger(), nullable=False, server_default="0") for name in ("lease_until", "fence")),
    )
    op.create_table(
        "accounts",
        *keys("key"),
        sa.Column("rests_until", sa.BigInteger(), nullable=False, server_default="0"),
        *(sa.Column(name, sa.Text()) for name in ("why", "usages")),
        sa.Column("heard_at", sa.BigInteger()),
    )
    op.create_table(
        "permits",
        *keys("account", "limit"),
        sa.Column("slot", sa.Integer(), primary_key=True),
        sa.Column("used_at", sa.BigInteger(), nullable=False, server_default="0"),
    )
    op.add_column("connections", sa.Column("account", CODE))


def downgrade() -> None:
    op.drop_column("connections", "account")
    for table in ("permits", "accounts", "secrets"):
        op.drop_table(table)


def keys(*names: str) -> list[sa.Column[str]]:
    """What identifies a row."""
    return [sa.Column(name, CODE, primary_key=True) for name in names]
