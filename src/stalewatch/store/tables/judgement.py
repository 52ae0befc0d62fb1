"""What follows from it: deadlines, rules as they were, alerts; and what the house keeps of itself."""

from __future__ import annotations

import sqlalchemy as sa

from stalewatch.store.columns import Code, Counter, codes, counts, documents, index, instants, key, marks, named, texts
from stalewatch.store.tables.metadata import metadata

_LATE = "breached_at IS NOT NULL AND state IN ('open', 'snoozed', 'claimed', 'backlog')"

clocks = sa.Table(
    "clocks",
    metadata,
    key("record_id"),
    *named("connection", "object"),
    sa.Column("entries", sa.Text(), nullable=False),
    *instants("next_at", "breach_at"),
    *codes("ruleset"),
    *instants("judged_at"),
    index("ix_clocks_due", "connection", "next_at", where="next_at IS NOT NULL"),
    index("ix_clocks_breach", "breach_at", "record_id", where="breach_at IS NOT NULL"),
)

rule_states = sa.Table(
    "rule_states",
    metadata,
    key("rule_id"),
    *named("mode"),
    *texts("limits"),
    *instants("live_since", "first_seen_at"),
    *codes("pack"),
)

alerts = sa.Table(
    "alerts",
    metadata,
    key("id"),
    *named("fingerprint"),
    sa.Column("episode", sa.Integer(), nullable=False),
    *named("rule_id", "object", "record_id", "connection"),
    *codes("subject"),
    *named("severity", "state"),
    *instants("due_at", "anchor", "warn_at", "breach_at"),
    *instants("opened_at", "warned_at", "breached_at", "warn_told_at", "breach_told_at"),
    *counts("repeats", "reopens", "snoozes"),
    *instants("snoozed_until", "ask_at", "hushed_until"),
    *codes("snoozed_by", "snooze_ends", "hushed_by"),
    *texts("snooze_reason"),
    *instants("resolving_since", "resolved_at"),
    *codes("cause"),
    *instants("acted_at"),
    *codes("acted_as"),
    *marks("backlog", "shadow", "holdout", "resolved_since_told"),
    *codes("muted_by"),
    *documents("ladder", "told"),
    *counts("climbed"),
    *instants("counts_from", "climb_at"),
    *instants("updated_at"),
    *counts("version"),
    *codes("moved_from"),
    sa.UniqueConstraint("fingerprint", "episode"),
    index("ix_alerts_open", "record_id", where="state <> 'resolved'"),
    index("ix_alerts_record_id", "record_id"),
    index("ix_alerts_due_at", "due_at", where="due_at IS NOT NULL"),
    index("ix_alerts_late", "rule_id", "record_id", "breach_at", "severity", where=_LATE),
    index("ix_alerts_moved_from", "moved_from", where="moved_from IS NOT NULL"),
)

tokens = sa.Table(
    "tokens",
    metadata,
    key("id"),
    *texts("name"),
    *named("hash"),
    *documents("scopes"),
    *instants("created_at", "expires_at", "revoked_at", "last_used_at"),
    *codes("person"),
    *documents("deals"),
    sa.UniqueConstraint("hash"),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", Counter, primary_key=True),
    sa.Column("at", sa.BigInteger(), nullable=False),
    *named("actor", "action", "object"),
    *documents("before", "after"),
    *codes("request"),
    index("ix_audit_object", "object", "id"),
    sqlite_autoincrement=True,
)

facts = sa.Table("facts", metadata, sa.Column("key", Code, primary_key=True), *documents("value"))
