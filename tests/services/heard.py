"""What people heard, what is still on its way, and how an alert stands: what stories assert on."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from stalewatch.store.tables import alerts, clocks, deliveries, notices
from tests.services.world import World

QUIET = """
stalewatch: 1
pack: small
title: {en: Small, ja: 小}
rules:
  - id: quiet
    title: {en: Quiet, ja: 静か}
    watch: deal
    start: {latest_of: [created_at, last_meeting_at, next_meeting_at]}
    within: 14d
    pause: {until: hold_until, from: hold_set_at, max: 60d}
    warn: 4d
    severity: critical
"""
"""Quiet for 14 days: a meeting moves the clock, a hold stops it."""

EMPTY_STEP = """
stalewatch: 1
pack: small
title: {en: Small, ja: 小}
rules:
  - id: no-step
    title: {en: No next step, ja: 次なし}
    watch: deal
    start: {since: {next_step: empty}}
    within: 2bd
    severity: warning
"""
"""Since the next step became empty: one clock that starts by a condition."""


def rows(world: World, table: sa.Table) -> list[Any]:
    """Every row of a table, the oldest first."""
    order = [table.c[name] for name in ("created_at", "opened_at") if name in table.c] + list(table.primary_key)
    with world.db.read() as conn:
        return list(conn.execute(sa.select(table).order_by(*order)))


def called_for(world: World, name: str = "acme", rule: str | None = None) -> list[str]:
    """Every message that a deal called for, as `episode:kind`, in the order in which it did."""
    mine = [row for row in rows(world, notices) if row.record_id == f"crm:{name}" and rule in (None, row.rule_id)]
    ordered = sorted(mine, key=lambda row: (row.created_at, row.kind not in ("warn", "resolve")))
    return [f"{row.alert_id.rpartition('.')[2]}:{row.kind}" for row in ordered]


def fate(world: World) -> dict[str, list[str]]:
    """What became of the notices: `kind` by state, or by the reason for which they wait."""
    found: dict[str, list[str]] = {}
    for row in rows(world, notices):
        found.setdefault(row.state if row.state in ("told", "claimed") else f"{row.state}: {row.reason}", []).append(
            row.kind
        )
    return found


def titles(world: World, name: str = "sato") -> list[str]:
    """The titles of the messages that somebody got."""
    return [message.title for message in world.mail.messages if name in message.target]


def count_to(world: World, name: str = "sato") -> int:
    """How many messages somebody got."""
    return len(titles(world, name))


def alert(world: World, name: str = "acme", rule: str | None = None) -> Any:
    """The newest episode of a deal's only problem, or of its problem by one rule; None if there never was any."""
    mine = [row for row in rows(world, alerts) if row.record_id == f"crm:{name}" and rule in (None, row.rule_id)]
    return max(mine, key=lambda row: row.episode, default=None)


def state(world: World, name: str = "acme", rule: str | None = None) -> str:
    """How that alert stands: its state, and its cause once it is resolved."""
    row = alert(world, name, rule)
    return "none" if row is None else f"resolved: {row.cause}" if row.state == "resolved" else str(row.state)


def delivery_states(world: World) -> list[str]:
    """The state of every delivery to somebody else than the operator."""
    return [row.state for row in rows(world, deliveries) if row.target != "operator"]


def next_at(world: World, name: str = "acme") -> int | None:
    """When a deal is looked at next."""
    return next((row.next_at for row in rows(world, clocks) if row.record_id == f"crm:{name}"), None)
