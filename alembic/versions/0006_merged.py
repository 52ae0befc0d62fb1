"""Two records that become one: which one stands for the other, and from where an alert came to its record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOVED = sa.text("moved_from IS NOT NULL")


def upgrade() -> None:
    for table in ("deals", "leads"):
        op.add_column(table, sa.Column("merged_into", CODE))
    op.add_column("alerts", sa.Column("moved_from", CODE))
    op.create_index("ix_alerts_moved_from", "alerts", ["moved_from"], sqlite_where=MOVED, postgresql_where=MOVED)


def downgrade() -> None:
    op.drop_index("ix_alerts_moved_from", "alerts")
    op.drop_column("alerts", "moved_from")
    for table in ("deals", "leads"):
        op.drop_column(table, "merged_into")
