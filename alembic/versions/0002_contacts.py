"""Who holds a role on a deal: stakeholders are counted from them and from those who took part in something."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deals", sa.Column("contacts", sa.Text()))


def downgrade() -> None:
    op.drop_column("deals", "contacts")
