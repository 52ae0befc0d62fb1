"""The first schema: records, clocks, alerts, notices and deliveries, leased rows, the audit log."""

# Frozen: its helpers repeat those of the store on purpose, so that later changes there cannot reach back.

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Columns = list[sa.Column[Any]]


def key(name: str) -> sa.Column[Any]:
    return sa.Column(name, CODE, primary_key=True)


def codes(*names: str) -> Columns:
    return [sa.Column(name, CODE) for name in names]


def named(*names: str) -> Columns:
    return [sa.Column(name, CODE, nullable=False) for name in names]


def texts(*names: str) -> Columns:
    return [sa.Column(name, sa.Text()) for name in names]


def instants(*names: str) -> Columns:
    return [sa.Column(name, sa.BigInteger()) for name in names]


def numbers(*names: str) -> Columns:
    return [sa.Column(name, sa.Integer()) for name in names]


def counts(*names: str) -> Columns:
    return [sa.Column(name, sa.Integer(), nullable=False, server_default="0") for name in names]


def flags(*names: str) -> Columns:
    return [sa.Column(name, sa.Boolean()) for name in names]


def marks(*names: str) -> Columns:
    return [sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()) for name in names]


documents = texts


def lease() -> Columns:
    return [
        *instants("due_at"),
        sa.Column("lease_until", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("fence", sa.BigInteger(), nullable=False, server_default="0"),
        *counts("attempts"),
        *instants("parked_at"),
    ]


def index(name: str, table: str, *columns: str, where: str | None = None) -> None:
    condition = None if where is None else sa.text(where)
    op.create_index(name, table, list(columns), sqlite_where=condition, postgresql_where=condition)


def upgrade() -> None:
    records()
    evidence()
    judgement()
    delivery()
    house()
    guard_audit()
    if op.get_bind().dialect.name == "postgresql":
        # A share of a large table would let fired entries pile up in the index that every tick reads.
        op.execute("ALTER TABLE clocks SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)")


def records() -> None:
    op.create_table(
        "connections",
        key("id"),
        *named("type"),
        *documents("cursor", "coverage", "counts"),
        *lease(),
        *instants("first_sync_at", "data_at", "last_sync_at"),
        *texts("last_error"),
    )

    op.create_table(
        "deals",
        key("id"),
        *named("connection", "external_id", "object"),
        *texts("name"),
        *codes("owner", "team"),
        *texts("url"),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        *codes("outcome"),
        *instants("created_at", "closed_at", "modified_at", "first_seen_at", "seen_at", "gone_at"),
        *codes("pipeline", "stage", "segment", "forecast_category"),
        *instants("amount", "previous_amount"),
        *texts("amount_original"),
        *codes("currency"),
        *numbers("close_date", "next_step_due", "decision_date", "hold_until"),
        *instants("stage_entered_at", "last_meeting_at", "next_meeting_at", "meeting_ends_at"),
        *instants("last_customer_activity_at", "last_seller_activity_at", "hold_set_at", "loss_check_sent_at"),
        *numbers("seller_touches_since_customer", "close_date_pushes", "stakeholders", "wait_count"),
        *texts("next_step"),
        *documents("fields", "unreadable"),
    )
    index("ix_deals_connection", "deals", "connection", "object", "id")
    index("ix_deals_owner", "deals", "owner")

    op.create_table(
        "leads",
        key("id"),
        *named("connection", "external_id", "object"),
        *texts("name"),
        *codes("owner", "team"),
        *texts("url"),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        *codes("outcome"),
        *instants("created_at", "closed_at", "modified_at", "first_seen_at", "seen_at", "gone_at"),
        *codes("status"),
        *texts("source"),
        *codes("icp_fit"),
        *instants("mql_at", "handed_off_at", "first_touch_at"),
        *flags("accepted"),
        *documents("fields", "unreadable"),
    )
    index("ix_leads_connection", "leads", "connection", "object", "id")
    index("ix_leads_owner", "leads", "owner")

    op.create_table(
        "people",
        key("id"),
        *named("connection", "external_id"),
        *texts("name"),
        *codes("email"),
        sa.Column("active", sa.Boolean(), nullable=False),
        *codes("manager", "team", "zone", "language"),
    )
    index("ix_people_email", "people", "email")


def evidence() -> None:
    op.create_table(
        "activities",
        key("id"),
        *named("connection", "kind", "actor"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *instants("ends_at", "recorded_at"),
        *codes("meeting"),
        *documents("people"),
        *marks("inferred"),
    )

    op.create_table(
        "activity_records",
        key("record_id"),
        key("activity_id"),
        sqlite_with_rowid=False,
    )
    index("ix_activity_records_activity_id", "activity_records", "activity_id")

    op.create_table(
        "changes",
        key("record_id"),
        key("field"),
        sa.Column("at", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("ordinal", sa.Integer(), primary_key=True, autoincrement=False),
        *documents("value"),
        *named("source"),
        *instants("seen_at"),
        sqlite_with_rowid=False,
    )

    op.create_table(
        "events",
        key("record_id"),
        key("kind"),
        key("subject"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("began", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )

    op.create_table(
        "waits",
        key("id"),
        *named("record_id"),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        *numbers("until_day"),
        *texts("reason", "who", "evidence"),
        *codes("set_by"),
        *instants("ended_at"),
        *codes("ended_because"),
    )
    index("ix_waits_record_id", "waits", "record_id")


def judgement() -> None:
    op.create_table(
        "clocks",
        key("record_id"),
        *named("connection", "object"),
        sa.Column("entries", sa.Text(), nullable=False),
        *instants("next_at", "breach_at"),
        *codes("ruleset"),
        *instants("judged_at"),
    )
    index("ix_clocks_due", "clocks", "connection", "next_at", where="next_at IS NOT NULL")

    op.create_table(
        "rule_states",
        key("rule_id"),
        *named("mode"),
        *texts("limits"),
        *instants("live_since", "first_seen_at"),
        *codes("pack"),
    )

    op.create_table(
        "alerts",
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
    )
    index("ix_alerts_open", "alerts", "record_id", where="state <> 'resolved'")
    index("ix_alerts_record_id", "alerts", "record_id")
    index("ix_alerts_due_at", "alerts", "due_at", where="due_at IS NOT NULL")


def delivery() -> None:
    op.create_table(
        "notices",
        key("key"),
        *codes("alert_id", "record_id", "rule_id"),
        *named("kind"),
        *counts("n"),
        *named("target", "style", "state"),
        *codes("reason", "severity"),
        *instants("not_before", "edge_at", "created_at"),
        *codes("delivery_id"),
        *instants("told_at"),
    )
    index("ix_notices_target", "notices", "target", "state", "not_before")
    index("ix_notices_delivery_id", "notices", "delivery_id")
    index("ix_notices_alert_id", "notices", "alert_id")

    op.create_table(
        "deliveries",
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
    )
    index("ix_deliveries_target", "deliveries", "target", "state", "created_at")
    index("ix_deliveries_look_at", "deliveries", "look_at", where="look_at IS NOT NULL")
    index("ix_deliveries_state", "deliveries", "state", "created_at")

    op.create_table(
        "destinations",
        key("target"),
        *lease(),
        *texts("paused_reason"),
    )
    index("ix_destinations_due_at", "destinations", "due_at", where="due_at IS NOT NULL")


def house() -> None:
    op.create_table(
        "quarantine",
        key("connection"),
        key("ref"),
        *named("reason"),
        *texts("detail"),
        *instants("at"),
        *codes("object"),
    )

    op.create_table(
        "tokens",
        key("id"),
        *texts("name"),
        *named("hash"),
        *documents("scopes"),
        *instants("created_at", "expires_at", "revoked_at", "last_used_at"),
        sa.UniqueConstraint("hash"),
    )

    op.create_table(
        "audit",
        sa.Column("id", COUNTER, primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *named("actor", "action", "object"),
        *documents("before", "after"),
        *codes("request"),
        sqlite_autoincrement=True,
    )
    index("ix_audit_object", "audit", "object", "id")

    op.create_table("facts", key("key"), *documents("value"))


SQLITE_GUARD = """
CREATE TRIGGER audit_refuses_{event} BEFORE {event} ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log can only be added to'); END
"""
POSTGRESQL_GUARD = """
CREATE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit log can only be added to'; END $$;
CREATE TRIGGER audit_refuses BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses();
"""


def guard_audit() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(POSTGRESQL_GUARD)
        return
    for event in ("UPDATE", "DELETE"):
        op.execute(SQLITE_GUARD.format(event=event))


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_refuses()")


TABLES = (
    "connections",
    "deals",
    "leads",
    "people",
    "activities",
    "activity_records",
    "changes",
    "events",
    "waits",
    "clocks",
    "rule_states",
    "alerts",
    "notices",
    "deliveries",
    "destinations",
    "quarantine",
    "tokens",
    "audit",
    "facts",
)
