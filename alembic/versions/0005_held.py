"""What reached nobody can be counted on every page: indexes over what is held, and over what was given up, alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

HELD = sa.text("state = 'held'")
ENDED = sa.text("state IN ('dead', 'parked')")


def upgrade() -> None:
    op.create_index(
        "ix_notices_held", "notices", ["reason", "created_at"], sqlite_where=HELD, postgresql_where=HELD
    )  # fmt: skip
    op.create_index(
        "ix_deliveries_ended", "deliveries", ["created_at"], sqlite_where=ENDED, postgresql_where=ENDED
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_deliveries_ended", "deliveries")
    op.drop_index("ix_notices_held", "notices")
