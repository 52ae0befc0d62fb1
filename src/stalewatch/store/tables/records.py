"""What the CRMs say: connections, records, people, activities, the changes of fields."""

from __future__ import annotations

import sqlalchemy as sa

from stalewatch.store.columns import (
    codes,
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
from stalewatch.store.tables.metadata import metadata

connections = sa.Table(
    "connections",
    metadata,
    key("id"),
    *named("type"),
    *documents("cursor", "coverage", "counts", "choices"),
    *lease(),
    *instants("first_sync_at", "data_at", "last_sync_at"),
    *texts("last_error"),
    *codes("account"),
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
    *flags("on_hold"),
    *texts("hold_reason"),
    *instants("last_partner_report_at"),
    *texts("report_reason_to_propose"),
    *codes("report_phase"),
    *texts("report_champion_activity"),
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
    *numbers("due"),
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
    *codes("ended_because", "ends"),
    *instants("due_at"),
    index("ix_waits_record_id", "record_id"),
    index("ix_waits_due_at", "due_at", where="ended_at IS NULL AND due_at IS NOT NULL"),
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
