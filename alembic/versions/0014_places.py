"""Where a destination leads, so that no process looks it up again; and when its messages were last looked over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("destinations", sa.Column("place", sa.Text()))
    op.add_column("destinations", sa.Column("swept_at", sa.BigInteger()))


def downgrade() -> None:
    for column in ("swept_at", "place"):
        op.drop_column("destinations", column)
