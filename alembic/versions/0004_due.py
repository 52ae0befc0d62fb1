"""By when a task is to be done: the next step of a deal whose CRM has no field for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("activities", sa.Column("due", sa.Integer()))


def downgrade() -> None:
    op.drop_column("activities", "due")
