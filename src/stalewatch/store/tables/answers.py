"""What people answered, and the deals that they reported as lost."""

from __future__ import annotations

import sqlalchemy as sa

from stalewatch.store.columns import codes, documents, index, key, named, texts
from stalewatch.store.tables.metadata import metadata

answers = sa.Table(
    "answers",
    metadata,
    key("id"),
    sa.Column("at", sa.BigInteger(), nullable=False),
    *named("alert_id", "record_id", "rule_id"),
    sa.Column("episode", sa.Integer(), nullable=False),
    *named("act", "actor"),
    *documents("detail"),
    index("ix_answers_alert_id", "alert_id", "at"),
    index("ix_answers_rule_id", "rule_id", "at"),
    index("ix_answers_record_id", "record_id"),
)

losses = sa.Table(
    "losses",
    metadata,
    key("id"),
    *named("record_id"),
    sa.Column("at", sa.BigInteger(), nullable=False),
    *named("tag"),
    *texts("note"),
    *codes("by"),
    *named("source"),
    index("ix_losses_record_id", "record_id"),
    index("ix_losses_at", "at"),
)
