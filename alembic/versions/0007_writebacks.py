"""What is to be written into the CRMs, and what came of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "writebacks",
        sa.Column("id", CODE, primary_key=True),
        *named("connection", "record_id", "object", "kind"),
        sa.Column("wish", sa.Text()),
        *named("actor", "state"),
        *(sa.Column(name, CODE) for name in ("alert_id", "needs_id", "reason")),
        *instants("seen_version", "asked_at", "sending_at", "look_at"),
        count("looks"),
        *instants("due_at"),
        *(sa.Column(name, sa.BigInteger(), nullable=False, server_default="0") for name in ("lease_until", "fence")),
        count("attempts"),
        *instants("parked_at", "version", "ended_at"),
        sa.Column("ref", CODE),
        sa.Column("answer", sa.Text()),
        sa.Column("error", sa.Text()),
    )
    index("ix_writebacks_due_at", "due_at", where="due_at IS NOT NULL")
    index("ix_writebacks_record_id", "record_id", "asked_at")
    index("ix_writebacks_troubled", "ended_at", where="state IN ('refused', 'conflict', 'given_up')")


def downgrade() -> None:
    op.drop_table("writebacks")


def named(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, CODE, nullable=False) for name in names]


def instants(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger()) for name in names]


def count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default="0")


def index(name: str, *columns: str, where: str | None = None) -> None:
    condition = None if where is None else sa.text(where)
    op.create_index(name, "writebacks", list(columns), sqlite_where=condition, postgresql_where=condition)
