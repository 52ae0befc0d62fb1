"""What webhooks are told: alerts that changed, and the events that this was."""

from __future__ import annotations

import sqlalchemy as sa

from stalewatch.store.columns import Counter, documents, index, key, named
from stalewatch.store.tables.metadata import metadata

hook_marks = sa.Table(
    "hook_marks",
    metadata,
    sa.Column("id", Counter, primary_key=True),
    *named("alert_id"),
    sqlite_autoincrement=True,
)

hook_events = sa.Table(
    "hook_events",
    metadata,
    key("id"),
    *named("alert_id", "type"),
    sa.Column("at", sa.BigInteger(), nullable=False),
    *documents("data"),
    index("ix_hook_events_at", "at"),
)
