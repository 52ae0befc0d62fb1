"""Sessions of browsers over HTTP: the cookie that shows one, and whether a page of ours asks (security, S7, S8).

What a session is, and when it ends: `services/access/sessions.py`.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request, Response

from stalewatch.domain.instants import SECOND
from stalewatch.sdk.errors import StalewatchError
from stalewatch.services.access import sessions
from stalewatch.services.access.sessions import Session
from stalewatch.web.desk import Desk, desk_of

log = logging.getLogger("stalewatch.web")

COOKIE: Final = "stalewatch"
SECURE_COOKIE: Final = "__Host-stalewatch"
"""The browser itself sees to it that only this very host, over https, can set it; the other name is for loopback."""
_SAFE: Final = frozenset({"GET", "HEAD"})


def is_secure(request: Request) -> bool:
    """Whether people reach us over https, also where a proxy ends it."""
    public = desk_of(request).project.settings.web.public_url or ""
    return public.startswith("https://") or request.url.scheme == "https"


def presented(request: Request) -> str | None:
    """What the browser shows of its session; over https the cookie without the prefix counts for nothing."""
    return request.cookies.get(SECURE_COOKIE if is_secure(request) else COOKIE)


def current(desk: Desk, request: Request) -> Session | None:
    """The session of the browser, if it goes on; the visit is written down later, so that reading waits for nobody."""
    shown = presented(request)
    session = sessions.opened(desk.project.db, shown, desk.now) if shown else None
    if session is not None and session.needs_note(desk.now):
        asyncio.get_running_loop().run_in_executor(None, _note, desk, session)
    return session


def give(request: Request, response: Response, shown: str) -> None:
    """Let the browser keep a session: no script reads it, and other sites' pages cannot post with it.

    Lax, not Strict: who comes from the provider, or by a link in a message, is signed in already.
    """
    secure = is_secure(request)
    response.set_cookie(
        SECURE_COOKIE if secure else COOKIE, shown, max_age=sessions.LONGEST // SECOND, path="/",
        secure=secure, httponly=True, samesite="lax",
    )  # fmt: skip


def take_back(response: Response) -> None:
    """Let the browser forget it, under either name."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
    response.delete_cookie(SECURE_COOKIE, path="/", secure=True, httponly=True, samesite="lax")


def changes_something(request: Request) -> bool:
    """True for every method that is not only reading."""
    return request.method not in _SAFE


def is_from_our_pages(request: Request, public_url: str | None) -> bool:
    """Whether a browser says that a page of ours sent this, not one of somebody else's; saying nothing is no."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = urlsplit(request.headers.get("origin", "")).netloc
    return bool(origin) and origin in (request.headers.get("host"), urlsplit(public_url or "").netloc)


def _note(desk: Desk, session: Session) -> None:
    try:
        sessions.note(desk.project.db, session, desk.now)
    except StalewatchError as error:  # the next visit is written down instead
        log.warning("a visit was not noted: %s", error)
