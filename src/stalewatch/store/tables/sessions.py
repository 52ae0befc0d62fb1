"""Who is signed in: sessions of browsers, by the hash of what each browser shows."""

from __future__ import annotations

import sqlalchemy as sa

from stalewatch.store.columns import codes, index, instants, key, texts
from stalewatch.store.tables.metadata import metadata

sessions = sa.Table(
    "sessions",
    metadata,
    key("hash"),
    *codes("token", "person", "login"),
    *texts("parting"),
    sa.Column("began_at", sa.BigInteger(), nullable=False),
    sa.Column("seen_at", sa.BigInteger(), nullable=False),
    *instants("ended_at"),
    sa.UniqueConstraint("login"),
    index("ix_sessions_began_at", "began_at"),
)
