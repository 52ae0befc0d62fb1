"""The stalled list as it is read: one row per record, in the order in which it is shown; and open records in figures.

They are kept in the transaction that changes what they follow from: by triggers (the migrations that make them say
how), SQLite's stalled list by `store/renewing.py`, so that nobody who writes has to think of them. They say nothing
that the other tables do not.
"""

from __future__ import annotations

import sqlalchemy as sa

from stalewatch.store.columns import codes, index, instants, key, named, numbers, texts
from stalewatch.store.tables.metadata import metadata

stalled = sa.Table(
    "stalled",
    metadata,
    key("record_id"),
    *named("shelf", "object", "connection"),
    *codes("owner", "team", "pipeline", "stage"),
    *texts("name"),
    *instants("amount", "created_at"),
    *numbers("close_date"),
    sa.Column("gravity", sa.Integer(), nullable=False),
    sa.Column("breaches", sa.Integer(), nullable=False),
    *instants("breach_at", "rank"),
    sa.Column("stamp", sa.BigInteger(), nullable=False),
    index("ix_stalled_rank", "shelf", "rank", "record_id"),
    index("ix_stalled_owner", "owner", "shelf", "rank", "record_id"),
    index("ix_stalled_team", "team", "shelf", "rank", "record_id"),
    index("ix_stalled_stage", "stage", "shelf", "rank", "record_id"),
    sqlite_with_rowid=False,
)

stalled_versions = sa.Table(
    "stalled_versions",
    metadata,
    sa.Column("slot", sa.Integer(), primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger(), nullable=False),
)

open_records = sa.Table(
    "open_records",
    metadata,
    *(key(name) for name in ("shelf", "object", "connection", "owner", "team", "pipeline", "stage")),
    sa.Column("records", sa.BigInteger(), nullable=False),
    sa.Column("amount", sa.BigInteger(), nullable=False),
    sqlite_with_rowid=False,
)
