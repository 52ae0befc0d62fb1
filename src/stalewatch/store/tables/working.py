"""Which processes do the work, one row each; and work that is one row for all, which one of them claims."""

from __future__ import annotations

import sqlalchemy as sa

from stalewatch.store.columns import key, lease, named
from stalewatch.store.tables.metadata import metadata

workers = sa.Table(
    "workers",
    metadata,
    key("id"),
    *named("engine", "host", "version", "kinds"),
    *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("pid", "began_at", "seen_at")),
)

chores = sa.Table("chores", metadata, key("id"), *lease())
