"""`/sign-in/start`, `/sign-in/return`: out to the company's provider and back with a verified address (security, S5).

What a browser has to keep while it is away stands in a cookie of its own. Whatever goes wrong ends on a page that says
what to do; what it was stands in the log.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Query, Request, Response
from fastapi.responses import RedirectResponse

from stalewatch.domain.instants import SECOND
from stalewatch.services.access.oidc.attempts import LIFE, Attempt
from stalewatch.services.access.oidc.refusals import ProviderSilent, SignInDenied, SignInRefused
from stalewatch.services.access.sessions import LoginSpent, begin, refuse
from stalewatch.web import sessions
from stalewatch.web.desk import At, Desk
from stalewatch.web.pages.addresses import ours
from stalewatch.web.pages.asking import StartPage
from stalewatch.web.pages.paper import page
from stalewatch.web.problems import Problem

if TYPE_CHECKING:
    from stalewatch.services.access.oidc.provider import Provider

log = logging.getLogger("stalewatch.web")

COOKIE: Final = "stalewatch-login"
SECURE_COOKIE: Final = "__Host-stalewatch-login"


def start(request: Request, desk: At, asked: Annotated[StartPage, Query()]) -> Response:
    """Sends the browser to the provider."""
    attempt = Attempt.fresh(ours(asked.next), desk.now)
    try:
        there = provider_of(request).away(attempt, desk.now, another=asked.another)
    except ProviderSilent as error:
        return _trouble(request, "silent", 502, error)
    answer = RedirectResponse(there, 303, {"Cache-Control": "no-store"})
    secure = sessions.is_secure(request)
    answer.set_cookie(
        _cookie(request), attempt.cookie, max_age=LIFE // SECOND, path="/", secure=secure, httponly=True, samesite="lax"
    )
    return answer


def come_back(request: Request, desk: At) -> Response:
    """Takes what the provider answered: a session begins, or a page says why none did."""
    answer = _entered(request, desk, provider_of(request))
    answer.delete_cookie(
        _cookie(request), path="/", secure=sessions.is_secure(request), httponly=True, samesite="lax"
    )  # fmt: skip
    return answer


def _entered(request: Request, desk: Desk, provider: Provider) -> Response:
    db, now = desk.project.db, desk.now
    attempt = Attempt.kept(request.cookies.get(_cookie(request), ""), now)
    try:
        if attempt is None:
            raise SignInRefused("this browser has begun nothing in the last ten minutes")
        arrived = provider.arrived(attempt, request.query_params, now)
        if desk.door.by_address(arrived.address) is None:
            refuse(db, now, arrived.address)
            return _trouble(request, "nobody", 403, address=arrived.address)
        shown = begin(
            db, now, person=arrived.address, login=attempt.state, parting=arrived.id_token,
            instead_of=sessions.presented(request),
        )  # fmt: skip
    except (SignInRefused, LoginSpent) as error:
        return _trouble(request, "refused", 400, error)
    except SignInDenied as error:
        return _trouble(request, "denied", 403, error)
    except ProviderSilent as error:
        return _trouble(request, "silent", 502, error)
    answer = RedirectResponse(ours(attempt.after), 303, {"Cache-Control": "no-store"})
    sessions.give(request, answer, shown)
    return answer


def provider_of(request: Request) -> Provider:
    """The provider of this application.

    Raises:
        Problem: 404, people sign in with tokens here.
    """
    provider: Provider | None = request.app.state.provider
    if provider is None:
        raise Problem(404, "There is nothing here, or nothing that you may see.")
    return provider


def _trouble(request: Request, kind: str, status: int, error: Exception | None = None, address: str = "") -> Response:
    """The page of somebody who is not in."""
    if error is not None:
        log.warning("a sign-in ended: %s", error)
    return page(
        request, "no_entry.html", status=status, headers={"Cache-Control": "no-store"},
        kind=kind, provider=provider_of(request).name, email=address,
    )  # fmt: skip


def _cookie(request: Request) -> str:
    return SECURE_COOKIE if sessions.is_secure(request) else COOKIE
