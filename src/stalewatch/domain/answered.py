"""What people do about an alert, and what becomes of it: for a while nothing is said, then it is asked again.

Whether they may, and how long, is the caller's to check.
"""

from __future__ import annotations

from msgspec.structs import replace

from stalewatch.domain.alerts import Alert, AlertState, Hush, Policy
from stalewatch.domain.timers import timed


def snooze(alert: Alert, until: int, policy: Policy) -> Alert:
    """Hold back warn, breach, repeat and escalate until then. Limits are the caller's to check."""
    asleep = replace(alert, state=AlertState.SNOOZED, snoozed_until=until, snoozes=alert.snoozes + 1)
    return timed(replace(asleep, hushed_until=None, hushed_by=None), policy)


def end_snooze(alert: Alert, now: int) -> Alert:
    """What a snooze waited for has happened: what is still late is asked again at once."""
    if alert.snoozed_until is None or alert.snoozed_until <= now:
        return alert
    return replace(alert, snoozed_until=now, due_at=now)


def claim(alert: Alert, until: int, policy: Policy) -> Alert:
    """Somebody is at it: nothing is said until then (24 hours); what is still late then is asked again."""
    claimed = replace(alert, state=AlertState.CLAIMED, hushed_until=until, hushed_by=Hush.CLAIMED)
    return timed(replace(claimed, snoozed_until=None), policy)


def acknowledge(alert: Alert, until: int, policy: Policy) -> Alert:
    """Somebody has seen it: the same until then (three business days); the alert stays open. A snooze goes on."""
    return timed(replace(alert, hushed_until=until, hushed_by=Hush.ACKNOWLEDGED), policy)


def crm_changed(alert: Alert, until: int, policy: Policy) -> Alert:
    """Somebody works on the record: the same until then, where its breach was told; nobody's word is cut short."""
    if not alert.breach_told or alert.is_silent or alert.is_over or (alert.hushed_until or 0) >= until:
        return alert
    by = Hush.CLAIMED if alert.state is AlertState.CLAIMED else Hush.CRM_CHANGED
    return timed(replace(alert, hushed_until=until, hushed_by=by), policy)
