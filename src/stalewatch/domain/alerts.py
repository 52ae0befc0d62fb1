"""What an alert is: the identity of a problem, its episodes, and what may be said of them (rules.md).

How an episode goes on is in episodes.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2s

import msgspec
import numpy as np

from stalewatch.domain.calendar import Calendar
from stalewatch.domain.deadlines import State
from stalewatch.domain.durations import Duration, elapsed
from stalewatch.domain.levels import Level, Levels


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
    FALSE_ALARM = "false_alarm"  # somebody said that there is nothing to it
    LOST = "lost"  # somebody said that the deal is lost, whatever the CRM says as yet

    @property
    def is_work(self) -> bool:
        """Somebody did something in the CRM; excepted, rule_changed, data_lost and merged say nothing either way."""
        return self in (
            Cause.SATISFIED, Cause.RE_ANCHORED, Cause.DEADLINE_MOVED, Cause.NO_LONGER_APPLIES, Cause.CLOSED
        )  # fmt: skip

    @property
    def is_verdict(self) -> bool:
        """A person's word, against which the same clock says nothing more while it runs on."""
        return self in (Cause.FALSE_ALARM, Cause.LOST)


class Hush(StrEnum):
    """What a person did that lets an alert be silent for a while."""

    CLAIMED = "claimed"
    ACKNOWLEDGED = "acknowledged"
    CRM_CHANGED = "crm_changed"


class Reading(msgspec.Struct, frozen=True, gc=False):
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


class Alert(msgspec.Struct, frozen=True, gc=False):
    """One episode of one problem. Instants are microseconds since the epoch, None where there is none.

    Attributes:
        ask_at: the close of the day on which a wait ends: what is still late is asked again then.
        hushed_until: nothing is said before this moment, because of what somebody did (`hushed_by`).
        ladder: the levels that follow its breach, as they were when it opened; `climbed` of them are told.
        counts_from: when its last word was delivered that the ladder's time counts from; None: not yet.
        climb_at: when the next level is due; None: nobody knows yet, or there is none.
        holdout: it stays silent, so that the effect of speaking can be measured.
    """

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
    hushed_until: int | None = None
    hushed_by: Hush | None = None
    backlog: bool = False
    shadow: bool = False
    holdout: bool = False
    muted_by: str | None = None
    resolving_since: int | None = None
    resolved_at: int | None = None
    cause: Cause | None = None
    ladder: Levels = ()
    climbed: int = 0
    counts_from: int | None = None
    climb_at: int | None = None
    due_at: int | None = None

    @property
    def is_over(self) -> bool:
        return self.state is AlertState.RESOLVED

    @property
    def was_told(self) -> bool:
        return (self.warn_told or self.breach_told) and not self.is_silent

    @property
    def is_silent(self) -> bool:
        """It is counted, and nothing is said of it."""
        return self.backlog or self.shadow or self.holdout


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
        ladder: what an alert that opens is to climb; `climb` says when a level is due that counts from a moment.
        holdout: whether an alert that opens stays silent; False also for one that was opened silent before.
    """

    keep_for: int
    reopens_until: Callable[[int], int]
    close_of_day: Callable[[int], int]
    live_since: int | None = None
    shadow: bool = False
    muted_by: str | None = None
    ladder: Levels = ()
    climb: Callable[[int, Duration], int] = lambda since, after: since + elapsed(after)
    holdout: bool = False


def policy_of(calendar: Calendar, keep_for: Duration, reopen_within: Duration) -> Policy:
    """The policy of records that follow this calendar, without what depends on the rule."""

    def reopens_until(resolved: int) -> int:
        return int(calendar.add(np.array([resolved], np.int64), reopen_within)[0])

    def close_of_day(moment: int) -> int:
        return int(calendar.closes_at(calendar.local_day(np.array([moment], np.int64)))[0])

    def climb(since: int, after: Duration) -> int:
        """As deadlines are counted; dates begin at the calendar's open, so that the morning's digest carries it."""
        due = calendar.add(np.array([since], np.int64), after)
        return max(int((calendar.opens_at(calendar.local_day(due - 1)) if after.unit.counts_dates else due)[0]), since)

    return Policy(elapsed(keep_for), reopens_until, close_of_day, climb=climb)


class Said(msgspec.Struct, frozen=True, gc=False):
    """One message that a step calls for: its kind and its number among its kind, and the level that asks for it."""

    kind: Kind
    n: int = 1
    level: Level | None = None


class Step(msgspec.Struct, frozen=True, gc=False):
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
