"""The forecast as it stood at the end of days, in sums."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "forecast_days",
        sa.Column("day", sa.Integer(), primary_key=True, autoincrement=False),
        *(
            sa.Column(name, CODE, primary_key=True)
            for name in ("connection", "object", "owner", "pipeline", "category", "quarter")
        ),
        sa.Column("team", CODE),
        *(
            sa.Column(name, sa.Integer(), nullable=False, server_default="0")
            for name in ("deals", "without_amount", "unweighted")
        ),
        *(sa.Column(name, sa.BigInteger()) for name in ("amount", "weighted")),
        sa.Column("stalled_deals", sa.Integer()),
        *(sa.Column(name, sa.BigInteger()) for name in ("stalled_amount", "stalled_weighted")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("forecast_days")
