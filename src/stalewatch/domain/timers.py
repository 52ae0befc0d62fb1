"""When an alert changes by itself: the timer that the tick looks at."""

from __future__ import annotations

from msgspec.structs import replace

from stalewatch.domain.alerts import Alert, AlertState, Policy


def timed(alert: Alert, policy: Policy) -> Alert:
    """Set the state's name and the alert's own timer, the next moment at which it changes by itself."""
    match alert.state:
        case AlertState.RESOLVING:
            return replace(alert, due_at=(alert.resolving_since or 0) + policy.keep_for)
        case AlertState.SNOOZED | AlertState.CLAIMED:
            return replace(alert, due_at=_held_until(alert))
        case AlertState.WAITING:
            return replace(alert, due_at=None)  # the clock's own edge ends the wait
        case AlertState.RESOLVED:
            return replace(alert, due_at=None)
    quiet = AlertState.SHADOW if alert.shadow else AlertState.BACKLOG if alert.backlog else AlertState.OPEN
    climbs = None if alert.is_silent or alert.breached_at is None else alert.climb_at
    held = _held_until(alert)
    due = climbs if held is None else held
    return alert if alert.state is quiet and alert.due_at == due else replace(alert, state=quiet, due_at=due)


def _held_until(alert: Alert) -> int | None:
    """The moment at which nothing that holds it back does so any more."""
    untils = (alert.snoozed_until, alert.hushed_until, alert.ask_at)
    return max((until for until in untils if until is not None), default=None)


def resting(alert: Alert, now: int) -> Alert:
    """A timer that rang while nothing may change is spent: what lets the alert go on makes its record due."""
    return replace(alert, due_at=None) if alert.due_at is not None and alert.due_at <= now else alert
