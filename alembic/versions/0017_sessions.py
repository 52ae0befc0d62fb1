"""Sessions of browsers, on the server: by the hash of what the browser shows, with what each began with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "sessions",
        sa.Column("hash", CODE, primary_key=True),
        *(sa.Column(name, CODE) for name in ("token", "person", "login")),
        sa.Column("parting", sa.Text()),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("began_at", "seen_at")),
        sa.Column("ended_at", sa.BigInteger()),
        sa.UniqueConstraint("login"),
    )
    op.create_index("ix_sessions_began_at", "sessions", ["began_at"])


def downgrade() -> None:
    op.drop_table("sessions")
