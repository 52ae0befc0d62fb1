"""`/sign-in`, `/sign-out`: a browser shows a token once and keeps a session instead."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from stalewatch.services.access import tokens
from stalewatch.services.access.sessions import begin, end
from stalewatch.web import csrf, sessions
from stalewatch.web.auth import came_from_us
from stalewatch.web.desk import At, Desk
from stalewatch.web.pages.addresses import ours
from stalewatch.web.pages.asking import SignInPage
from stalewatch.web.pages.errors import sign_in_page
from stalewatch.web.problems import Problem


async def sign_in_form(request: Request, asked: Annotated[SignInPage, Query()]) -> Response:
    """Asks for a token."""
    return sign_in_page(request, ours(asked.next))


async def sign_in(request: Request, desk: At) -> Response:
    """Begins a session with the token in the form; one answer for every token that is not valid."""
    _only_from_us(desk, request)
    form = parse_qs((await request.body()).decode("utf-8", "replace"))
    after = ours(form.get("next", ["/"])[0])
    token = tokens.verify(desk.project.db, form.get("token", [""])[0].strip(), desk.now, note=False)
    if token is None:
        return sign_in_page(request, after, status=401, failed=True)
    return await run_in_threadpool(_begun, request, desk, after, token=token.id)


async def sign_out(request: Request, desk: At) -> Response:
    """Ends the session of this browser, for every copy of its cookie and in every process."""
    _only_from_us(desk, request)
    shown = sessions.presented(request)
    if shown is not None:
        await csrf.check(request)
        await run_in_threadpool(end, desk.project.db, shown, desk.now)
    answer = RedirectResponse("/sign-in", 303)
    sessions.take_back(answer)
    return answer


def _only_from_us(desk: Desk, request: Request) -> None:
    if not came_from_us(desk, request):
        raise Problem(403, "Only a page of this dashboard may ask for that in your name.")


def _begun(request: Request, desk: Desk, after: str, **with_what: Any) -> Response:
    """A session begins, in the place of the one that this browser had; on to where it wanted to go."""
    shown = begin(desk.project.db, desk.now, instead_of=sessions.presented(request), **with_what)
    answer = RedirectResponse(after, 303)
    sessions.give(request, answer, shown)
    return answer
