"""The next meeting is booked: the CRM is told where it may be, and for a day nobody is asked again.

If the CRM does not show the meeting by then, the alert speaks again; if it does, the rule's own clock ends it.
"""

from __future__ import annotations

from typing import Final

from stalewatch.domain import episodes
from stalewatch.domain.instants import from_us
from stalewatch.sdk.writing import Meeting
from stalewatch.services.answering.acts import Meet
from stalewatch.services.answering.matter import Done, Matter, plain
from stalewatch.services.answering.outcomes import Answer, Refusal
from stalewatch.services.answering.quieting import CLAIMED_FOR

LONGEST_TITLE: Final = 120


def meet(matter: Matter, act: Meet) -> Done | Answer:
    """Claim the alert, and ask for the event; date, time and agenda are needed."""
    agenda = plain(act.agenda)
    if not agenda:
        return matter.refused(Refusal.AGENDA_MISSING)
    if act.starts_at <= matter.now:
        return matter.refused(Refusal.IN_THE_PAST)
    if act.ends_at <= act.starts_at:
        return matter.refused(Refusal.BACKWARDS)
    until = matter.now + CLAIMED_FOR
    meeting = Meeting(
        title=agenda[:LONGEST_TITLE], starts_at=from_us(act.starts_at), ends_at=from_us(act.ends_at), agenda=agenda
    )
    written = matter.wish(meeting)
    alert = episodes.claim(matter.alert, until, matter.policy)
    return Done(alert=alert, dropped="meeting_booked", until=until, written=written)
