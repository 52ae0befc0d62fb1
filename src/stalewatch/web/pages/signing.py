"""`/sign-in`, `/sign-out`: a browser shows a token once and keeps a session instead; with a provider, `provider.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from urllib.parse import parse_qs

from fastapi import Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from stalewatch.services.access import tokens
from stalewatch.services.access.oidc.refusals import ProviderSilent
from stalewatch.services.access.sessions import begin, end
from stalewatch.services.access.setup import Setup
from stalewatch.web import csrf, sessions
from stalewatch.web.auth import came_from_us
from stalewatch.web.desk import At, Desk
from stalewatch.web.pages.addresses import ours
from stalewatch.web.pages.asking import SignInPage
from stalewatch.web.pages.errors import sign_in_page
from stalewatch.web.pages.paper import page
from stalewatch.web.problems import Problem

if TYPE_CHECKING:
    from stalewatch.services.access.oidc.provider import Provider


async def sign_in_form(request: Request, asked: Annotated[SignInPage, Query()]) -> Response:
    """Says how to sign in."""
    return sign_in_page(request, ours(asked.next))


async def sign_in(request: Request, desk: At) -> Response:
    """Begins a session with the token in the form; one answer for every token that is not valid."""
    _only_from_us(desk, request)
    if not desk.project.settings.signing_in.takes_tokens:  # tokens are for programs here: the page offers the provider
        return sign_in_page(request, "/", status=403)
    form = parse_qs((await request.body()).decode("utf-8", "replace"))
    after = ours(form.get("next", ["/"])[0])
    return await run_in_threadpool(_with_token, request, desk, form.get("token", [""])[0].strip(), after)


async def sign_out(request: Request, desk: At) -> Response:
    """Ends the session of this browser, for every copy of its cookie and in every process."""
    _only_from_us(desk, request)
    shown = sessions.presented(request)
    if shown is None:
        answer: Response = RedirectResponse("/sign-in", 303)
    else:
        await csrf.check(request)
        answer = await run_in_threadpool(_ended, request, desk, shown)
    sessions.take_back(answer)
    return answer


def _with_token(request: Request, desk: Desk, text: str, after: str) -> Response:
    """A session begins, in the place of the one that this browser had; on to where it wanted to go."""
    db, now = desk.project.db, desk.now
    setup: Setup | None = request.app.state.setup
    token = tokens.verify(db, text, now, note=False)
    identity = token.id if token else setup.spend(db, text, now) if setup else None
    if identity is None:
        return sign_in_page(request, after, status=401, failed=True)
    answer = RedirectResponse(after, 303)
    sessions.give(request, answer, begin(db, now, token=identity, instead_of=sessions.presented(request)))
    return answer


def _ended(request: Request, desk: Desk, shown: str) -> Response:
    """Signed out; and the way out of the provider's own session, which is everybody's to take or to leave."""
    parting = end(desk.project.db, shown, desk.now)
    provider: Provider | None = request.app.state.provider
    if parting and provider is not None:
        try:
            out = provider.out(parting, desk.now)
        except ProviderSilent:  # nothing is lost: the session here has ended
            out = None
        if out is not None:
            headers = {"Cache-Control": "no-store"}
            return page(request, "signed_out.html", headers=headers, out=out, provider=provider.name)
    return RedirectResponse("/sign-in", 303)


def _only_from_us(desk: Desk, request: Request) -> None:
    if not came_from_us(desk, request):
        raise Problem(403, "Only a page of this dashboard may ask for that in your name.")
