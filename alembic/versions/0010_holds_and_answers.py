"""What people answer, the losses that they report, and columns for what no CRM says, so that no sync empties it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
OURS: dict[str, sa.types.TypeEngine[object]] = {
    "on_hold": sa.Boolean(),
    "hold_reason": sa.Text(),
    "last_partner_report_at": sa.BigInteger(),
    "report_reason_to_propose": sa.Text(),
    "report_phase": CODE,
    "report_champion_activity": sa.Text(),
}
"""Fields of deals that stood among those of the CRM, which every sync writes anew."""

LITE = "UPDATE deals SET hold_reason = json_extract(fields, '$.hold_reason') WHERE fields LIKE '%\"hold_reason\"%'"
FULL = "UPDATE deals SET hold_reason = fields::json ->> 'hold_reason' WHERE fields LIKE '%\"hold_reason\"%'"
"""A reason that the CRM told stands where it is read from now on; the next news of its deal takes it there too."""


def upgrade() -> None:
    op.create_table(
        "answers",
        sa.Column("id", CODE, primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *named("alert_id", "record_id", "rule_id"),
        sa.Column("episode", sa.Integer(), nullable=False),
        *named("act", "actor"),
        sa.Column("detail", sa.Text()),
    )
    op.create_index("ix_answers_alert_id", "answers", ["alert_id", "at"])
    op.create_index("ix_answers_rule_id", "answers", ["rule_id", "at"])
    op.create_index("ix_answers_record_id", "answers", ["record_id"])
    op.create_table(
        "losses",
        sa.Column("id", CODE, primary_key=True),
        *named("record_id"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *named("tag"),
        sa.Column("note", sa.Text()),
        sa.Column("by", CODE),
        *named("source"),
    )
    op.create_index("ix_losses_record_id", "losses", ["record_id"])
    op.create_index("ix_losses_at", "losses", ["at"])
    for name, kind in OURS.items():
        op.add_column("deals", sa.Column(name, kind))
    op.execute(LITE if op.get_bind().dialect.name == "sqlite" else FULL)
    op.add_column("waits", sa.Column("due_at", sa.BigInteger()))
    running = sa.text("ended_at IS NULL AND due_at IS NOT NULL")
    op.create_index("ix_waits_due_at", "waits", ["due_at"], sqlite_where=running, postgresql_where=running)


def downgrade() -> None:
    op.drop_index("ix_waits_due_at", "waits")
    op.drop_column("waits", "due_at")
    for name in OURS:
        op.drop_column("deals", name)
    op.drop_table("losses")
    op.drop_table("answers")


def named(*names: str) -> list[sa.Column[str]]:
    """Texts for machines that every row has."""
    return [sa.Column(name, CODE, nullable=False) for name in names]
