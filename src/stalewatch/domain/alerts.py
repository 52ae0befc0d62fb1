"""What an alert is: the identity of a problem, its episodes, and what may be said of them (rules.md).

How an episode goes on is in episodes.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2s

import numpy as np

from stalewatch.domain.calendar import Calendar
from stalewatch.domain.deadlines import State
from stalewatch.domain.durations import Duration, elapsed


class AlertState(StrEnum):
    """Where an episode stands."""

    OPEN = "open"
    SNOOZED = "snoozed"
    WAITING = "waiting"
    CLAIMED = "claimed"
    BACKLOG = "backlog"
    SHADOW = "shadow"
    RESOLVING = "resolving"
    RESOLVED = "resolved"


class Kind(StrEnum):
    """What a message says."""

    WARN = "warn"
    BREACH = "breach"
    REPEAT = "repeat"
    ESCALATE = "escalate"
    REOPEN = "reopen"
    RESOLVE = "resolve"


class Cause(StrEnum):
    """Why an episode ended."""

    SATISFIED = "satisfied"
    RE_ANCHORED = "re_anchored"
    DEADLINE_MOVED = "deadline_moved"
    NO_LONGER_APPLIES = "no_longer_applies"
    CLOSED = "closed"
    EXCEPTED = "excepted"
    RULE_CHANGED = "rule_changed"
    DATA_LOST = "data_lost"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one clock says at a moment.

    Attributes:
        ran_since: the moment since which it has had this anchor and a deadline without a break.
        paused_until: end of the wait that holds now, else None.
        was_paused: whether a wait after the anchor moved its deadline.
        by_condition: True for a `since` clock: it stops when its condition is no longer true.
    """

    state: State
    anchor: int
    warn_at: int
    breach_at: int
    ran_since: int
    paused_until: int | None = None
    was_paused: bool = False
    by_condition: bool = False


@dataclass(frozen=True, slots=True)
class Alert:
    """One episode of one problem. Instants are microseconds since the epoch, None where there is none."""

    fingerprint: str
    episode: int
    state: AlertState
    anchor: int
    warn_at: int
    breach_at: int
    opened_at: int
    breached_at: int | None = None
    warn_told: bool = False
    breach_told: bool = False
    repeats: int = 0
    reopens: int = 0
    resolved_since_told: bool = False
    snoozes: int = 0
    snoozed_until: int | None = None
    ask_at: int | None = None
    backlog: bool = False
    shadow: bool = False
    muted_by: str | None = None
    resolving_since: int | None = None
    resolved_at: int | None = None
    cause: Cause | None = None
    due_at: int | None = None

    @property
    def is_over(self) -> bool:
        return self.state is AlertState.RESOLVED

    @property
    def was_told(self) -> bool:
        return (self.warn_told or self.breach_told) and not (self.backlog or self.shadow)


@dataclass(frozen=True, slots=True)
class Policy:
    """What governs the steps of one rule on one record.

    Attributes:
        keep_for: microseconds that a clock must stay satisfied before its alert resolves.
        reopens_until: from a resolve, the last moment at which the same trouble is the same episode.
        close_of_day: the calendar's close on the local date of an instant.
        live_since: when the rule began to speak here; what was breached by then is backlog. None: no backlog.
        shadow: compute and count, tell nobody.
        muted_by: a rule on the same record that speaks instead.
    """

    keep_for: int
    reopens_until: Callable[[int], int]
    close_of_day: Callable[[int], int]
    live_since: int | None = None
    shadow: bool = False
    muted_by: str | None = None


def policy_of(calendar: Calendar, keep_for: Duration, reopen_within: Duration) -> Policy:
    """The policy of records that follow this calendar, without what depends on the rule."""

    def reopens_until(resolved: int) -> int:
        return int(calendar.add(np.array([resolved], np.int64), reopen_within)[0])

    def close_of_day(moment: int) -> int:
        return int(calendar.closes_at(calendar.local_day(np.array([moment], np.int64)))[0])

    return Policy(elapsed(keep_for), reopens_until, close_of_day)


@dataclass(frozen=True, slots=True)
class Said:
    """One message that a step calls for: its kind and its number among its kind."""

    kind: Kind
    n: int = 1


@dataclass(frozen=True, slots=True)
class Step:
    """The outcome of a step: the episode from now on (None: there is none) and what to say, in order."""

    alert: Alert | None
    says: tuple[Said, ...] = ()


def fingerprint(tenant: str, rule_id: str, obj: str, record_id: str, subject: str | None) -> str:
    """The identity of a problem, 32 hex digits: never its owner, stage, limit, text or time."""
    parts = (tenant, rule_id, obj, record_id, subject or "")
    return blake2s("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def message_key(fingerprint: str, episode: int, said: Said, target: str) -> str:
    """What is told at most once, ever."""
    return f"{fingerprint}:{episode}:{said.kind}:{said.n}:{target}"
