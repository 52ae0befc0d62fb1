"""What it takes to call a CRM: the secrets that were given while we ran, and what each account allows."""

from __future__ import annotations

import sqlalchemy as sa

from stalewatch.store.columns import Code, documents, instants, key, texts
from stalewatch.store.tables.metadata import metadata

secrets = sa.Table(
    "secrets",
    metadata,
    sa.Column("connection", Code, primary_key=True),
    sa.Column("name", Code, primary_key=True),
    sa.Column("version", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("sealed", sa.Text()),
    *instants("replaced_at"),
    sa.Column("lease_until", sa.BigInteger(), nullable=False, server_default="0"),
    sa.Column("fence", sa.BigInteger(), nullable=False, server_default="0"),
)

accounts = sa.Table(
    "accounts",
    metadata,
    key("key"),
    sa.Column("rests_until", sa.BigInteger(), nullable=False, server_default="0"),
    *texts("why"),
    *documents("usages"),
    *instants("heard_at"),
)

permits = sa.Table(
    "permits",
    metadata,
    sa.Column("account", Code, primary_key=True),
    sa.Column("limit", Code, primary_key=True),
    sa.Column("slot", sa.Integer(), primary_key=True),
    sa.Column("used_at", sa.BigInteger(), nullable=False, server_default="0"),
)
