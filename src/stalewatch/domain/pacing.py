"""When to speak: the moment before which a notice stays with us, and the reason for it by name.

Silence is a decision too. `held` says whether a notice waits for something else than the time of day;
`digest_slot` and `immediate_time` say when it may go; `choose_for_rollout` and `storm` keep a new rule from
speaking of everything at once. Instants are microseconds since the epoch, days are local dates as days since
1970-01-01.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from stalewatch.domain.hours import Hours
from stalewatch.domain.instants import NEVER
from stalewatch.sdk.notifier import Style


class Reason(StrEnum):
    """Why a notice goes now, later or not at all."""

    NOW = "now"
    DIGEST = "digest"
    FOLDED = "folded"  # into a message about the same deal
    QUIET_HOURS = "quiet_hours"
    DO_NOT_DISTURB = "do_not_disturb"  # their messenger says so
    BUDGET_SPENT = "budget_spent"
    ROLLOUT = "rollout"
    STORM = "storm"
    SNOOZED = "snoozed"
    WAITING = "waiting"
    CLAIMED = "claimed"
    ACKNOWLEDGED = "acknowledged"
    CRM_CHANGED = "crm_changed"  # somebody works on the record
    SETTLING = "settling"  # the trouble is gone, for less than keep_for as yet
    MUTED = "muted"
    BACKLOG = "backlog"
    SHADOW = "shadow"
    HOLDOUT = "holdout"  # silent, so that the effect of speaking can be measured
    EXCEPTED = "excepted"
    CANNOT_JUDGE = "cannot_judge"


@dataclass(frozen=True, slots=True)
class Pace:
    """When a notice may go, how, and why then.

    Attributes:
        not_before: earliest instant; it may lie in the past, then the notice is due at once.
        day: the local date it is told on, which names a digest and counts for the budget.
        style: differs from the route's where the budget for immediate messages was spent.
    """

    not_before: int
    day: int
    style: Style
    reason: Reason


_ORDER: Final = (
    Reason.SHADOW,
    Reason.HOLDOUT,
    Reason.EXCEPTED,
    Reason.CANNOT_JUDGE,
    Reason.MUTED,
    Reason.SNOOZED,
    Reason.WAITING,
    Reason.CLAIMED,
    Reason.ACKNOWLEDGED,
    Reason.CRM_CHANGED,
    Reason.SETTLING,
    Reason.BACKLOG,
    Reason.STORM,
    Reason.ROLLOUT,
)


def held(reasons: frozenset[Reason]) -> Reason | None:
    """Of everything that holds a notice back, the reason to name; None if nothing does.

    The order is the pipeline's: mode, exception, data, mute, then what people asked for, then going live.

    Raises:
        ValueError: for a reason that only concerns the time of day.
    """
    if strange := reasons.difference(_ORDER):
        raise ValueError(f"these hold nothing back: {', '.join(sorted(strange))}")
    return next((reason for reason in _ORDER if reason in reasons), None)


def digest_slot(hours: Hours, edge: int, now: int, *, seen: int = NEVER, told: int | None = None) -> Pace:
    """The digest that carries a notice: the first one at or after its edge that was not missed or told.

    A slot at the edge itself carries it. A slot that passed while we were running is gone: what turns up at
    15:00 waits for tomorrow's 09:00. A slot that passed while nobody looked (an outage, a run once a day) is
    made up for on the same date, inside the hours.

    Args:
        seen: instant of the previous look (the tick before this one); NEVER if this is the first.
        told: latest local date on which this person got a digest; one a day is enough.
    """
    earliest = max(edge, min(seen, now))
    first = max(hours.day_of(now), hours.day_of(edge), NEVER if told is None else told + 1)
    for day in hours.days_from(first):
        slot = hours.digest(day)
        if slot >= earliest and now <= hours.closes(day):
            return Pace(slot, day, Style.DIGEST, Reason.DIGEST)
    raise ValueError("no day within a year on which anything may be sent")


def immediate_time(
    hours: Hours,
    edge: int,
    now: int,
    *,
    sent: Mapping[int, int],
    per_day: int,
    seen: int = NEVER,
    told: int | None = None,
) -> Pace:
    """When an immediate notice may go: at once inside the hours, else when they open; over budget, the digest.

    Args:
        sent: immediate messages of this person per local date, planned ones included.
        per_day: ceiling per person and local date.
        seen, told: as for `digest_slot`.
    """
    ready = max(edge, now)
    day = next(hours.days_from(hours.day_of(ready)))
    if day == hours.day_of(ready) and ready > hours.closes(day):
        day = next(hours.days_from(day + 1))
    at = max(ready, hours.opens(day))
    if sent.get(day, 0) >= per_day:
        later = digest_slot(hours, at, max(now, edge), seen=max(seen, at), told=told)
        return Pace(later.not_before, later.day, Style.DIGEST, Reason.BUDGET_SPENT)
    return Pace(at, day, Style.IMMEDIATE, Reason.NOW if at == ready else Reason.QUIET_HOURS)


def may_send(hours: Hours, now: int) -> Reason | None:
    """Asked again right before sending: QUIET_HOURS if it has become too late, else None."""
    return None if hours.allow(now) else Reason.QUIET_HOURS


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A notice of a rule that went live lately: `rank` is the severity's, `over` how late it is."""

    alert: str
    rule: str
    rank: int
    over: int


def choose_for_rollout(
    newcomers: Sequence[Newcomer], days: Sequence[int], taken: Mapping[tuple[str, int], int], most: int
) -> dict[str, int]:
    """Spread one owner's new alerts over the grace: at most `most` per rule and day, worst first.

    What does not fit into the grace comes on its last day's morrow: `days[-1]`, which has no ceiling.

    Args:
        days: the local dates of the grace from today on, then the first one after it.
        taken: how many this owner already got, per (rule, day).

    Returns:
        alert -> the local date it may be told on.

    Raises:
        ValueError: if `days` is empty.
    """
    if not days:
        raise ValueError("rollout needs at least one day")
    counts = dict(taken)
    chosen: dict[str, int] = {}
    for one in sorted(newcomers, key=lambda one: (-one.rank, -one.over, one.alert)):
        free = (day for day in days[:-1] if counts.get((one.rule, day), 0) < most)
        day = next(free, days[-1])
        counts[one.rule, day] = counts.get((one.rule, day), 0) + 1
        chosen[one.alert] = day
    return chosen


def storm(share: float, at_least: int, newly_breached: int, judged_open: int) -> bool:
    """Whether so much breaks at once that a person should look first.

    True if more than `share` (0..1) of the judged open records newly breach, and at least `at_least` of them.
    """
    return newly_breached >= at_least and newly_breached > share * judged_open + 1e-9
