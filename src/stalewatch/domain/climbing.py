"""How an alert climbs its ladder: level after level, while it is late, was told, and nobody acts.

The time of a level counts from the moment at which the alert's last word (breach, reopen, or the repeat after
somebody acted) was delivered. A level that comes late, since a mute or an outage held it back, moves those behind it.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from stalewatch.domain.alerts import Alert, Kind, Policy, Said
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.timers import timed

_NEXT_MORNING: Final = Duration(1, Unit.BUSINESS_DAY)


def planned(alert: Alert, now: int, policy: Policy) -> Alert:
    """The alert with the moment of its next level, once it is known when its last word was delivered."""
    if alert.climb_at is not None or alert.counts_from is None or alert.climbed >= len(alert.ladder):
        return alert
    due = policy.climb(alert.counts_from, alert.ladder[alert.climbed].after)
    return replace(alert, climb_at=max(due, now))


def delivered(alert: Alert, now: int, policy: Policy) -> Alert:
    """Its last word reached somebody: the time of its ladder counts from now."""
    return timed(planned(replace(alert, counts_from=now), now, policy), policy)


def due(alert: Alert, now: int) -> Said | None:
    """The message of the level whose time has come."""
    if alert.climb_at is None or now < alert.climb_at or alert.climbed >= len(alert.ladder):
        return None
    level = alert.ladder[alert.climbed]
    if level.again:
        return Said(Kind.REPEAT, alert.repeats + 1, level)
    return Said(Kind.ESCALATE, alert.climbed + 1, level)


def climbed(alert: Alert, now: int, policy: Policy) -> Alert:
    """One level higher. The next one keeps its distance where this one came late, and never comes on its heels."""
    there = replace(alert, climbed=alert.climbed + 1, climb_at=None)
    if there.climbed >= len(there.ladder) or there.counts_from is None:
        return there
    after, since = there.ladder[there.climbed].after, there.counts_from
    due = policy.climb(since, after)
    if due <= now:
        since += now - (alert.climb_at or now)
        due = policy.climb(since, after)
    if due <= now:
        due = max(policy.climb(now, _NEXT_MORNING), now + 1)
    return replace(there, counts_from=since, climb_at=due)


def restarted(alert: Alert) -> Alert:
    """It was said anew: the ladder goes on from its level, and its time counts from when this is delivered."""
    if alert.counts_from is None and alert.climb_at is None:
        return alert
    return replace(alert, counts_from=None, climb_at=None)
