"""Who may see what: the roles that were given by hand, and a number that rises whenever it may be somebody else."""

from __future__ import annotations

import sqlalchemy as sa

from stalewatch.store.columns import key, named
from stalewatch.store.tables.metadata import metadata

roles = sa.Table(
    "roles",
    metadata,
    key("address"),
    *named("role", "granted_by"),
    sa.Column("granted_at", sa.BigInteger(), nullable=False),
)

versions = sa.Table(
    "versions",
    metadata,
    key("topic"),
    sa.Column("number", sa.BigInteger(), nullable=False, server_default="0"),
)
