"""What is held can be counted on every page: an index over these notices alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

HELD = sa.text("state = 'held'")


def upgrade() -> None:
    op.create_index(
        "ix_notices_held", "notices", ["reason", "created_at"], sqlite_where=HELD, postgresql_where=HELD
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_notices_held", "notices")
