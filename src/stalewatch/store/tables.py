"""The tables. Private to the store: everything else calls its functions.

Instants are BIGINT microseconds since the epoch, dates INTEGER days since 1970-01-01, money BIGINT hundredths of the
project's currency, JSON is text. Ids of records, people and activities are "<connection>:<crm id>". There are no
foreign keys: a CRM sends rows in any order, and an owner may arrive after their deals.
"""

from __future__ import annotations

import sqlalchemy as sa

from stalewatch.store.columns import (
    Code,
    Counter,
    codes,
    counts,
    documents,
    flags,
    identity,
    index,
    instants,
    key,
    lease,
    marks,
    named,
    numbers,
    texts,
)

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


connections = sa.Table(
    "connections",
    metadata,
    key("id"),
    *named("type"),
    *documents("cursor", "coverage", "counts"),
    *lease(),
    *instants("first_sync_at", "data_at", "last_sync_at"),
    *texts("last_error"),
)

deals = sa.Table(
    "deals",
    metadata,
    *identity(),
    *codes("pipeline", "stage", "segment", "forecast_category"),
    *instants("amount", "previous_amount"),
    *texts("amount_original"),
    *codes("currency"),
    *numbers("close_date", "next_step_due", "decision_date", "hold_until"),
    *instants("stage_entered_at", "last_meeting_at", "next_meeting_at", "meeting_ends_at"),
    *instants("last_customer_activity_at", "last_seller_activity_at", "hold_set_at", "loss_check_sent_at"),
    *numbers("seller_touches_since_customer", "close_date_pushes", "stakeholders", "wait_count"),
    *texts("next_step"),
    *documents("fields", "unreadable", "contacts"),
    index("ix_deals_connection", "connection", "object", "id"),
    index("ix_deals_owner", "owner"),
)

leads = sa.Table(
    "leads",
    metadata,
    *identity(),
    *codes("status"),
    *texts("source"),
    *codes("icp_fit"),
    *instants("mql_at", "handed_off_at", "first_touch_at"),
    *flags("accepted"),
    *documents("fields", "unreadable"),
    index("ix_leads_connection", "connection", "object", "id"),
    index("ix_leads_owner", "owner"),
)

people = sa.Table(
    "people",
    metadata,
    key("id"),
    *named("connection", "external_id"),
    *texts("name"),
    *codes("email"),
    sa.Column("active", sa.Boolean(), nullable=False),
    *codes("manager", "team", "zone", "language"),
    index("ix_people_email", "email"),
)

activities = sa.Table(
    "activities",
    metadata,
    key("id"),
    *named("connection", "kind", "actor"),
    sa.Column("at", sa.BigInteger(), nullable=False),
    *instants("ends_at", "recorded_at"),
    *codes("meeting"),
    *documents("people"),
    *marks("inferred"),
)

activity_records = sa.Table(
    "activity_records",
    metadata,
    key("record_id"),
    key("activity_id"),
    index("ix_activity_records_activity_id", "activity_id"),
    sqlite_with_rowid=False,
)

changes = sa.Table(
    "changes",
    metadata,
    key("record_id"),
    key("field"),
    sa.Column("at", sa.BigInteger(), primary_key=True, autoincrement=False),
    sa.Column("ordinal", sa.Integer(), primary_key=True, autoincrement=False),
    *documents("value"),
    *named("source"),
    *instants("seen_at"),
    sqlite_with_rowid=False,
)

events = sa.Table(
    "events",
    metadata,
    key("record_id"),
    key("kind"),
    key("subject"),
    sa.Column("at", sa.BigInteger(), nullable=False),
    sa.Column("began", sa.BigInteger(), nullable=False),
    sqlite_with_rowid=False,
)

waits = sa.Table(
    "waits",
    metadata,
    key("id"),
    *named("record_id"),
    sa.Column("set_at", sa.BigInteger(), nullable=False),
    *numbers("until_day"),
    *texts("reason", "who", "evidence"),
    *codes("set_by"),
    *instants("ended_at"),
    *codes("ended_because"),
    index("ix_waits_record_id", "record_id"),
)

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
    *instants("snoozed_until", "ask_at"),
    *codes("snoozed_by"),
    *texts("snooze_reason"),
    *instants("resolving_since", "resolved_at"),
    *codes("cause"),
    *instants("acted_at"),
    *codes("acted_as"),
    *marks("backlog", "shadow", "resolved_since_told"),
    *codes("muted_by"),
    *documents("ladder", "told"),
    *instants("updated_at"),
    *counts("version"),
    sa.UniqueConstraint("fingerprint", "episode"),
    index("ix_alerts_open", "record_id", where="state <> 'resolved'"),
    index("ix_alerts_record_id", "record_id"),
    index("ix_alerts_due_at", "due_at", where="due_at IS NOT NULL"),
)

notices = sa.Table(
    "notices",
    metadata,
    key("key"),
    *codes("alert_id", "record_id", "rule_id"),
    *named("kind"),
    *counts("n"),
    *named("target", "style", "state"),
    *codes("reason", "severity"),
    *instants("not_before", "edge_at", "created_at"),
    *codes("delivery_id"),
    *instants("told_at"),
    index("ix_notices_target", "target", "state", "not_before"),
    index("ix_notices_delivery_id", "delivery_id"),
    index("ix_notices_alert_id", "alert_id"),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    key("id"),
    *named("key", "target"),
    *texts("address"),
    *named("style"),
    *codes("language"),
    *named("state"),
    *codes("reason", "text_hash"),
    *instants("not_before"),
    *counts("attempts"),
    *instants("fence", "sending_at", "look_at"),
    *counts("looks"),
    *instants("sent_at"),
    *documents("receipt"),
    *texts("error"),
    *codes("successor", "thread"),
    *instants("created_at", "updated_at"),
    *documents("body"),
    sa.UniqueConstraint("key"),
    index("ix_deliveries_target", "target", "state", "created_at"),
    index("ix_deliveries_look_at", "look_at", where="look_at IS NOT NULL"),
    index("ix_deliveries_state", "state", "created_at"),
)

destinations = sa.Table(
    "destinations",
    metadata,
    key("target"),
    *lease(),
    *texts("paused_reason"),
    index("ix_destinations_due_at", "due_at", where="due_at IS NOT NULL"),
)

quarantine = sa.Table(
    "quarantine",
    metadata,
    key("connection"),
    key("ref"),
    *named("reason"),
    *texts("detail"),
    *instants("at"),
    *codes("object"),
)

tokens = sa.Table(
    "tokens",
    metadata,
    key("id"),
    *texts("name"),
    *named("hash"),
    *documents("scopes"),
    *instants("created_at", "expires_at", "revoked_at", "last_used_at"),
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
