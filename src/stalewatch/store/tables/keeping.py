"""What keeping leaves behind: who was erased, as hashes, and the narrow doors into the audit log."""

from __future__ import annotations

import sqlalchemy as sa

from stalewatch.store.columns import Counter, codes, instants, key, named
from stalewatch.store.tables.metadata import metadata

tombstones = sa.Table(
    "tombstones",
    metadata,
    key("hash"),
    *named("kind", "pseudonym"),
    sa.Column("length", sa.Integer(), nullable=False),
    sa.Column("at", sa.BigInteger(), nullable=False),
)

# No row of it can outlive its transaction: `ends` refers to a row that cannot be, and is checked at the commit.
audit_permits = sa.Table(
    "audit_permits",
    metadata,
    sa.Column("id", Counter, primary_key=True),
    sa.Column("at", sa.BigInteger(), nullable=False),
    *named("actor"),
    *codes("needle", "pseudonym"),
    *instants("before"),
    sa.Column("ends", sa.BigInteger(), nullable=False, server_default="0"),
    sa.CheckConstraint("id > 0 AND ends = 0", name="never_stays"),
    sa.CheckConstraint("(before IS NULL) = (pseudonym IS NOT NULL)", name="one_purpose"),
    sa.CheckConstraint("(needle IS NULL) = (pseudonym IS NULL)", name="both_texts"),
    sa.CheckConstraint("before IS NULL OR before <= at - 31536000000000", name="a_year_old"),
    sa.ForeignKeyConstraint(["ends"], ["audit_permits.id"], deferrable=True, initially="DEFERRED"),
    sqlite_autoincrement=True,
)
