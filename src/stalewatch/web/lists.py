"""`/v1/deals` and `/v1/leads`: what is stalled, what soon will be, and everything about one record.

These read prepared rows by index, at most 200 of them, and so run on the event loop itself (architecture.md, 4); but
for pages of the stalled list that have to be put into words, and for its CSV: those are read in a thread.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from stalewatch.services.reporting.kept import Asked as SheetAsked
from stalewatch.web.answers import list_answer, record_answer, sheet_answer, wants_csv
from stalewatch.web.asking import DealsDueSoon, LeadsDueSoon, Reading, StalledDeals, StalledLeads, plain
from stalewatch.web.desk import At, Desk
from stalewatch.web.problems import Problem
from stalewatch.web.remembering import Question, words_of

Asking = Annotated[Reading, Query()]
RecordId = Annotated[str, Path(description="Id of the record, with its connection.", examples=["sf:0065e00001AbCdE"])]


async def stalled_deals(request: Request, desk: At, asked: Annotated[StalledDeals, Query()]) -> Response:
    """Deals with a breached deadline, worst first: one item per deal, with its breached rules and why."""
    return await _stalled(request, desk, asked)


async def stalled_leads(request: Request, desk: At, asked: Annotated[StalledLeads, Query()]) -> Response:
    """Leads with a breached deadline, worst first: one item per lead, with its breached rules and why."""
    return await _stalled(request, desk, asked)


async def deals_due_soon(request: Request, desk: At, asked: Annotated[DealsDueSoon, Query()]) -> Response:
    """Deals of which a deadline breaks within a span of time, the first due first."""
    return _due_soon(request, desk, asked, asked.object)


async def leads_due_soon(request: Request, desk: At, asked: Annotated[LeadsDueSoon, Query()]) -> Response:
    """Leads of which a deadline breaks within a span of time, the first due first."""
    return _due_soon(request, desk, asked, "lead")


async def deal(request: Request, desk: At, id: RecordId, _asked: Asking) -> Response:  # noqa: A002
    """One deal: its fields, deadlines, alerts, what was said of them, and what happened."""
    return _record(request, desk, id, is_lead=False)


async def lead(request: Request, desk: At, id: RecordId, _asked: Asking) -> Response:  # noqa: A002
    """One lead: its fields, deadlines, alerts, what was said of them, and what happened."""
    return _record(request, desk, id, is_lead=True)


async def _stalled(request: Request, desk: Desk, asked: StalledDeals | StalledLeads) -> Response:
    """What is kept and holds is answered here; what has to be read is read in a thread, once for all who wait."""
    page, visible = asked.page(), desk.visible(request)
    obj = asked.object if isinstance(asked, StalledDeals) else "lead"
    filters = asked.filters(desk.project, obj, desk.door.called)
    reports = desk.reports(request)
    if wants_csv(request):
        listing = await run_in_threadpool(reports.stalled, filters, desk.now, visible=visible, page=page)
        return list_answer(request, listing)
    wanted = SheetAsked(filters, visible, page, reports.language)
    felt, now = await desk.pulse(), desk.now
    sheet = desk.kept.sheet(wanted, felt.version, now)
    if sheet is None:
        sheet, felt, now = await desk.renewed(wanted)
    admission, words = getattr(request.state, "admission", None), words_of(request.scope)
    if admission is not None and words is not None:
        desk.shortcuts.note(words, Question(admission, wanted))
    return sheet_answer(request, sheet, now, felt.data_age(now))


def _due_soon(request: Request, desk: Desk, asked: DealsDueSoon | LeadsDueSoon, obj: str | None) -> Response:
    now, filters = desk.now, asked.filters(desk.project, obj)
    within = asked.microseconds(desk.project, now)
    seen, reports = desk.visible(request), desk.reports(request)
    return list_answer(request, reports.due_soon(filters, now, within, visible=seen, page=asked.page()))


def _record(request: Request, desk: Desk, record_id: str, *, is_lead: bool) -> Response:
    try:
        found = desk.reports(request).record(plain(record_id), desk.now, visible=desk.visible(request))
    except ValueError:  # no id holds such characters
        found = None
    if found is None or (found["object"] == "lead") is not is_lead:
        raise Problem(404, f"There is no such {'lead' if is_lead else 'deal'}, or you may not see it.")
    return record_answer(request, found)
