"""Messages that say what is no longer so: whatever changes an alert asks for them to be edited, where they can be."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

from stalewatch.domain.alerts import Alert
from stalewatch.domain.instants import DAY, SECOND
from stalewatch.store import edits, outbox
from stalewatch.store.engine import Connection

DEBOUNCE: Final = 45 * SECOND
"""An edit waits so long for the next change, so that a flurry of them is one edit."""
KEPT: Final = 30 * DAY
"""Messages older than this stay as they are: nobody scrolls back so far."""


def ask(conn: Connection, alert_ids: Collection[str], now: int) -> None:
    """Let the messages that told of these alerts be edited soon, in the transaction that changes the alerts."""
    if alert_ids:
        targets = edits.ask(conn, alert_ids, since=now - KEPT, at=now, due_at=now + DEBOUNCE)
        outbox.call(conn, dict.fromkeys(targets, now + DEBOUNCE))


def changed(steps: Iterable[tuple[Any, Alert]]) -> list[str]:
    """The ids of alerts that stand otherwise than their stored row says, to readers who were told of them."""
    return [before.id for before, alert in steps if _stands_otherwise(before, alert)]


def _stands_otherwise(before: Any, alert: Alert) -> bool:
    if before is None or before.episode != alert.episode or not (before.warn_told_at or before.breach_told_at):
        return False
    was = (before.state, before.snoozed_until, before.hushed_until, before.breached_at is None, before.muted_by)
    by_now = (alert.state, alert.snoozed_until, alert.hushed_until, alert.breached_at is None, alert.muted_by)
    return (*was, before.ask_at) != (*by_now, alert.ask_at)
