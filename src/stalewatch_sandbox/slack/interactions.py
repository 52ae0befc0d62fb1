"""What people do: they press buttons, fill in modals and type commands, and Slack tells the app about it, signed."""

from __future__ import annotations

import hashlib
import hmac
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any, Final
from urllib.parse import urlencode

from stalewatch_sandbox.slack.errors import Json, Refused
from stalewatch_sandbox.slack.views import View, Views
from stalewatch_sandbox.slack.workspace import APP, BOT_USER, TEAM, Message, Workspace

Values = dict[str, dict[str, dict[str, Any]]]
PATIENCE: Final = 3.0
"""Seconds in which an app has to answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the app said to an interaction; status 0: nothing, in time."""

    status: int
    body: bytes

    def json(self) -> dict[str, Any]:
        """The JSON object in the body; an empty one if there is none."""
        try:
            said = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return said if isinstance(said, dict) else {}


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Slack's signature of a request: v0 HMAC-SHA256 over version, timestamp and body."""
    return "v0=" + hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()


class Interactions:
    """Posts interactions to the app.

    Attributes:
        request_url: where the app listens; "" while nobody does.
        commands_url: the same for slash commands, if it is another address.
        callback: the workspace's own address, for response_url.
    """

    def __init__(self, workspace: Workspace, views: Views, secret: str, now: Callable[[], datetime]) -> None:
        self.request_url = self.commands_url = self.callback = ""
        self._workspace, self._views, self._secret, self._now = workspace, views, secret, now
        self._responses: dict[str, tuple[str, str, str]] = {}
        self._numbers = count(1)

    def press(self, user: str, message: Message | View, action: Mapping[str, Any]) -> Answer:
        """A person uses an element of a message or a view; `action` is the element with what was chosen."""
        now = self._now()
        done = {**action, "action_ts": f"{now.timestamp():.6f}"}
        payload = self._payload("block_actions", user) | {"actions": [done]}
        if isinstance(message, View):
            payload |= {"container": {"type": "view", "view_id": message.id}, "view": message.body()}
        else:
            payload |= self._about(message, user)
        return self._send(self.request_url, {"payload": json.dumps(payload)})

    def submit(self, user: str, view: View, values: Values) -> Answer:
        """A person submits a modal. What the app answers closes it, changes it or shows errors in it."""
        payload = self._payload("view_submission", user) | {"view": view.body(values), "response_urls": []}
        answer = self._send(self.request_url, {"payload": json.dumps(payload)})
        if answer.status == 200:
            self._follow(view, answer.json())
        return answer

    def dismiss(self, user: str, view: View) -> None:
        """A person closes a modal; the app hears of it if it wants to."""
        self._views.close(view.id)
        if view.said.get("notify_on_close"):
            payload = self._payload("view_closed", user) | {"view": view.body(), "is_cleared": False}
            self._send(self.request_url, {"payload": json.dumps(payload)})

    def command(self, user: str, channel: str, command: str, text: str) -> Answer:
        """A person types a slash command; what the app answers at once is seen by them alone."""
        form = {
            "command": command, "text": text, "user_id": user, "channel_id": channel, "team_id": TEAM,
            "team_domain": "sandbox", "api_app_id": APP, "trigger_id": self._views.trigger(user),
            "user_name": self._workspace.users[user].name, "response_url": self._response_url(channel, "", user),
        }  # fmt: skip
        answer = self._send(self.commands_url or self.request_url, form)
        said = answer.json()
        if answer.status == 200 and (said.get("text") or said.get("blocks")):
            self._reply(channel, user, said)
        return answer

    def respond(self, token: str, said: dict[str, Any]) -> None:
        """The app uses a response_url.

        Raises:
            Refused: it was never given out.
        """
        if token not in self._responses:
            raise Refused("used_url")
        channel, ts, user = self._responses[token]
        message = self._workspace.channels[channel].messages.get(ts)
        if said.get("delete_original") and message:
            self._workspace.delete(message)
        elif said.get("replace_original") and message:
            blocks = said.get("blocks", [])
            self._workspace.edit(message, text=str(said.get("text", message.text)), blocks=blocks)
        else:
            self._reply(channel, user, said)

    def _reply(self, channel: str, user: str, said: dict[str, Any]) -> None:
        only_for = "" if said.get("response_type") == "in_channel" else user
        self._workspace.post(
            Message(
                ts=self._workspace.stamp(), channel=channel, text=str(said.get("text", "")),
                blocks=said.get("blocks", []), only_for=only_for,
            )
        )  # fmt: skip

    def _follow(self, view: View, said: dict[str, Any]) -> None:
        match said.get("response_action"):
            case "errors":
                view.errors = {str(block): str(text) for block, text in dict(said.get("errors", {})).items()}
            case "update" | "push":
                self._views.updated(view.id, "", "", said.get("view"))
            case _:
                self._views.close(view.id)

    def _payload(self, type_: str, user: str) -> Json:
        member = self._workspace.users[user]
        return {
            "type": type_, "team": {"id": TEAM, "domain": "sandbox"}, "api_app_id": APP, "token": "legacy",
            "user": {"id": user, "username": member.name, "name": member.name, "team_id": TEAM},
            "trigger_id": self._views.trigger(user), "enterprise": None, "is_enterprise_install": False,
        }  # fmt: skip

    def _about(self, message: Message, user: str) -> Json:
        from_us = {"type": "message", "user": BOT_USER, "ts": message.ts, "text": message.text}
        container = {
            "type": "message", "message_ts": message.ts, "channel_id": message.channel,
            "is_ephemeral": bool(message.only_for),
        }  # fmt: skip
        more = {"metadata": message.metadata} if message.metadata else {}
        return {
            "container": container, "channel": {"id": message.channel, "name": "directmessage"},
            "message": {**from_us, "blocks": message.blocks, **more}, "state": {"values": {}},
            "response_url": self._response_url(message.channel, message.ts, user),
        }  # fmt: skip

    def _response_url(self, channel: str, ts: str, user: str) -> str:
        token = f"{next(self._numbers)}{hashlib.sha256(self._secret.encode()).hexdigest()[:16]}"
        self._responses[token] = (channel, ts, user)
        return f"{self.callback}/response/{token}"

    def _send(self, url: str, form: dict[str, str]) -> Answer:
        if not url.startswith(("http://", "https://")):
            return Answer(0, b"")
        body, timestamp = urlencode(form).encode(), str(int(self._now().timestamp()))
        request = urllib.request.Request(url, body, {  # noqa: S310  # http and https only
            "Content-Type": "application/x-www-form-urlencoded", "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(self._secret, timestamp, body), "User-Agent": "Slackbot 1.0",
        })  # fmt: skip
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:  # noqa: S310
                return Answer(response.status, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read())
        except OSError:
            return Answer(0, b"")
