"""Links for people outside, by their hash, and what is answered through them: loss checks and partners' reports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "links",
        sa.Column("id", CODE, primary_key=True),
        *named("purpose", "hash", "record_id", "object", "language", "made_by"),
        sa.Column("partner", sa.Text()),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("made_at", "expires_at")),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.UniqueConstraint("hash"),
    )
    op.create_index("ix_links_record_id", "links", ["record_id", "purpose"])
    op.create_table(
        "loss_answers",
        sa.Column("link_id", CODE, primary_key=True),
        *named("record_id", "answer"),
        sa.Column("months", sa.Integer()),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("answered_at", "changed_at")),
    )
    op.create_index("ix_loss_answers_record_id", "loss_answers", ["record_id"])
    op.create_table(
        "partner_reports",
        sa.Column("id", CODE, primary_key=True),
        *named("record_id", "actor"),
        sa.Column("link_id", CODE),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text()) for name in ("reason", "champion")),
        sa.Column("phase", CODE),
    )
    op.create_index("ix_partner_reports_record_id", "partner_reports", ["record_id", "at"])


def downgrade() -> None:
    for table in ("partner_reports", "loss_answers", "links"):
        op.drop_table(table)


def named(*names: str) -> list[sa.Column[str]]:
    """Texts for machines that every row has."""
    return [sa.Column(name, CODE, nullable=False) for name in names]
