"""What is said, answered and written back: notices, deliveries, edits, destinations, the inbox, writebacks."""

from __future__ import annotations

import sqlalchemy as sa

from stalewatch.store.columns import codes, counts, documents, index, instants, key, lease, named, texts
from stalewatch.store.tables.metadata import metadata

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
    index("ix_notices_held", "reason", "created_at", where="state = 'held'"),
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
    index("ix_deliveries_ended", "created_at", where="state IN ('dead', 'parked')"),
)

edits = sa.Table(
    "edits",
    metadata,
    key("delivery_id"),
    *named("target"),
    *instants("asked_at", "due_at"),
    *counts("attempts"),
    *codes("text_hash"),
    *instants("edited_at"),
    *texts("error"),
    index("ix_edits_target", "target", "due_at", where="due_at IS NOT NULL"),
)

destinations = sa.Table(
    "destinations",
    metadata,
    key("target"),
    *lease(),
    *texts("paused_reason"),
    *documents("place"),
    *instants("swept_at"),
    index("ix_destinations_due_at", "due_at", where="due_at IS NOT NULL"),
)

inbox = sa.Table(
    "inbox",
    metadata,
    key("id"),
    *named("kind"),
    *documents("payload"),
    sa.Column("received_at", sa.BigInteger(), nullable=False),
    *lease(),
    *instants("done_at"),
    *codes("outcome"),
    *texts("error"),
    index("ix_inbox_due_at", "due_at", where="due_at IS NOT NULL"),
)

writebacks = sa.Table(
    "writebacks",
    metadata,
    key("id"),
    *named("connection", "record_id", "object", "kind"),
    *documents("wish"),
    *named("actor", "state"),
    *codes("alert_id", "needs_id", "reason"),
    *instants("seen_version", "asked_at", "sending_at", "look_at"),
    *counts("looks"),
    *lease(),
    *instants("version", "ended_at"),
    *codes("ref"),
    *documents("answer"),
    *texts("error"),
    index("ix_writebacks_due_at", "due_at", where="due_at IS NOT NULL"),
    index("ix_writebacks_record_id", "record_id", "asked_at"),
    index("ix_writebacks_troubled", "ended_at", where="state IN ('refused', 'conflict', 'given_up')"),
)
