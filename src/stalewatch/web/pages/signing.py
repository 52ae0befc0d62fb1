"""`/sign-in`, `/sign-out`: a browser shows a token once and keeps a session instead."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Query, Request, Response
from fastapi.responses import RedirectResponse

from stalewatch.services.operating import tokens
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
    answer = RedirectResponse(after, 303)
    sessions.give(answer, desk.sessions.sealed(token.id, desk.now), secure=_is_secure(desk, request))
    return answer


async def sign_out(request: Request, desk: At) -> Response:
    """Ends the session of this browser."""
    _only_from_us(desk, request)
    if sessions.presented(request) is not None:
        await csrf.check(request)
    answer = RedirectResponse("/sign-in", 303)
    sessions.take_back(answer)
    return answer


def _only_from_us(desk: Desk, request: Request) -> None:
    if not came_from_us(desk, request):
        raise Problem(403, "Only a page of this dashboard may ask for that in your name.")


def _is_secure(desk: Desk, request: Request) -> bool:
    """Whether people reach us over https, also where a proxy ends it."""
    public = desk.project.settings.web.public_url or ""
    return public.startswith("https://") or request.url.scheme == "https"
