"""The page's addresses: looking, pressing, submitting, saying something; the app's response_url and its sockets."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qs

from stalewatch_sandbox.serving.exchange import BadBody, Request, Response
from stalewatch_sandbox.slack.api import PREFIX, SlackApi
from stalewatch_sandbox.slack.errors import Refused
from stalewatch_sandbox.slack.interactions import Interactions, Values
from stalewatch_sandbox.slack.page import Page, Reader
from stalewatch_sandbox.slack.socket import LINK
from stalewatch_sandbox.slack.views import View
from stalewatch_sandbox.slack.widgets import state_of
from stalewatch_sandbox.slack.workspace import Message

Form = Mapping[str, list[str]]
_PATIENCE: Final = 1.0
"""Seconds that the page waits for the app to do something."""
_ANSWERED_LATER: Final = ("/press", "/say")
"""What an app acknowledges before it does anything; a form is answered there and then."""
_SECURE: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Slack:
    """The whole application: the API, the page and what the page does."""

    def __init__(self, api: SlackApi, interactions: Interactions) -> None:
        self.api, self.interactions = api, interactions
        self._token = secrets.token_urlsafe(16)
        self._page = Page(api.workspace, api.views, self._token)
        self._sights = {"/": self._look, "/home": self._opened}
        self._deeds = {"/press": self._press, "/submit": self._submit, "/dismiss": self._dismiss, "/say": self._say}

    def handle(self, request: Request) -> Response:
        """Answer."""
        if request.path.startswith(PREFIX):
            return self.api.handle(request)
        if request.path == LINK:
            return self.api.sockets.welcome(request)
        if request.path.startswith("/response/") and request.method == "POST":
            return self._respond(request)
        if request.path in self._deeds and request.method == "POST":
            return self._done(request)
        if request.path in self._sights and request.method in ("GET", "HEAD"):
            return self._sights[request.path](request)
        return Response.text("Not found", 404, "text/plain")

    def _look(self, request: Request) -> Response:
        with self.api.workspace.lock:
            reader = self._reader({name: request.parameter(name) or "" for name in ("as", "channel", "home")})
            page = self._page.html(reader) if reader else "<!doctype html><title>Slack sandbox</title>Nobody is here."
        return replace(Response.text(page), headers={"Content-Type": "text/html;charset=UTF-8", **_SECURE}, kind="page")

    def _opened(self, request: Request) -> Response:
        """Somebody goes to the Home tab, of which the app hears; looking at it again is no opening."""
        with self.api.workspace.lock:
            reader = self._reader({"as": request.parameter("as") or "", "channel": "", "home": "1"})
        if reader is None:
            return Response.text("Nobody is here.", 400, "text/plain")
        before = len(self.api.workspace.ledger)
        if self.interactions.is_heard:
            self.interactions.open_home(reader.user.id)
        self._await_answer(before, reader)
        return Response(303, headers={"Location": Reader(reader.user, None).address, **_SECURE}, kind="page")

    def _done(self, request: Request) -> Response:
        form = parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        if not hmac.compare_digest(_one(form, "token").encode(), self._token.encode()):
            return Response.text("This form is not from this page.", 403, "text/plain")
        reader = self._reader({"as": _one(form, "as"), "channel": _one(form, "channel"), "home": ""})
        if reader is None:
            return Response.text("Nobody is here.", 400, "text/plain")
        before = len(self.api.workspace.ledger)
        self._deeds[request.path](form, reader)
        if request.path in _ANSWERED_LATER:
            self._await_answer(before, reader)
        return Response(303, headers={"Location": reader.address, **_SECURE}, kind="page")

    def _await_answer(self, before: int, reader: Reader) -> None:
        """Apps answer at once and act afterwards: show what they do without making the reader look again."""
        end = time.monotonic() + _PATIENCE
        while self.interactions.is_heard and time.monotonic() < end:
            modal = self.api.views.modal_of(reader.user.id)
            if len(self.api.workspace.ledger) > before and not (modal and modal.is_waiting):
                return
            time.sleep(0.02)

    def _respond(self, request: Request) -> Response:
        try:
            with self.api.workspace.lock:
                self.interactions.respond(request.path.removeprefix("/response/"), request.json())
        except (Refused, BadBody) as refused:
            return Response.json({"ok": False, "error": str(refused)}, 404)
        return Response.json({"ok": True})

    def _reader(self, wish: Mapping[str, str]) -> Reader | None:
        """Who looks at what; a direct message is seen by whom it is for, a channel by anybody."""
        workspace = self.api.workspace
        people = [user for user in workspace.users.values() if not user.is_bot]
        if not people:
            return None
        channel = workspace.channels.get(wish["channel"])
        if channel is None and not wish["home"]:
            spoken = [one for one in workspace.channels.values() if one.messages]
            channel = next(iter(spoken), next(iter(workspace.channels.values()), None))
        id_ = channel.user if channel and channel.is_direct else wish["as"]
        return Reader(workspace.users.get(id_, people[0]), channel)

    # --------------------------------------------------------------------------------------------------- deeds

    def _press(self, form: Form, reader: Reader) -> None:
        subject = self._subject(form, reader)
        place, _, option = _one(form, "press").partition("=")
        found = _element(subject, place) if subject else None
        if subject is None or found is None:
            return
        block, element = found
        chosen = _option(element, option) if option else form.get(f"chosen:{place}")
        action = {"action_id": place, "block_id": block, **element} | (state_of(element, chosen) if chosen else {})
        self.interactions.press(reader.user.id, subject, action)

    def _submit(self, form: Form, reader: Reader) -> None:
        view = self.api.views.find(_one(form, "about"))
        if view is None:
            return
        values: Values = {}
        for number, block in enumerate(view.said.get("blocks", [])):
            if block.get("type") == "input":
                element = block["element"]
                view.filled[number] = given = form.get(f"input:{number}", [])
                state = state_of(element, given)
                values[str(block.get("block_id", f"b{number}"))] = {str(element.get("action_id", number)): state}
        self.interactions.submit(reader.user.id, view, values)

    def _dismiss(self, form: Form, reader: Reader) -> None:
        view = self.api.views.find(_one(form, "about"))
        if view is not None:
            self.interactions.dismiss(reader.user.id, view)

    def _say(self, form: Form, reader: Reader) -> None:
        text = _one(form, "text")
        if reader.channel is None or not text:
            return
        if text.startswith("/"):
            command, _, rest = text.partition(" ")
            self.interactions.command(reader.user.id, reader.channel.id, command, rest)
        else:
            self.api.workspace.say(reader.user.id, reader.channel.id, text)

    def _subject(self, form: Form, reader: Reader) -> Message | View | None:
        about = _one(form, "about")
        message = reader.channel.messages.get(about) if reader.channel else None
        return message or self.api.views.find(about)


def _one(form: Form, name: str) -> str:
    return form.get(name, [""])[0]


def _option(element: Mapping[str, Any], number: str) -> list[str]:
    """The value of an option in a menu, by its place."""
    options = element.get("options", [])
    return [str(options[int(number)]["value"])] if number.isdecimal() and int(number) < len(options) else []


def _element(subject: Message | View, place: str) -> tuple[str, dict[str, Any]] | None:
    """The block's id and the element at a place such as "3/0" or "3/accessory"."""
    blocks = subject.said.get("blocks", []) if isinstance(subject, View) else subject.blocks
    number, _, which = place.partition("/")
    try:
        block = blocks[int(number)]
        element = block["accessory"] if which == "accessory" else block["elements"][int(which)]
    except (ValueError, LookupError):
        return None
    return str(block.get("block_id", f"b{number}")), dict(element)
