"""`POST /v1/alerts/{id}/...`: what a person answers to a nudge. These write, and so run in the thread pool."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import Body, Depends, Path, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from stalewatch.domain.instants import to_us
from stalewatch.services.answering.respond import Answer, Refusal, snooze
from stalewatch.services.reporting.listing import shown
from stalewatch.web.answers import JSON
from stalewatch.web.asking import plain
from stalewatch.web.auth import Caller, needs
from stalewatch.web.desk import At, Desk
from stalewatch.web.problems import Problem

AlertId = Annotated[str, Path(max_length=200, description="Id of the alert: `reasons[].alert` of the stalled list.")]
Acting = Annotated[Caller, Depends(needs("alerts:act"))]


class Snooze(BaseModel):
    """How long nothing more shall be said of an alert, and why."""

    model_config = ConfigDict(extra="forbid")

    until: AwareDatetime = Field(description="RFC 3339, with offset.", examples=["2026-04-20T09:00:00+09:00"])
    reason: Annotated[str, AfterValidator(plain)] = Field(
        "", max_length=500, description="What the owner waits for.", examples=["The customer decides on the 20th."]
    )


def snooze_alert(desk: At, caller: Acting, id: AlertId, asked: Annotated[Snooze, Body()]) -> Response:  # noqa: A002
    """Say nothing more of an alert until a moment, at most as long and as often as the project allows."""
    try:
        until = to_us(asked.until)
        answer = snooze(
            desk.project.db, desk.project.clock, desk.project.rulebook, plain(id),
            until=until, reason=asked.reason, actor=caller.actor,
        )  # fmt: skip
    except (ValueError, OverflowError):
        raise Problem(404, "There is no such alert, or you may not see it.") from None
    if answer.refusal is not None:
        raise _refused(desk, answer, answer.refusal)
    return Response(msgspec.json.encode(_told(desk, answer.alert)), media_type=JSON)


def _refused(desk: Desk, answer: Answer, refusal: Refusal) -> Problem:
    limits = desk.project.rulebook.judging.snoozing
    zone = desk.project.rulebook.calendars.default.spec.zone
    latest = "" if answer.until is None else shown(answer.until, zone)
    often = f"Snoozed {limits.times} times already, as often as is allowed. Put the deal on hold until a date instead."
    says: dict[Refusal, tuple[int, str, dict[str, Any]]] = {
        Refusal.NOT_FOUND: (404, "There is no such alert, or you may not see it.", {}),
        Refusal.RESOLVED: (409, "This alert is over; there is nothing to snooze.", {}),
        Refusal.CLOSED: (409, "This deal is closed; there is nothing to snooze.", {}),
        Refusal.REASON_MISSING: (422, "Say what you wait for: `reason` is needed.", {"required": "reason"}),
        Refusal.IN_THE_PAST: (422, "`until` is not in the future.", {"limit": latest}),
        Refusal.TOO_LONG: (422, f"At most {limits.longest} from now: until {latest}.", {"limit": latest}),
        Refusal.TOO_OFTEN: (409, often, {"limit": limits.times}),
    }
    status, detail, more = says[refusal]
    return Problem(status, detail, kind=refusal.value.replace("_", "-"), reason=refusal.value, **more)


def _told(desk: Desk, row: Any) -> dict[str, Any]:
    zone = desk.project.rulebook.calendars.default.spec.zone
    return {
        "id": row.id,
        "record": row.record_id,
        "rule": row.rule_id,
        "episode": row.episode,
        "state": row.state,
        "snoozed_until": None if row.snoozed_until is None else shown(row.snoozed_until, zone),
        "snooze_reason": row.snooze_reason,
        "snoozes_left": max(0, desk.project.rulebook.judging.snoozing.times - row.snoozes),
    }
