"""Sessions of browsers: a signed cookie that names the token it was opened with, and when it ends (security, S7, S8).

A session is worth what its token is worth at each request: revoked or expired, it ends with it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request, Response

from stalewatch.domain.instants import HOUR

COOKIE: Final = "stalewatch"
SECURE_COOKIE: Final = "__Host-stalewatch"
LIFE: Final = 12 * HOUR
"""Microseconds from signing in to signing in again."""
_SAFE: Final = frozenset({"GET", "HEAD"})


def random_key() -> bytes:
    """A key for as long as this process lives."""
    return secrets.token_bytes(32)


class Sessions:
    """Seals and opens sessions with one key."""

    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, b"stalewatch dashboard session", hashlib.sha256)

    def sealed(self, token: str, now: int) -> str:
        """The cookie of a session that begins now, opened with the token of this id."""
        body = f"{token}.{now + LIFE}"
        return f"{body}.{self._mark(body)}"

    def opened(self, cookie: str, now: int) -> str | None:
        """The id of the token with which a session was opened; None if it is not ours, was altered or has ended."""
        body, _, mark = cookie.rpartition(".")
        if not cookie.isascii() or not hmac.compare_digest(mark, self._mark(body)):
            return None
        token, _, end = body.rpartition(".")
        return token if now < int(end) else None

    def _mark(self, body: str) -> str:
        return hmac.digest(self._key, body.encode(), hashlib.sha256).hex()


def presented(request: Request) -> str | None:
    """The cookie that a request carries."""
    return request.cookies.get(SECURE_COOKIE) or request.cookies.get(COOKIE)


def give(response: Response, cookie: str, *, secure: bool) -> None:
    """Let the browser keep a session: no script reads it, no other site sends it."""
    response.set_cookie(
        SECURE_COOKIE if secure else COOKIE, cookie, max_age=LIFE // 1_000_000, path="/",
        secure=secure, httponly=True, samesite="strict",
    )  # fmt: skip


def take_back(response: Response) -> None:
    """Let the browser forget it, under either name."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    response.delete_cookie(SECURE_COOKIE, path="/", secure=True, httponly=True, samesite="strict")


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
