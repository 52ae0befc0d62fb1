"""When an alert changes by itself: the timer that the tick looks at."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from stalewatch.domain.alerts import Alert, AlertState, Policy

_OPEN: Final = AlertState.OPEN
"""Of ten thousand alerts that a tick looks at most are open: a name of the module's is found at once."""
_NEVER_HELD: Final = (None, None, None)


def timed(alert: Alert, policy: Policy) -> Alert:
    """Set the state's name and the alert's own timer, the next moment at which it changes by itself."""
    if alert.state is not _OPEN:
        return _named(alert, policy)
    return _speaking(alert)


def _named(alert: Alert, policy: Policy) -> Alert:
    match alert.state:
        case AlertState.RESOLVING:
            return replace(alert, due_at=(alert.resolving_since or 0) + policy.keep_for)
        case AlertState.SNOOZED | AlertState.CLAIMED:
            return replace(alert, due_at=_held_until(alert))
        case AlertState.WAITING:
            return replace(alert, due_at=None)  # the clock's own edge ends the wait
        case AlertState.RESOLVED:
            return replace(alert, due_at=None)
    return _speaking(alert)


def _speaking(alert: Alert) -> Alert:
    """One whose trouble holds and that nothing holds back: open, unless it is silent."""
    quiet = AlertState.SHADOW if alert.shadow else AlertState.BACKLOG if alert.backlog else _OPEN
    climbs = None if alert.is_silent or alert.breached_at is None else alert.climb_at
    held = _held_until(alert)
    due = climbs if held is None else held
    return alert if alert.state is quiet and alert.due_at == due else replace(alert, state=quiet, due_at=due)


def _held_until(alert: Alert) -> int | None:
    """The moment at which nothing that holds it back does so any more."""
    untils = (alert.snoozed_until, alert.hushed_until, alert.ask_at)
    if untils == _NEVER_HELD:
        return None
    return max(until for until in untils if until is not None)


def resting(alert: Alert, now: int) -> Alert:
    """A timer that rang while nothing may change is spent: what lets the alert go on makes its record due."""
    return replace(alert, due_at=None) if alert.due_at is not None and alert.due_at <= now else alert
