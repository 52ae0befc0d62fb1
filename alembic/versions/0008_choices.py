"""What a connection's lists may have as values, so that `rules check` knows them without asking the CRM."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("connections", sa.Column("choices", sa.Text()))


def downgrade() -> None:
    op.drop_column("connections", "choices")
