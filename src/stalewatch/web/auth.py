"""Who asks, and whether they may: API tokens with scopes, checked by a dependency of each route and never by path.

A browser signs in with a token and keeps a session instead (`sessions.py`).

A missing, unknown, revoked, expired or misspelt token gets the same answer, so that nothing can be learnt from it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request
from starlette.types import Scope

from stalewatch.sdk.errors import StalewatchError
from stalewatch.services.access import tokens
from stalewatch.services.access.door import Admission
from stalewatch.services.access.principals import Principal, Visible, local
from stalewatch.web import csrf, sessions
from stalewatch.web.desk import Desk, desk_of
from stalewatch.web.pace import Allowance, Rates
from stalewatch.web.problems import Problem

log = logging.getLogger("stalewatch.web")

REALM: Final = 'Bearer realm="stalewatch"'
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_OWN_SITE: Final = (None, "none", "same-origin")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    Attributes:
        visible: the records that they may see at this moment; None: every record.
        session: they signed in with a browser.
    """

    principal: Principal
    visible: Visible | None = None
    session: bool = False

    @property
    def actor(self) -> str:
        """What the audit log calls them."""
        return self.principal.actor


Guard = Callable[[Request], Awaitable[Caller]]


def needs(scope: str) -> Guard:
    """The dependency of a route that only a caller with this scope may use."""

    async def guard(request: Request) -> Caller:
        caller = admit(desk_of(request), request, scope)
        request.state.caller = caller
        if caller.session and sessions.changes_something(request):
            await csrf.check(request)
        return caller

    guard.scope = scope  # type: ignore[attr-defined]  # what the test of the routes reads
    return guard


def admit(desk: Desk, request: Request, scope: str) -> Caller:
    """The caller, if they may: by a token, by a session, or at home without either.

    Raises:
        Problem: 401 without a valid token, 403 with one that has not this scope, or for a change by a session that
            no page of ours asked for; 429 for whoever asks too often.
    """
    presented = request.headers.getlist("authorization")
    session = None if presented else _of_session(desk, request)
    if not presented and session is None and _is_at_home(desk, request):
        return Caller(local())
    now = desk.now
    came = session or _of_header(desk, presented, now)
    if came is None:
        invalid = ', error="invalid_token"' if presented else ""
        raise Problem(401, "A valid API token is needed.", headers={"WWW-Authenticate": REALM + invalid})
    _count(request, came, now)
    if not came.principal.allows(scope):
        raise _lacking(scope, is_token=session is None)
    if session and sessions.changes_something(request) and not came_from_us(desk, request):
        raise Problem(403, "Only a page of this dashboard may ask for that in your name.")
    note_use(desk, came, now)
    request.state.admission = came if presented else None
    return Caller(came.principal, came.visible, session=session is not None)


def _count(request: Request, came: Admission, now: int) -> None:
    allowed = counted(request.scope, request.app.state.rates, came, now)
    if allowed is not None and allowed.wait:
        said = f"At most {allowed.most} requests a minute: again in {allowed.wait} s."
        raise Problem(429, said, headers=allowed.headers)


def counted(scope: Scope, rates: Rates, came: Admission, now: int) -> Allowance | None:
    """One more request of this caller's, once for each request; the answer carries what is left to them."""
    state = scope.setdefault("state", {})
    known: Allowance | None = state.get("allowance")
    allowed = known or rates.take(came.principal.actor, now)
    if allowed is not None and not allowed.wait:
        state["allowance"] = allowed
    return allowed


def note_use(desk: Desk, came: Admission, now: int) -> None:
    """Write down, beside the request, that a token was used: reading waits for no writer."""
    if came.token is not None and desk.door.is_to_be_noted(came.token, now):
        asyncio.get_running_loop().run_in_executor(None, _note, desk, came.token.id, now)


def _lacking(scope: str, *, is_token: bool) -> Problem:
    headers = {"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{scope}"'}
    who = "This token has not" if is_token else "You do not have"
    return Problem(403, f"{who} the scope {scope}.", headers=headers, scope=scope)


def came_from_us(desk: Desk, request: Request) -> bool:
    """Whether a page of this dashboard sent the request (security, S8)."""
    return sessions.is_from_our_pages(request, desk.project.settings.web.public_url)


def _of_header(desk: Desk, presented: Sequence[str], now: int) -> Admission | None:
    kind, _, text = presented[0].strip().partition(" ") if len(presented) == 1 else ("", "", "")
    return desk.door.by_token(text.strip(), now) if kind.lower() == "bearer" else None


def _of_session(desk: Desk, request: Request) -> Admission | None:
    """Whoever signed in with this browser, as they, or the token they did it with, are worth now."""
    session = sessions.current(desk, request)
    if session is None:
        return None
    if session.person is not None:
        return desk.door.by_address(session.person)
    takes_tokens = desk.project.settings.signing_in.takes_tokens  # not any more, where there is a provider by now
    return desk.door.by_session_token(session.token or "", desk.now) if takes_tokens else None


def _is_at_home(desk: Desk, request: Request) -> bool:
    """The first five minutes: nobody but this machine can ask, and no token was ever made.

    Not a page of somebody else's that this machine's browser shows, by another name for this host or across sites.
    """
    host = request.headers.get("host", "").lower()
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    own = name in _LOOPBACK and request.headers.get("sec-fetch-site") in _OWN_SITE
    return desk.is_local and own and _sent_from(host, request) and not tokens.listed(desk.project.db)


def _sent_from(host: str, request: Request) -> bool:
    """Whether a page of this very host sent it, as far as anybody says; programs say nothing."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin.lower()).netloc == host


def _note(desk: Desk, token: str, now: int) -> None:
    try:
        tokens.note_use(desk.project.db, token, now)
    except StalewatchError as error:  # it is only for people who wonder which token is still in use
        log.warning("the use of a token was not noted: %s", error)
