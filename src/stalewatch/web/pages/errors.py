"""Errors as pages, for browsers: what is wrong, and where to go from here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from fastapi import Request, Response

from stalewatch.web.desk import desk_of
from stalewatch.web.pages.addresses import Address
from stalewatch.web.pages.paper import page
from stalewatch.web.problems import BEING_COUNTED, Problem
from stalewatch.web.public.paper import is_public
from stalewatch.web.public.paper import problem_page as for_outsiders

if TYPE_CHECKING:
    from stalewatch.services.access.oidc.provider import Provider

_ELSEWHERE: Final = ("cross-site", "same-site")
_API: Final = ("/v1/", "/slack/")


def problem_page(request: Request, problem: Problem) -> Response | None:
    """The problem as a page; None for whoever did not ask for one, and for the API, whose errors are JSON."""
    if is_public(request.url.path):
        return for_outsiders(request, problem)
    if "text/html" not in request.headers.get("accept", "") or request.url.path.startswith(_API):
        return None
    if problem.status == 401 and request.method == "GET":
        return sign_in_page(request, Address.of(request).but(), status=401, headers=problem.headers)
    if problem.kind == BEING_COUNTED and not request.url.path.endswith(".csv"):
        return page(request, "counting.html", here=request.url.path.partition("/")[2] or "overview")
    return page(
        request, "problem.html", status=problem.status, headers=problem.headers,
        status_code=problem.status, detail=problem.detail, instance=problem.more.get("instance", ""),
        wrong=problem.more.get("errors", ()), scope=problem.more.get("scope", ""),
    )  # fmt: skip


def sign_in_page(
    request: Request, after: str, *, status: int = 200, headers: Mapping[str, str] | None = None, failed: bool = False
) -> Response:
    """Where people begin a session: with their provider, or with a token.

    On this machine, where nobody needs one, a visit that begins on another site, also by a link in a message, is asked
    to come again, which then begins here.
    """
    again = request.method == "GET" and status == 401 and request.headers.get("sec-fetch-site") in _ELSEWHERE
    provider: Provider | None = request.app.state.provider
    signing_in = desk_of(request).project.settings.signing_in
    return page(
        request, "sign_in.html", status=status, headers=headers, after=after, failed=failed, again=again,
        provider="" if provider is None else provider.name, takes_tokens=signing_in.takes_tokens,
    )  # fmt: skip
