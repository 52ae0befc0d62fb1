"""The tables. Private to the store: everything else calls its functions.

Instants are BIGINT microseconds since the epoch, dates INTEGER days since 1970-01-01, money BIGINT hundredths of the
project's currency, JSON is text. Ids of records, people and activities are "<connection>:<crm id>". There are no
foreign keys between them: a CRM sends rows in any order, and an owner may arrive after their deals.
"""

from __future__ import annotations

from stalewatch.store.tables.access import roles, versions
from stalewatch.store.tables.answers import answers, losses
from stalewatch.store.tables.calling import accounts, permits, secrets
from stalewatch.store.tables.forecasting import forecast_days
from stalewatch.store.tables.hooks import hook_events, hook_marks
from stalewatch.store.tables.judgement import alerts, audit, clocks, facts, rule_states, tokens
from stalewatch.store.tables.keeping import audit_permits, tombstones
from stalewatch.store.tables.measuring import kpi_days, kpi_names, kpi_totals, kpi_work
from stalewatch.store.tables.messages import deliveries, destinations, edits, inbox, notices, writebacks
from stalewatch.store.tables.metadata import metadata
from stalewatch.store.tables.outside import links, loss_answers, partner_reports
from stalewatch.store.tables.readers import habits, homes
from stalewatch.store.tables.records import (
    activities,
    activity_records,
    changes,
    connections,
    deals,
    events,
    leads,
    people,
    quarantine,
    waits,
)
from stalewatch.store.tables.sessions import sessions
from stalewatch.store.tables.stalled import open_records, stalled, stalled_versions
from stalewatch.store.tables.suggesting import limit_suggestions
from stalewatch.store.tables.working import chores, workers

__all__ = [
    "accounts",
    "activities",
    "activity_records",
    "alerts",
    "answers",
    "audit",
    "audit_permits",
    "changes",
    "chores",
    "clocks",
    "connections",
    "deals",
    "deliveries",
    "destinations",
    "edits",
    "events",
    "facts",
    "forecast_days",
    "habits",
    "homes",
    "hook_events",
    "hook_marks",
    "inbox",
    "kpi_days",
    "kpi_names",
    "kpi_totals",
    "kpi_work",
    "leads",
    "limit_suggestions",
    "links",
    "loss_answers",
    "losses",
    "metadata",
    "notices",
    "open_records",
    "partner_reports",
    "people",
    "permits",
    "quarantine",
    "roles",
    "rule_states",
    "secrets",
    "sessions",
    "stalled",
    "stalled_versions",
    "tokens",
    "tombstones",
    "versions",
    "waits",
    "workers",
    "writebacks",
]
