"""Answers after which nothing more is said for a while: acknowledge, claim, snooze."""

from __future__ import annotations

from typing import Final

from stalewatch.domain import episodes
from stalewatch.domain.alerts import Hush
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.instants import HOUR
from stalewatch.services.answering.acts import Acknowledge, Claim, Snooze, Until
from stalewatch.services.answering.matter import Done, Matter, plain
from stalewatch.services.answering.outcomes import Answer, Refusal

ACKNOWLEDGED_FOR: Final = Duration(3, Unit.BUSINESS_DAY)
CLAIMED_FOR: Final = 24 * HOUR


def acknowledge(matter: Matter, _: Acknowledge) -> Done:
    """ "I have seen it"."""
    until = matter.after(ACKNOWLEDGED_FOR)
    alert = episodes.acknowledge(matter.alert, until, matter.policy)
    return Done(alert=alert, dropped=Hush.ACKNOWLEDGED.value, until=until)


def claim(matter: Matter, _: Claim) -> Done:
    """ "I am at it"."""
    until = matter.now + CLAIMED_FOR
    alert = episodes.claim(matter.alert, until, matter.policy)
    return Done(alert=alert, dropped=Hush.CLAIMED.value, until=until)


def snooze(matter: Matter, act: Snooze) -> Done | Answer:
    """Not now: until a moment, or until something happens before it.

    At most `defaults.snooze.max` long and `times` an episode; after that "on hold until the customer's date" is the
    honest answer.
    """
    refused = _refused(matter, act)
    if refused is not None:
        return refused
    ends = None if act.ends is Until.DATE else act.ends.value
    columns = {"snoozed_by": matter.actor, "snooze_reason": plain(act.reason), "snooze_ends": ends}
    alert = episodes.snooze(matter.alert, act.until, matter.policy)
    return Done(alert=alert, dropped="snoozed", until=act.until, columns=columns)


def latest_end(matter: Matter) -> int:
    """The latest moment that a snooze may last to."""
    return matter.after(matter.office.book.judging.snoozing.longest)


def _refused(matter: Matter, act: Snooze) -> Answer | None:
    limits = matter.office.book.judging.snoozing
    if matter.row.snoozes >= limits.times:
        return matter.refused(Refusal.TOO_OFTEN, limit=limits.times)
    if limits.reason_required and not plain(act.reason):
        return matter.refused(Refusal.REASON_MISSING)
    latest = latest_end(matter)
    if act.until <= matter.now:
        return matter.refused(Refusal.IN_THE_PAST, until=latest)
    if act.until > latest:
        return matter.refused(Refusal.TOO_LONG, until=latest)
    return matter.refused(Refusal.NO_MEETING) if act.ends is Until.MEETING and not has_meeting(matter) else None


def has_meeting(matter: Matter) -> bool:
    """Whether a meeting is planned, or goes on, whose end can be waited for."""
    ends: int | None = getattr(matter.record, "meeting_ends_at", None)
    return ends is not None and ends > matter.now
