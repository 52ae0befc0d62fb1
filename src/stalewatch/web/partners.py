"""`/v1/partners/{deal}/...`: what a partner reports of their deal, and the links by which they can without a login."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from fastapi import Body, Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from stalewatch.delivery.catalogues import LANGUAGES
from stalewatch.domain.partner_reports import LINES, LONGEST, Fault, PartnerReport
from stalewatch.services.answering.partner_links import NotForPartners
from stalewatch.services.answering.partners import NoReport
from stalewatch.services.judging.in_force import RulesMoved
from stalewatch.services.reporting.listing import shown
from stalewatch.web.answers import JSON
from stalewatch.web.asking import plain
from stalewatch.web.auth import Caller, needs
from stalewatch.web.desk import At, Desk
from stalewatch.web.problems import RETRY_AFTER, Problem
from stalewatch.wiring.links import partners

DealId = Annotated[str, Path(max_length=200, description="Id of the partner deal, as in `/v1/deals/{id}`.")]
Reporting = Annotated[Caller, Depends(needs("partner:report"))]
Acting = Annotated[Caller, Depends(needs("alerts:act"))]
_MOST: Final = 4 * LONGEST
"""Characters that are read of a text; what is too long within them is told kindly."""


class Report(BaseModel):
    """A partner's report in three lines. What it leaves out is not known."""

    model_config = ConfigDict(extra="forbid")

    reason_to_propose: str = Field(
        "", max_length=_MOST, description=f"Why it is proposed, in at most {LINES} lines and {LONGEST} characters.",
        examples=["Stock is counted by hand.\nIt costs two days a month.\nThe lease of the old system ends in March."],
    )  # fmt: skip
    phase: str = Field(
        "unknown", max_length=100, description="How far the customer is: a value of the field `report_phase`.",
        examples=["comparing"],
    )  # fmt: skip
    champion_activity: str = Field(
        "", max_length=_MOST, description=f"What the champion does, in at most {LONGEST} characters.",
        examples=["The head of logistics showed it to the board on Monday."],
    )  # fmt: skip


class Asked(BaseModel):
    """A link for the partner of a deal."""

    model_config = ConfigDict(extra="forbid")

    language: str = Field("en", pattern=f"^({'|'.join(LANGUAGES)})$", description="In which its page greets.")


def report_deal(desk: At, caller: Reporting, deal: DealId, asked: Annotated[Report, Body()]) -> Response:
    """Report of a partner deal; the same report twice on one day is one."""
    said = PartnerReport(reason=asked.reason_to_propose, phase=asked.phase, champion=asked.champion_activity).tidied()
    phases = partners(desk.project).phases
    faults = said.faults(phases)
    if faults:
        raise _faulty(faults, list(phases))
    try:
        kept, new = partners(desk.project).report(
            _id(deal), said, actor=caller.actor, now=desk.now, visible=caller.visible
        )
    except NoReport as error:
        raise _none(error) from None
    except RulesMoved:
        headers = {"Retry-After": str(RETRY_AFTER)}
        raise Problem(503, "The rules were changed a moment ago. Try again.", headers=headers) from None
    return _answer({"record": kept.id, **_told(desk, kept), "repeated": not new})


def make_link(desk: At, caller: Acting, deal: DealId, asked: Annotated[Asked, Body()]) -> Response:
    """Make a link by which the partner of a deal can report, as often as they like. It is shown this once."""
    own = partners(desk.project)
    try:
        made = own.make_link(
            _id(deal), actor=caller.actor, now=desk.now, language=asked.language, visible=caller.visible
        )
    except NoReport as error:
        raise _none(error) from None
    told = {"record": deal, "partner": made.partner or None, "url": made.address}
    return _answer({**told, "expires_at": shown(made.expires_at, desk.zone)})


def revoke_links(desk: At, caller: Acting, deal: DealId) -> Response:
    """End every link by which the partner of a deal can report."""
    try:
        own = partners(desk.project)
        many = own.revoke_links(_id(deal), actor=caller.actor, now=desk.now, visible=caller.visible)
    except NoReport as error:
        raise _none(error) from None
    return _answer({"record": deal, "revoked": many})


def _id(deal: str) -> str:
    """The id, if it could be one."""
    try:
        return plain(deal)
    except ValueError:
        raise _none(NoReport(NotForPartners.NOT_FOUND)) from None


def _none(error: NoReport) -> Problem:
    says = {
        NotForPartners.NOT_FOUND: (404, "There is no such deal, or you may not see it."),
        NotForPartners.NO_PARTNER_DEAL: (409, "This is no partner deal."),
        NotForPartners.CLOSED: (409, "This deal is closed, or gone from its CRM; there is nothing to report of it."),
        NotForPartners.NO_LINKS: (409, "Nobody could open it: set `web.public_url` and `secrets.key`."),
    }
    status, detail = says[error.why]
    return Problem(status, detail, kind=error.why.value.replace("_", "-"), reason=error.why.value)


def _faulty(faults: Any, phases: list[str]) -> Problem:
    names = {"reason": "reason_to_propose", "phase": "phase", "champion": "champion_activity"}
    says = {
        Fault.EMPTY: "say at least one of the three",
        Fault.TOO_MANY_LINES: f"at most {LINES} lines",
        Fault.TOO_LONG: f"at most {LONGEST} characters",
        Fault.UNKNOWN_PHASE: f"one of {', '.join(phases)}",
    }
    errors = [{"in": "body", "name": names[field], "message": says[fault]} for fault, field in faults]
    detail = "; ".join(f"{one['name']}: {one['message']}" for one in errors)
    return Problem(422, detail, kind="invalid", errors=errors)


def _told(desk: Desk, record: Any) -> dict[str, Any]:
    return {
        "last_partner_report_at": shown(record.last_partner_report_at, desk.zone),
        "reason_to_propose": record.report_reason_to_propose,
        "phase": record.report_phase,
        "champion_activity": record.report_champion_activity,
    }


def _answer(told: dict[str, Any]) -> Response:
    return Response(msgspec.json.encode(told), media_type=JSON)
