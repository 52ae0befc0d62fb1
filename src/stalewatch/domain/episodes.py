"""The life of an alert: what opens, what is told, what resolves (rules.md, "Identity and episodes").

`step` takes the latest episode of one problem, what its clock says now, and the time; it answers with the
episode as it is from now on and the messages that this moment calls for. It is the only place where either
changes, whoever calls it: a tick, a sync, a replay of history.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from stalewatch.domain import climbing
from stalewatch.domain.alerts import Alert, AlertState, Cause, Hush, Kind, Policy, Reading, Said, Step
from stalewatch.domain.answered import acknowledge, claim, crm_changed, end_snooze, snooze
from stalewatch.domain.deadlines import State
from stalewatch.domain.timers import resting, timed

_BREACHED: Final = State.BREACHED
"""Asked for several times for every alert; a name of the module's is found at once, one of an enum's is not."""

__all__ = (
    "acknowledge", "claim", "crm_changed", "dismiss", "end", "end_snooze", "is_late_by", "overruled", "snooze",
    "stands", "step",
)  # fmt: skip


def step(latest: Alert | None, mark: str, clock: Reading, now: int, policy: Policy) -> Step:
    """Take the latest episode of a problem to `now`.

    Args:
        latest: the episode with the highest number, None if there never was one.
        mark: the problem's fingerprint, for an episode that opens.
    """
    if clock.state is State.CANNOT_JUDGE:
        return Step(latest if latest is None else resting(latest, now))
    if latest is not None and not latest.is_over:
        # Its rule went live, or fell silent again; and what is to speak after all is not measured any more.
        latest = replace(latest, shadow=policy.shadow, holdout=latest.holdout and policy.holdout)
    if latest is None or latest.is_over:
        if clock.state not in (State.AT_RISK, State.BREACHED) or _was_dismissed(latest, clock):
            return Step(latest)
        return _speak(_opened(latest, mark, clock, now, policy), clock, now, policy)
    if clock.state is State.PAUSED:
        return Step(timed(_waiting(latest, clock, now, policy), policy))
    if _holds_on(latest, clock):
        return _speak(_back(latest, clock, now, policy), clock, now, policy)
    return _fade(latest, clock, now, policy)


def end(alert: Alert, cause: Cause, now: int) -> Step:
    """Resolve at once: the rule changed, the record vanished, or somebody said so."""
    over = replace(
        alert, state=AlertState.RESOLVED, cause=cause, resolved_at=now, due_at=None, snoozed_until=None, ask_at=None,
        hushed_until=None, hushed_by=None, counts_from=None, climb_at=None, muted_by=None,
        resolved_since_told=alert.breach_told,
    )  # fmt: skip
    return Step(over, (Said(Kind.RESOLVE, 1 + alert.reopens),) if alert.was_told else ())


def dismiss(alert: Alert, cause: Cause, now: int) -> Step:
    """Resolve at once by a person's word (`false_alarm`, `lost`), which stands as long as the same clock runs on.

    Raises:
        ValueError: for a cause that is no such word.
    """
    if not cause.is_verdict:
        raise ValueError(f"{cause} is nobody's verdict")
    return end(alert, cause, now)


def is_late_by(alert: Alert, clock: Reading) -> bool:
    """Whether a clock says what an open alert says; a wait does not end it."""
    return clock.state is State.PAUSED or _holds_on(alert, clock)


def stands(alert: Alert, clock: Reading) -> bool:
    """The same, or nobody can tell."""
    return clock.state is State.CANNOT_JUDGE or is_late_by(alert, clock)


def overruled(alert: Alert, now: int, keep_for: int) -> Alert:
    """An open alert whose trouble is none by other rules: it ends in `keep_for` (µs), unless it comes back."""
    return replace(
        alert, state=AlertState.RESOLVING, resolving_since=now, due_at=now + keep_for, cause=Cause.RULE_CHANGED,
        ask_at=None,
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------ opening


def _opened(latest: Alert | None, mark: str, clock: Reading, now: int, policy: Policy) -> Alert:
    late = policy.live_since is not None and clock.state is State.BREACHED and clock.breach_at <= policy.live_since
    backlog = late and (latest is None or (latest.resolved_at or 0) <= (policy.live_since or 0))
    if latest is not None and _is_same_story(latest, clock, policy):
        return replace(
            latest, state=AlertState.OPEN, anchor=clock.anchor, warn_at=clock.warn_at, breach_at=clock.breach_at,
            reopens=latest.reopens + 1, resolving_since=None, resolved_at=None, cause=None, backlog=backlog,
            shadow=policy.shadow, holdout=latest.holdout and policy.holdout,
        )  # fmt: skip
    return Alert(
        fingerprint=mark, episode=1 if latest is None else latest.episode + 1, state=AlertState.OPEN,
        anchor=clock.anchor, warn_at=clock.warn_at, breach_at=clock.breach_at, opened_at=now,
        backlog=backlog, shadow=policy.shadow, holdout=policy.holdout, ladder=policy.ladder,
    )  # fmt: skip


def _was_dismissed(latest: Alert | None, clock: Reading) -> bool:
    """Whether a person's word still stands: the clock has not stopped, nor begun anew, since it was said.

    A start that late history moves back is no new one.
    """
    if latest is None or latest.cause is None or not latest.cause.is_verdict:
        return False
    return clock.ran_since <= (latest.resolved_at or 0) or clock.anchor < latest.anchor


def _is_same_story(latest: Alert, clock: Reading, policy: Policy) -> bool:
    """Resolved no longer than reopen_within before the clock ran again, from the same anchor or by condition.

    What somebody dismissed is a new story when it begins again.
    """
    if latest.cause is not None and latest.cause.is_verdict:
        return False
    resolved = latest.resolved_at or 0
    in_time = clock.ran_since <= policy.reopens_until(resolved)
    return in_time and (clock.by_condition or clock.anchor == latest.anchor)


# ------------------------------------------------------------------------------------------------ going on


def _holds_on(alert: Alert, clock: Reading) -> bool:
    """Whether the trouble that the alert speaks of is still there."""
    match clock.state:
        case State.BREACHED:
            return True
        case State.AT_RISK:
            # A deadline that lies ahead again after its breach has moved: that trouble is over.
            return alert.breached_at is None or (clock.was_paused and clock.anchor == alert.anchor)
        case State.WATCHING:
            return clock.was_paused and clock.anchor == alert.anchor  # a wait is never a resolve
        case _:
            return False


def _back(alert: Alert, clock: Reading, now: int, policy: Policy) -> Alert:
    """The trouble holds: out of a flap, a snooze that ended, a wait that ended, perhaps before its day."""
    ask_at = None if alert.ask_at is None else min(alert.ask_at, policy.close_of_day(now))
    return replace(
        alert, state=_named(alert, now), anchor=clock.anchor, warn_at=clock.warn_at, breach_at=clock.breach_at,
        resolving_since=None, cause=None, ask_at=ask_at,
    )  # fmt: skip


def _named(alert: Alert, now: int) -> AlertState:
    """What an alert is called whose trouble holds."""
    if alert.snoozed_until is not None and now < alert.snoozed_until:
        return AlertState.SNOOZED
    claimed = alert.hushed_by is Hush.CLAIMED and now < (alert.hushed_until or 0)
    return AlertState.CLAIMED if claimed else AlertState.OPEN


def _waiting(alert: Alert, clock: Reading, now: int, policy: Policy) -> Alert:
    until = clock.paused_until
    ask_at = None if until is None else policy.close_of_day(until)
    alert = replace(
        alert, state=AlertState.WAITING, ask_at=ask_at, resolving_since=None, cause=None,
        anchor=clock.anchor, warn_at=clock.warn_at, breach_at=clock.breach_at,
    )  # fmt: skip
    return _eased(alert, clock, now)


def _eased(alert: Alert, clock: Reading, now: int) -> Alert:
    """A wait that puts the deadline ahead again ends the lateness, though not the story."""
    return replace(alert, breached_at=None) if clock.breach_at > now and alert.breached_at is not None else alert


def _speak(alert: Alert, clock: Reading, now: int, policy: Policy) -> Step:
    """Say what this moment calls for, unless something holds it back."""
    if clock.state is _BREACHED and alert.breached_at is None:
        alert = replace(alert, breached_at=now, ask_at=now if alert.breach_told else alert.ask_at)
    alert = _eased(alert, clock, now)
    if _is_late_backlog(alert, clock, policy):
        alert = replace(alert, backlog=True)
    if alert.muted_by != policy.muted_by:
        alert = replace(alert, muted_by=policy.muted_by)
    if clock.state is State.WATCHING:
        return Step(resting(timed(replace(alert, ask_at=None), policy), now))
    if _is_held_back(alert, clock, now):
        return Step(timed(alert, policy))
    alert = climbing.planned(alert, now, policy)
    woke = _woke(alert)
    said = _call(alert, clock, woke=woke)
    if said is None and clock.state is _BREACHED:
        said = climbing.due(alert, now)
    if said is not None and policy.muted_by is not None:
        # Not told, so that it is told when the other one falls silent: then the record is looked at anyway.
        return Step(resting(timed(alert, policy), now))
    if woke or alert.hushed_by is not None:
        alert = replace(alert, snoozed_until=None, hushed_until=None, hushed_by=None, ask_at=None)
    if said is None or alert.is_silent:
        return Step(timed(alert, policy))
    return Step(timed(_told(alert, said, now, policy), policy), (said,))


def _is_late_backlog(alert: Alert, clock: Reading, policy: Policy) -> bool:
    since = policy.live_since
    if since is None or alert.breach_told or clock.state is not _BREACHED:
        return False
    return clock.breach_at <= since and alert.opened_at <= since


def _is_held_back(alert: Alert, clock: Reading, now: int) -> bool:
    snoozed, hushed = alert.snoozed_until, alert.hushed_until
    if (snoozed is not None and now < snoozed) or (hushed is not None and now < hushed):
        return True
    return alert.ask_at is not None and clock.state is _BREACHED and now < alert.ask_at


def _woke(alert: Alert) -> bool:
    """Whether something held it back that is over by now."""
    return alert.snoozed_until is not None or alert.hushed_until is not None or alert.ask_at is not None


def _call(alert: Alert, clock: Reading, *, woke: bool) -> Said | None:
    """Which message is due, if any: each kind once, a repeat only after a snooze or a wait."""
    if clock.state is State.AT_RISK:
        return None if alert.warn_told or alert.breach_told else Said(Kind.WARN)
    if not alert.breach_told:
        return Said(Kind.BREACH)
    if alert.resolved_since_told:
        return Said(Kind.REOPEN, alert.reopens)
    return Said(Kind.REPEAT, alert.repeats + 1) if woke else None


def _told(alert: Alert, said: Said, now: int, policy: Policy) -> Alert:
    if said.level is not None:
        alert = climbing.climbed(alert, now, policy)
    elif said.kind is not Kind.WARN:
        alert = climbing.restarted(alert)
    match said.kind:
        case Kind.WARN:
            return replace(alert, warn_told=True)
        case Kind.BREACH:
            return replace(alert, breach_told=True, resolved_since_told=False)
        case Kind.REPEAT:
            return replace(alert, repeats=said.n)
        case Kind.REOPEN:
            return replace(alert, resolved_since_told=False)
        case Kind.RESOLVE | Kind.ESCALATE:
            return alert


# ------------------------------------------------------------------------------------------------ ending


def _fade(alert: Alert, clock: Reading, now: int, policy: Policy) -> Step:
    """The trouble is gone: resolve at once if the record closed, else once it stayed away for keep_for."""
    if clock.state is State.CLOSED:
        return end(alert, Cause.CLOSED, now)
    since = alert.resolving_since if alert.resolving_since is not None else now
    cause = alert.cause if alert.cause is Cause.RULE_CHANGED else _cause(alert, clock)
    if now >= since + policy.keep_for:
        return end(alert, cause, now)
    fading = replace(alert, state=AlertState.RESOLVING, resolving_since=since, cause=cause, ask_at=None)
    return Step(timed(fading, policy))


def _cause(alert: Alert, clock: Reading) -> Cause:
    match clock.state:
        case State.SATISFIED:
            return Cause.SATISFIED
        case State.EXCEPTED:
            return Cause.EXCEPTED
        case State.NO_CLOCK if clock.by_condition:
            return Cause.SATISFIED
        case State.NO_CLOCK | State.NOT_APPLICABLE:
            return Cause.NO_LONGER_APPLIES
        case _:
            return Cause.DEADLINE_MOVED if clock.anchor == alert.anchor else Cause.RE_ANCHORED
