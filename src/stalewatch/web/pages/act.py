"""`POST /answers/{kind}/{alert}`: what was filled in on a record's page; the page again, with what came of it.

It is not sent on to another address: the customer's mail of a loss check is shown once, and the same answer sent again
changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import Path, Request, Response
from fastapi.concurrency import run_in_threadpool

from stalewatch.services.judging.in_force import RulesMoved
from stalewatch.web.desk import At, Desk
from stalewatch.web.pages import answering
from stalewatch.web.pages.record import record_page
from stalewatch.web.problems import RETRY_AFTER, Problem

MOST_FIELDS: Final = 20

Kind = Annotated[str, Path(max_length=20, description="Of the button.")]
Alert = Annotated[str, Path(max_length=200, description="Of the alert.")]


async def answer(request: Request, desk: At, kind: Kind, alert: Alert) -> Response:
    """Take an answer, and show the record's page with what came of it."""
    body = (await request.body()).decode("utf-8", "replace")
    try:
        sent = dict(parse_qsl(body, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise Problem(422, f"A form of ours has at most {MOST_FIELDS} fields.") from None
    return await run_in_threadpool(_answered, request, desk, kind, alert, sent)


def _answered(request: Request, desk: Desk, kind: str, alert: str, sent: Mapping[str, str]) -> Response:
    try:
        found = answering.taken(desk, request, kind, alert, sent)
    except RulesMoved:  # for the seconds until this process has read them, too
        headers = {"Retry-After": str(RETRY_AFTER)}
        raise Problem(503, "The rules were changed a moment ago. Try again.", headers=headers) from None
    if found is None:
        raise Problem(404, "There is no such alert, or you may not see it.")
    sheet, case = found
    return record_page(request, desk, case.record.id, sheet=sheet, status=200 if sheet.done else 422)
