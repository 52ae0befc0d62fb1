"""The outer layers: bodies that are too long, faults that nobody caught, and headers that every answer carries."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Final
from uuid import uuid4

from fastapi import FastAPI, Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stalewatch.web.problems import Problem, answer_of

log = logging.getLogger("stalewatch.web")

MOST_BYTES: Final = 64 * 1024
"""The longest body that is read."""
LONGER: Final = {
    "/slack/actions": 512 * 1024, "/slack/events": 512 * 1024,
    "/v1/rules/check": 1024 * 1024, "/v1/rules/preview": 1024 * 1024,
}  # fmt: skip
"""Where more is read: Slack sends the message along, 13,000 characters twice, nine bytes for each Japanese one; or
the whole of somebody's App Home. 256 KB of rules are four times as much in some ways to write JSON."""
_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (
        b"content-security-policy",
        b"default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
)


class _TooLong(Exception):
    """The body has passed the limit while it was read."""


class Gate:
    """Wraps an application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = LONGER.get(scope["path"], MOST_BYTES)
        visit = _Visit(scope, receive, send, most)
        try:
            if _announced(scope) > most:
                raise _TooLong
            await self._app(scope, visit.receive, visit.send)
        except _TooLong:
            said = f"The body is longer than {most // 1024} KB."
            await visit.answer(scope, Problem(413, said, headers={"Connection": "close"}))


def handle_faults(app: FastAPI) -> None:
    """Answer a fault that nobody caught: the caller learns its number, the log what it was."""
    app.add_exception_handler(Exception, _fault)


async def _fault(request: Request, error: Exception) -> Response:
    mark = uuid4().hex[:12]
    log.error("request %s failed: %s: %s", mark, type(error).__name__, error)
    answer = answer_of(request, Problem(500, "Something went wrong here.", instance=f"urn:request:{mark}"))
    answer.raw_headers.extend(_HEADERS)
    return answer


class _Visit:
    """One request on its way in and out."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, most: int) -> None:
        self._scope, self._receive, self._send, self._most = scope, receive, send, most
        self._read = 0
        self._has_begun = False
        self._is_too_long = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._read += len(message.get("body", b""))
        if self._read > self._most:
            self._is_too_long = True
            raise _TooLong
        return message

    async def send(self, message: Message) -> None:
        if self._is_too_long:
            raise _TooLong  # what the routes made of the broken body is not the answer
        if message["type"] == "http.response.start":
            self._has_begun = True
            message = {**message, "headers": _completed([*message.get("headers", []), *_left(self._scope)])}
        await self._send(message)

    async def answer(self, scope: Scope, problem: Problem) -> None:
        """Send a problem, unless an answer is on its way already."""
        if self._has_begun:
            return
        self._is_too_long = False
        await problem.response()(scope, self._receive, self.send)


def _completed(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers of an answer with those of ours that it does not have: pages for people outside are stricter."""
    own = list(headers)
    said = {name.lower() for name, _ in own}
    return [*own, *((name, value) for name, value in _HEADERS if name not in said)]


def _left(scope: Scope) -> list[tuple[bytes, bytes]]:
    """What is left to the caller of their requests."""
    allowance = scope.get("state", {}).get("allowance")
    told = {} if allowance is None else allowance.headers
    return [(name.lower().encode(), value.encode()) for name, value in told.items()]


def _announced(scope: Scope) -> int:
    """The length that the request says its body has; one that is no number is as good as none."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0
