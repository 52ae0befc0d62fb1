"""`/l/{token}`: a customer is asked whether it still matters. To look records nothing; an answer is a POST.

A POST needs no token against forged requests: there is no cookie and no session that another site could use, and
whoever knows the address may answer anyway.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from stalewatch.delivery.wording.loss_check import answered, short
from stalewatch.domain.customer_answers import ANSWERS, CustomerAnswer, Word, of_code
from stalewatch.services.answering.link_tokens import Purpose
from stalewatch.services.answering.loss_answers import Page
from stalewatch.web.desk import At, Desk
from stalewatch.web.pages.addresses import Address
from stalewatch.web.public import paper
from stalewatch.wiring.links import customers

Token = Annotated[str, Path(max_length=200, description="What the link of the mail ends with.")]


def ask_customer(request: Request, desk: At, token: Token) -> Response:
    """The question, or what was answered. Scanners of mail open it as they like: nothing is stored."""
    paper.check_pace(request, desk, Purpose.LOSS_CHECK, token)
    with desk.project.db.read() as conn:
        found = customers(desk.project).look(conn, token, desk.now)
    return _shown(request, found)


async def take_answer(request: Request, desk: At, token: Token) -> Response:
    """Takes the customer's answer."""
    paper.check_pace(request, desk, Purpose.LOSS_CHECK, token)
    said = of_code((await paper.form_of(request)).get("answer", ""))
    found = await run_in_threadpool(_answered, desk, token, said)
    if found.trouble is None and said is not None and not found.refused:
        return RedirectResponse(Address.of(request).but(a=None), 303, paper.HEADERS)
    return _shown(request, found, unchosen=said is None)


def _answered(desk: Desk, token: str, said: CustomerAnswer | None) -> Page:
    asked = customers(desk.project)
    if said is None:
        with desk.project.db.read() as conn:
            return asked.look(conn, token, desk.now)
    with desk.project.db.write() as conn:
        return asked.answer(conn, token, said, desk.now)


def _shown(request: Request, found: Page, *, unchosen: bool = False) -> Response:
    if found.trouble is not None:
        return paper.trouble(request, found.trouble)
    reader = paper.reader_of(request, found.language)
    status = 422 if unchosen else 409 if found.refused else 200
    return paper.page(
        request, "loss.html", reader, status=status,
        given=answered(found.given, reader) if found.given else "",
        kept=found.given.code if found.given else "",
        may_change=found.may_change,
        refused=found.refused,
        unchosen=unchosen,
        wanted=request.query_params.get("a", ""),
        choices=[(one.code, short(one.word, reader)) for one in ANSWERS if one.word is not Word.LATER],
        later=short(Word.LATER, reader),
        months=[(one.code, one.months) for one in ANSWERS if one.word is Word.LATER],
    )  # fmt: skip
