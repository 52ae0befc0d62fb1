"""The mark that proves that a request was made by a page of ours: in every form, or in a header (security, S8).

    <form method="post" action="/…">{{ csrf() }} … </form>              a hidden field, in every template
    <body hx-headers="{{ csrf_headers() }}">                            for htmx: the header `X-CSRF-Token`
    <meta name="csrf-token" content="{{ csrf_token() }}">               for a script of ours

It is derived from the session's own cookie, which no page of another site can read, so that it needs neither a store
nor a key: every process knows it, and it ends with the session. Each page has another one that is as good, because what
is repeated in answers that a proxy compresses can be guessed byte by byte.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from typing import Final
from urllib.parse import parse_qs

from fastapi import Request
from markupsafe import Markup

from stalewatch.web import sessions
from stalewatch.web.problems import Problem

FIELD: Final = "csrf"
HEADER: Final = "X-CSRF-Token"
MOST_FIELDS: Final = 100
_SALT_BYTES: Final = 8
_PURPOSE: Final = b"stalewatch: forms of the dashboard"
_FORM: Final = "application/x-www-form-urlencoded"


def token(request: Request) -> str:
    """The mark for what this session asks next; "" without a session, which then has nothing to be used for."""
    cookie = sessions.presented(request)
    return "" if cookie is None else _marked(cookie, secrets.token_hex(_SALT_BYTES))


def field(request: Request) -> Markup:
    """The hidden field of a form; nothing without a session."""
    made = token(request)
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, made) if made else Markup()


def headers(request: Request) -> str:
    """The value of `hx-headers`: JSON, which the template escapes as any other text."""
    made = token(request)
    return json.dumps({HEADER: made} if made else {})


async def check(request: Request) -> None:
    """Return if the request bears a mark of its session, in the header or in the form that it sends.

    Raises:
        Problem: 403 without one.
    """
    cookie = sessions.presented(request)
    shown = request.headers.get(HEADER) or await _sent(request)
    if cookie is None or not _is_of(cookie, shown):
        raise Problem(403, "Only a page of this dashboard may ask for that in your name.")


async def _sent(request: Request) -> str:
    """The field of the form in the body; it is read once, and its route can read it as well."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        return ""
    body = (await request.body()).decode("utf-8", "replace")
    try:
        found = parse_qs(body, max_num_fields=MOST_FIELDS)
    except ValueError:  # more fields than any form of ours has
        return ""
    return found.get(FIELD, [""])[0]


def _is_of(cookie: str, shown: str) -> bool:
    return shown.isascii() and hmac.compare_digest(shown, _marked(cookie, shown.partition(".")[0]))


def _marked(cookie: str, salt: str) -> str:
    mark = hmac.digest(cookie.encode("utf-8", "surrogateescape"), _PURPOSE + salt.encode(), hashlib.sha256)
    return f"{salt}.{mark.hex()}"
