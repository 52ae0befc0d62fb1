"""The short way to a page that is kept: past the framework, and past nothing that decides what somebody may see.

A page of the stalled list, asked for again in the same words with the same token, is understood at once. One question
to the database tells whether anything has changed that decides who may see what, and whether anything has that the list
shows; it is put once for all requests that have come by then, and always after they came. Whoever has lost a token, a
role or a rep since goes the long way, as does every question that is new; of a page that has changed, the page alone is
read again. Requests are counted and noted as on the long way, and what is said is what would be said there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fastapi import Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from stalewatch.services.operating.faults import StoreError
from stalewatch.web.answers import sheet_answer
from stalewatch.web.auth import counted, note_use
from stalewatch.web.desk import Desk
from stalewatch.web.pace import Rates
from stalewatch.web.remembering import words_of

PATHS: Final = frozenset({"/v1/deals/stalled", "/v1/leads/stalled"})


class Shortcut:
    """Wraps an application."""

    def __init__(self, app: ASGIApp, *, desks: Callable[[], Desk], rates: Rates) -> None:
        self._app, self._desks, self._rates = app, desks, rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = None
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"] in PATHS:
            answer = await self._answer(scope)
        await (answer or self._app)(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response | None:
        """What is answered; None: the long way knows."""
        words, desk = words_of(scope), self._desks()
        question = None if words is None else desk.shortcuts.known(words)
        if words is None or question is None:
            return None
        try:
            felt, now = await desk.pulse(), desk.now
            if desk.door.again(words.token, felt.access, now) is not question.admission:
                return None
            allowed = counted(scope, self._rates, question.admission, now)
            if allowed is not None and allowed.wait:
                return None
            sheet = desk.kept.sheet(question.asked, felt.version, now)
            if sheet is None:
                sheet, later, now = await desk.renewed(question.asked)
                if later.access != felt.access:
                    return None
                felt = later
        except StoreError:  # the long way finds out as well, and says so
            return None
        note_use(desk, question.admission, now)
        return sheet_answer(Request(scope), sheet, now, felt.data_age(now))
