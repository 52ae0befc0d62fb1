"""Limits that the history suggested, month by month: a row for each group that it suggested one for."""

from __future__ import annotations

import sqlalchemy as sa

from stalewatch.store.columns import codes, counts, key, named
from stalewatch.store.tables.metadata import metadata

# Days of age; `low` and `high` enclose nineteen of twenty draws, and are NULL where those do not agree.
limit_suggestions = sa.Table(
    "limit_suggestions",
    metadata,
    key("month"),
    sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
    *named("about"),
    *codes("pipeline", "stage", "segment"),
    *counts("day"),
    sa.Column("low", sa.Integer()),
    sa.Column("high", sa.Integer()),
    *counts("won", "lost", "open"),
)
