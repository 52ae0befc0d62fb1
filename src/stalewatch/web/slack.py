"""`POST /slack/actions`, `/slack/commands`, `/slack/events`: what people do in Slack, each request signed by Slack
over the bytes that it sent. Whatever it asks for is done after the answer, but for a form, which is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from fastapi import Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from stalewatch.delivery.slack.events import Challenge
from stalewatch.delivery.slack.heard import Heard, of_action, of_command, of_event
from stalewatch.delivery.slack.signature import genuine
from stalewatch.web.answers import JSON
from stalewatch.web.desk import desk_of
from stalewatch.web.problems import Problem
from stalewatch.wiring.slack import Reception

SIGNATURE: Final = "signature"
"""The scope of routes that Slack calls: no token opens them, only its signature."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A request of Slack's: its body as it came, and a mark that no other request has."""

    reception: Reception
    body: bytes
    mark: str


async def signed(request: Request) -> Signed:
    """The guard of routes that Slack calls.

    Raises:
        Problem: 404 where no signed requests are taken, 401 for one that Slack did not sign within five minutes.
    """
    desk = desk_of(request)
    reception = desk.slack
    if reception is None or not reception.signing_secret:
        raise Problem(404, "There is nothing here, or nothing that you may see.")
    body = await request.body()
    times = request.headers.getlist("x-slack-request-timestamp")
    signatures = request.headers.getlist("x-slack-signature")
    mark = genuine(times, signatures, body, reception.signing_secret, desk.now)
    if mark is None:
        raise Problem(401, "Slack did not sign this just now.")
    return Signed(reception, body, mark)


signed.scope = SIGNATURE  # type: ignore[attr-defined]  # what the test of the routes reads


async def slack_actions(came: Annotated[Signed, Depends(signed)]) -> Response:
    """Take a button that was pressed or a form that was sent; what a button asks for is done after the answer."""
    return await _taken(came, of_action(came.body))


async def slack_commands(came: Annotated[Signed, Depends(signed)]) -> Response:
    """Take the slash command; its answer follows at the address that came with it."""
    return await _taken(came, of_command(came.body))


async def slack_events(came: Annotated[Signed, Depends(signed)]) -> Response:
    """Take an event, such as that somebody opened App Home, or say back what Slack says to prove the address."""
    what = of_event(came.body)
    if isinstance(what, Challenge):
        return Response(what.text, media_type="text/plain")
    return await _taken(came, what)


async def _taken(came: Signed, what: Heard) -> Response:
    answer = await run_in_threadpool(came.reception.attendant.take, what, came.mark)
    return Response() if answer is None else Response(msgspec.json.encode(answer), media_type=JSON)
