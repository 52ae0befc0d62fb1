"""What people do: they press buttons, fill in modals and type commands, and Slack tells the app about it.

It does so with a signed request if there is an address for that, and else on a socket that the app has opened.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import count
from typing import Any, Final
from urllib.parse import urlencode

from stalewatch_sandbox.slack.errors import Json, Refused
from stalewatch_sandbox.slack.reaching import Answer, post
from stalewatch_sandbox.slack.socket import Sockets
from stalewatch_sandbox.slack.telling import AGAIN, ResponseUrls, Untold
from stalewatch_sandbox.slack.views import View, Views
from stalewatch_sandbox.slack.workspace import APP, BOT_USER, TEAM, Message, Workspace

Values = dict[str, dict[str, dict[str, Any]]]
_FORM: Final = "application/x-www-form-urlencoded"
_NOT_TOLD: Final = ("options", "option_groups")
"""What stands in an element, and is not repeated when it is used."""


class Interactions:
    """Tells the app what people do.

    Attributes:
        request_url: where the app listens; "": nowhere, or on sockets.
        commands_url: the same for slash commands, if it is another address. events_url: the same for events.
        callback: the workspace's own address, for response_url.
        untold: events that the app did not acknowledge, to be told again.
    """

    def __init__(
        self, workspace: Workspace, views: Views, sockets: Sockets, secret: str, now: Callable[[], datetime]
    ) -> None:
        self.request_url = self.commands_url = self.events_url = self.callback = ""
        self._sockets = sockets
        self._workspace, self._views, self._secret, self._now = workspace, views, secret, now
        self._responses = ResponseUrls(now)
        self.untold: list[Untold] = []
        self._numbers = count(1)

    def reach(self, url: str) -> None:
        """The app listens at this address, with the paths of its manifest below it."""
        self.request_url, self.commands_url = f"{url}/slack/actions", f"{url}/slack/commands"
        self.events_url = f"{url}/slack/events"

    @property
    def is_heard(self) -> bool:
        """Whether the app listens anywhere."""
        return bool(self.request_url) or self._sockets.is_connected

    def press(self, user: str, message: Message | View, action: Mapping[str, Any]) -> Answer:
        """A person uses an element of a message or a view; `action` is the element with what was chosen."""
        kept = {name: value for name, value in action.items() if name not in _NOT_TOLD}
        done = {**kept, "action_ts": self._workspace.stamp()}
        payload = self._payload("block_actions", user) | {"actions": [done]}
        if isinstance(message, View):
            payload |= {"container": {"type": "view", "view_id": message.id}, "view": message.body()}
        else:
            payload |= self._about(message, user)
        return self._interact(payload)

    def submit(self, user: str, view: View, values: Values) -> Answer:
        """A person submits a modal. What the app answers closes it, changes it or shows errors in it."""
        payload = self._payload("view_submission", user) | {"view": view.body(values), "response_urls": []}
        answer = self._interact(payload, may_answer=True)
        if answer.status == 200:
            self._follow(view, answer.json())
        return answer

    def dismiss(self, user: str, view: View) -> None:
        """A person closes a modal; the app hears of it if it wants to."""
        self._views.close(view.id)
        if view.said.get("notify_on_close"):
            payload = self._payload("view_closed", user) | {"view": view.body(), "is_cleared": False}
            self._interact(payload)

    def command(self, user: str, channel: str, command: str, text: str) -> Answer:
        """A person types a slash command; what the app answers at once is seen by them alone."""
        form = {
            "command": command, "text": text, "user_id": user, "channel_id": channel, "team_id": TEAM,
            "team_domain": "sandbox", "api_app_id": APP, "trigger_id": self._views.trigger(user),
            "user_name": self._workspace.users[user].name, "response_url": self._response_url(channel, "", user),
        }  # fmt: skip
        if url := self.commands_url or self.request_url:
            answer = self._post(url, urlencode(form).encode(), _FORM)
        else:
            answer = self._sockets.tell("slash_commands", {**form}, may_answer=True)
        said = answer.json()
        if answer.status == 200 and (said.get("text") or said.get("blocks")):
            self._reply(channel, user, said)
        return answer

    def happen(self, event: Mapping[str, Any]) -> Answer:
        """Something happens that the app subscribed to, such as `app_home_opened`."""
        now, number = self._now(), next(self._numbers)
        payload: Json = {
            "type": "event_callback", "token": "legacy", "team_id": TEAM, "api_app_id": APP,
            "event": {"event_ts": f"{now.timestamp():.6f}", **event}, "event_id": f"Ev{number:010}",
            "event_time": int(now.timestamp()), "authorizations": [{"team_id": TEAM, "user_id": BOT_USER}],
        }  # fmt: skip
        return self._tell(Untold(payload, now))

    def open_home(self, user: str) -> Answer:
        """A person opens the Home tab of the app."""
        home = self._views.home_of(user)
        seen = {"view": home.body()} if home else {}
        channel = self._workspace.direct(user).id
        return self.happen({"type": "app_home_opened", "user": user, "channel": channel, "tab": "home", **seen})

    def verify(self, url: str) -> bool:
        """Whether an app stands behind an address of events, as Slack makes sure when the address is entered."""
        payload = {"token": "legacy", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}
        answer = self._post(url, json.dumps({**payload, "type": "url_verification"}).encode(), "application/json")
        said = answer.body.decode("utf-8", "replace")
        return answer.status == 200 and payload["challenge"] in (said, answer.json().get("challenge"))

    def tell_again(self) -> int:
        """Tell the app again what it did not acknowledge, as far as its time has come; returns how many were told."""
        now = self._now()
        due = [one for one in self.untold if one.due_at <= now]
        self.untold = [one for one in self.untold if one.due_at > now]
        for one in due:
            self._tell(one)
        return len(due)

    def respond(self, token: str, said: dict[str, Any]) -> None:
        """The app uses a response_url.

        Raises:
            Refused: it was never given out, is half an hour old, or was used five times.
        """
        channel, ts, user = self._responses.used(token)
        message = self._workspace.channels[channel].messages.get(ts)
        if said.get("delete_original") and message:
            self._workspace.delete(message)
        elif said.get("replace_original") and message:
            blocks = said.get("blocks", [])
            self._workspace.edit(message, text=str(said.get("text", message.text)), blocks=blocks)
        else:
            self._reply(channel, user, said)

    def _tell(self, one: Untold) -> Answer:
        """Tell the app of an event; one that it does not acknowledge in time is told again, three times at most."""
        if url := self.events_url or self.request_url:
            again = {"X-Slack-Retry-Num": str(one.attempt), "X-Slack-Retry-Reason": one.reason} if one.attempt else {}
            answer = self._post(url, json.dumps(one.payload).encode(), "application/json", again)
        else:
            answer = self._sockets.tell(
                "events_api", one.payload, may_answer=False, retry_attempt=one.attempt, retry_reason=one.reason
            )
        if answer.status // 100 != 2 and one.attempt < len(AGAIN):
            self.untold.append(one.again("http_error" if answer.status else "http_timeout", self._now()))
        return answer

    def _reply(self, channel: str, user: str, said: dict[str, Any]) -> None:
        only_for = "" if said.get("response_type") == "in_channel" else user
        self._workspace.post(
            Message(
                ts=self._workspace.stamp(), channel=channel, text=str(said.get("text", "")),
                blocks=said.get("blocks", []), only_for=only_for,
            )
        )  # fmt: skip

    def _follow(self, view: View, said: dict[str, Any]) -> None:
        """Do what the app answered; what Slack would not take leaves the modal open and says that there is trouble."""
        view.errors, view.is_troubled = {}, False
        match said.get("response_action"):
            case "errors":
                view.errors = {str(block): str(text) for block, text in dict(said.get("errors", {})).items()}
                view.is_troubled = not view.errors or not set(view.errors) <= view.inputs
            case "update" | "push":
                try:
                    self._views.updated(view.id, "", "", said.get("view"))
                except Refused:
                    view.is_troubled = True
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
        self._responses.give(token, (channel, ts, user))
        return f"{self.callback}/response/{token}"

    def _interact(self, payload: Json, *, may_answer: bool = False) -> Answer:
        if self.request_url:
            return self._post(self.request_url, urlencode({"payload": json.dumps(payload)}).encode(), _FORM)
        return self._sockets.tell("interactive", payload, may_answer=may_answer)

    def _post(self, url: str, body: bytes, content_type: str, more: Mapping[str, str] | None = None) -> Answer:
        return post(url, body, content_type, self._secret, str(int(self._now().timestamp())), more)
