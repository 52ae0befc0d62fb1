"""What is due soon is found along the breaches themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

THERE = sa.text("breach_at IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_clocks_breach", "clocks", ["breach_at", "record_id"], sqlite_where=THERE, postgresql_where=THERE
    )


def downgrade() -> None:
    op.drop_index("ix_clocks_breach", "clocks")
