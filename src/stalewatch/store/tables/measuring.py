"""Figures kept of each day, and how far the work of keeping them has come."""

from __future__ import annotations

import sqlalchemy as sa

from stalewatch.store.columns import Code, codes, documents, instants, key, lease, named, numbers
from stalewatch.store.tables.metadata import metadata

kpi_names = sa.Table(
    "kpi_names",
    metadata,
    sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
    *named("name"),
    sa.UniqueConstraint("name"),
)

kpi_days = sa.Table(
    "kpi_days",
    metadata,
    sa.Column("day", sa.Integer(), primary_key=True, autoincrement=False),
    *(
        sa.Column(name, Code, primary_key=True)
        for name in ("owner", "team", "pipeline", "segment", "partner", "connection")
    ),
    sa.Column("figures", sa.Text(), nullable=False),
    sqlite_with_rowid=False,
)

kpi_totals = sa.Table(
    "kpi_totals",
    metadata,
    sa.Column("day", sa.Integer(), primary_key=True, autoincrement=False),
    sa.Column("grouping", Code, primary_key=True),
    sa.Column("key", Code, primary_key=True),
    sa.Column("figures", sa.Text(), nullable=False),
    sqlite_with_rowid=False,
)

kpi_work = sa.Table(
    "kpi_work",
    metadata,
    key("id"),
    *lease(),
    *codes("version"),
    *numbers("kept_from", "kept_to", "wanted_from"),
    *documents("tracked"),
    *instants("kept_at"),
)
