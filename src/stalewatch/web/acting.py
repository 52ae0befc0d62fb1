"""`POST /v1/alerts/{id}/...`: what a person answers to a nudge. These write, and so run in the thread pool.

The ids stand in the path as they are listed; what nobody may see is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Annotated, Final

import msgspec
from fastapi import Body, Depends, Path, Response

from stalewatch.domain.instants import to_us
from stalewatch.services.answering import acts
from stalewatch.services.answering.ending_waits import resume
from stalewatch.services.answering.outcomes import Answer, Refusal
from stalewatch.services.answering.respond import respond
from stalewatch.services.judging.in_force import RulesMoved
from stalewatch.web import bodies
from stalewatch.web.answered import refused, told
from stalewatch.web.answers import JSON
from stalewatch.web.asking import plain
from stalewatch.web.auth import Caller, needs
from stalewatch.web.desk import At, Desk
from stalewatch.web.problems import RETRY_AFTER, Problem
from stalewatch.wiring.offices import office_of

Id = Annotated[str, Path(max_length=200, description="Of the alert: `id` of `GET /v1/alerts`, `alert` of a reason.")]
Acting = Annotated[Caller, Depends(needs("alerts:act"))]
HOUR: Final = timedelta(hours=1)


def acknowledge_alert(
    desk: At, caller: Acting, id: Id, _: Annotated[bodies.Acknowledging | None, Body()] = None  # noqa: A002
) -> Response:  # fmt: skip
    """Say that it was seen: nothing more is said for three business days, then again if it is still late."""
    return _answered(desk, caller, id, acts.Acknowledge())


def claim_alert(
    desk: At, caller: Acting, id: Id, asked: Annotated[bodies.Claiming | None, Body()] = None  # noqa: A002
) -> Response:  # fmt: skip
    """Say that somebody is at it: nothing more is said for 24 hours. A `meeting` goes to the CRM, if that is allowed.

    If the CRM does not show the meeting by then, the alert speaks again; if it does, the rule's own clock ends it.
    """
    return _answered(desk, caller, id, acts.Claim() if asked is None or asked.meeting is None else _meet(asked.meeting))


def snooze_alert(desk: At, caller: Acting, id: Id, asked: Annotated[bodies.Snoozing, Body()]) -> Response:  # noqa: A002
    """Say nothing more of an alert until a moment, at most as long and as often as the project allows."""
    return _answered(desk, caller, id, acts.Snooze(until=to_us(asked.until), reason=asked.reason, ends=asked.ends))


def hold_alert(desk: At, caller: Acting, id: Id, asked: Annotated[bodies.Holding, Body()]) -> Response:  # noqa: A002
    """Put the deal on hold until a day that its customer named: clocks that name the wait stand still."""
    act = acts.Hold(
        until=asked.until, who=asked.who, reason=asked.reason, evidence=asked.evidence, ends=asked.ends
    )  # fmt: skip
    return _answered(desk, caller, id, act)


def resume_alert(desk: At, caller: Acting, id: Id) -> Response:  # noqa: A002
    """Take the deal off hold before its day: its clocks go on; what is late is asked about at the close of today."""
    own, mark = desk.project, _mark(id)
    does = partial(resume, own.db, own.clock, own.rulebook, mark, actor=caller.actor, visible=caller.visible)
    return _told(desk, does)


def lose_alert(desk: At, caller: Acting, id: Id, asked: Annotated[bodies.Losing, Body()]) -> Response:  # noqa: A002
    """Report the deal as lost: its alerts end, the CRM is told where that is allowed, and the loss is counted."""
    return _answered(desk, caller, id, acts.Lose(tag=asked.tag, note=asked.note))


def check_alert(
    desk: At, caller: Acting, id: Id, asked: Annotated[bodies.CheckingLoss | None, Body()] = None  # noqa: A002
) -> Response:  # fmt: skip
    """Ask the customer whether it still matters: a mail to be sent, with the link of a page with three answers."""
    language = (asked.language if asked else None) or desk.project.speaking.language
    return _answered(desk, caller, id, acts.LossCheck(language=language))


def dismiss_alert(desk: At, caller: Acting, id: Id, asked: Annotated[bodies.RaisedFalsely, Body()]) -> Response:  # noqa: A002
    """Say that it was a false alarm: the episode ends, and it counts against the rule."""
    return _answered(desk, caller, id, acts.FalseAlarm(why=asked.why, note=asked.note))


def _meet(booked: bodies.MeetingBooked) -> acts.Meet:
    ends = booked.ends_at or booked.starts_at + HOUR
    return acts.Meet(starts_at=to_us(booked.starts_at), ends_at=to_us(ends), agenda=booked.agenda)


def _answered(desk: Desk, caller: Caller, alert_id: str, act: acts.Act) -> Response:
    """The answer's effect, in one transaction."""
    own, mark = desk.project, _mark(alert_id)
    does = partial(respond, own.db, own.clock, office_of(own), mark, act, actor=caller.actor, visible=caller.visible)
    return _told(desk, does)


def _mark(alert_id: str) -> str:
    try:
        return plain(alert_id)
    except ValueError:  # no id holds such characters
        raise Problem(404, "There is no such alert, or you may not see it.") from None


def _told(desk: Desk, does: Callable[[], Answer]) -> Response:
    """What came of it, as it is sent."""
    try:
        came = does()
    except RulesMoved:  # for the seconds until this process has read them, too
        headers = {"Retry-After": str(RETRY_AFTER)}
        raise Problem(503, "The rules were changed a moment ago. Try again.", headers=headers) from None
    if came.refusal is not None:
        raise refused(desk, came, Refusal(came.refusal))
    return Response(msgspec.json.encode(told(desk, came)), media_type=JSON)
