"""`/p/{token}`: a partner reports in three lines, as often as they like. To look stores nothing here, either."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Path, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import moment
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.domain.instants import HOUR
from stalewatch.domain.partner_reports import LINES, LONGEST, UNKNOWN, Fault, PartnerReport, lines_of
from stalewatch.services.answering.link_tokens import Purpose
from stalewatch.services.answering.public_links import Opened
from stalewatch.services.judging.in_force import RulesMoved
from stalewatch.web.desk import At, Desk
from stalewatch.web.pages.addresses import Address
from stalewatch.web.public import paper
from stalewatch.wiring.links import partners

Token = Annotated[str, Path(max_length=200, description="What the partner's link ends with.")]
_FRESH: Final = HOUR
"""So long after a report the page that it led to still thanks for it."""


def ask_partner(request: Request, desk: At, token: Token) -> Response:
    """The form."""
    paper.check_pace(request, desk, Purpose.PARTNER, token)
    return _shown(request, desk, partners(desk.project).look(token, desk.now), PartnerReport())


async def take_report(request: Request, desk: At, token: Token) -> Response:
    """Takes a report."""
    paper.check_pace(request, desk, Purpose.PARTNER, token)
    form = await paper.form_of(request)
    said = PartnerReport(reason=form.get("reason", ""), phase=form.get("phase", ""), champion=form.get("champion", ""))
    return await run_in_threadpool(_taken, request, desk, token, said.tidied())


def _taken(request: Request, desk: Desk, token: str, report: PartnerReport) -> Response:
    asked = partners(desk.project)
    faults = dict(report.faults(asked.phases))
    if faults:
        return _shown(request, desk, asked.look(token, desk.now), report, faults)
    try:
        found = asked.send(token, report, desk.now)
    except RulesMoved:  # for the seconds until this process has read them, too
        return _shown(request, desk, asked.look(token, desk.now), report, later=True)
    if found.trouble is not None:
        return paper.trouble(request, found.trouble)
    return RedirectResponse(Address.of(request).but(sent="1"), 303, paper.HEADERS)


def _shown(
    request: Request, desk: Desk, found: Opened, report: PartnerReport, faults: dict[Fault, str] | None = None, *,
    later: bool = False,
) -> Response:  # fmt: skip
    if found.trouble is not None:
        return paper.trouble(request, found.trouble)
    reader = paper.reader_of(request, found.link.language)
    last = found.record.last_partner_report_at
    sent = "sent" in request.query_params and last is not None and desk.now - last < _FRESH
    return paper.page(
        request, "partner.html", reader, status=503 if later else 422 if faults else 200,
        headers={"Retry-After": "30"} if later else None,
        name=clean(found.record.name or found.record.external_id),
        last="" if last is None else moment(last, reader, timed=False),
        sent=sent and not faults and not later,
        again=Address.of(request).but(sent=None),
        report=report,
        faults={fault.value: name for fault, name in (faults or {}).items()},
        later=later,
        lines=lines_of(report.reason),
        most_lines=LINES,
        longest=LONGEST,
        phases=_phases(desk, reader),
    )  # fmt: skip


def _phases(desk: Desk, reader: Reader) -> list[tuple[str, str]]:
    """The phases in their order; that nobody knows stands last."""
    known = partners(desk.project).phases
    return [(value, reader.pick(known[value])) for value in sorted(known, key=lambda value: value == UNKNOWN)]
