"""How an alert climbs its ladder: level after level, while it is late, was told, and nobody acts.

The time of a level counts from the moment at which the alert's last word (breach, reopen, or the repeat after
somebody acted) was delivered. A level that comes late, since a mute or an outage held it back, moves those behind it.
"""

from __future__ import annotations

from dataclasses import replace

from stalewatch.domain.alerts import Alert, Kind, Policy, Said


def planned(alert: Alert, now: int, policy: Policy) -> Alert:
    """The alert with the moment of its next level, once it is known when its last word was delivered."""
    if alert.climb_at is not None or alert.counts_from is None or alert.climbed >= len(alert.ladder):
        return alert
    due = policy.climb(alert.counts_from, alert.ladder[alert.climbed].after)
    return replace(alert, climb_at=max(due, now))


def due(alert: Alert, now: int) -> Said | None:
    """The message of the level whose time has come."""
    if alert.climb_at is None or now < alert.climb_at or alert.climbed >= len(alert.ladder):
        return None
    level = alert.ladder[alert.climbed]
    if level.again:
        return Said(Kind.REPEAT, alert.repeats + 1, level)
    return Said(Kind.ESCALATE, alert.climbed + 1, level)


def climbed(alert: Alert, now: int, policy: Policy) -> Alert:
    """One level higher. The next one keeps its distance where this one came late, and is never due in this moment."""
    late = now - (alert.climb_at or now)
    there = replace(alert, climbed=alert.climbed + 1, climb_at=None)
    if there.climbed >= len(there.ladder) or there.counts_from is None:
        return there
    after = there.ladder[there.climbed].after
    if policy.climb(there.counts_from, after) <= now:
        there = replace(there, counts_from=there.counts_from + late)
    return replace(there, climb_at=max(policy.climb(there.counts_from or now, after), now + 1))


def restarted(alert: Alert) -> Alert:
    """It was said anew: the ladder goes on from its level, and its time counts from when this is delivered."""
    return replace(alert, counts_from=None, climb_at=None)
