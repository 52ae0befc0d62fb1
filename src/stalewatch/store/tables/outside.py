"""What people outside answer through a link: the links (by their hash), customers' answers, partners' reports."""

from __future__ import annotations

import sqlalchemy as sa

from stalewatch.store.columns import codes, index, instants, key, named, numbers, texts
from stalewatch.store.tables.metadata import metadata

links = sa.Table(
    "links",
    metadata,
    key("id"),
    *named("purpose", "hash", "record_id", "object", "language", "made_by"),
    *texts("partner"),
    sa.Column("made_at", sa.BigInteger(), nullable=False),
    sa.Column("expires_at", sa.BigInteger(), nullable=False),
    *instants("revoked_at"),
    sa.UniqueConstraint("hash"),
    index("ix_links_record_id", "record_id", "purpose"),
)

loss_answers = sa.Table(
    "loss_answers",
    metadata,
    key("link_id"),
    *named("record_id", "answer"),
    *numbers("months"),
    sa.Column("answered_at", sa.BigInteger(), nullable=False),
    sa.Column("changed_at", sa.BigInteger(), nullable=False),
    index("ix_loss_answers_record_id", "record_id"),
)

partner_reports = sa.Table(
    "partner_reports",
    metadata,
    key("id"),
    *named("record_id", "actor"),
    *codes("link_id"),
    sa.Column("at", sa.BigInteger(), nullable=False),
    *texts("reason", "champion"),
    *codes("phase"),
    index("ix_partner_reports_record_id", "record_id", "at"),
)
