"""Slack's Web API: from a request over token, scopes and limits to the method."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from stalewatch_sandbox.serving.exchange import Request, Response
from stalewatch_sandbox.slack import chat, conversations, modals, people
from stalewatch_sandbox.slack.arguments import Arguments
from stalewatch_sandbox.slack.call import Call
from stalewatch_sandbox.slack.errors import Json, Refused, TooFast
from stalewatch_sandbox.slack.limits import Limits
from stalewatch_sandbox.slack.socket import Sockets
from stalewatch_sandbox.slack.views import Views
from stalewatch_sandbox.slack.workspace import Workspace

TOKEN: Final = "xoxb-000000000000-000000000000-sandbox"  # noqa: S105  # opens nothing but the sandbox
SCOPES: Final = frozenset(
    {
        "chat:write", "im:write", "im:history", "channels:history", "groups:history", "users:read", "users:read.email",
        "commands", "dnd:read", "chat:write.public",
    }
)  # fmt: skip
APP_TOKEN: Final = "xapp-1-A0STALEWATCH-0000000000000-sandbox"  # noqa: S105  # opens nothing but the sandbox
_METHODS: Final[Mapping[str, Callable[[Call], Json]]] = {
    "auth.test": people.auth_test,
    "users.lookupByEmail": people.lookup_by_email,
    "users.info": people.info,
    "users.list": people.list_,
    "dnd.info": people.dnd_info,
    "conversations.open": conversations.open_,
    "conversations.list": conversations.list_,
    "conversations.info": conversations.info,
    "conversations.join": conversations.join,
    "conversations.history": conversations.history,
    "conversations.replies": conversations.replies,
    "chat.postMessage": chat.post_message,
    "chat.postEphemeral": chat.post_ephemeral,
    "chat.update": chat.update,
    "chat.delete": chat.delete,
    "chat.getPermalink": chat.permalink,
    "views.open": modals.open_,
    "views.update": modals.update,
    "views.publish": modals.publish,
}
_OPEN: Final = "apps.connections.open"
"""The one method that wants the token of the app, and no other method does."""
PREFIX: Final = "/api/"


class SlackApi:
    """Answers what comes under /api/.

    Attributes:
        sockets: the connections of the app in Socket Mode.
        tokens: each with its scopes; app_tokens: those that open sockets.
        bad_tokens: tokens that once worked, and the word that they get now (token_revoked, account_inactive, …).
        history_lag: messages that are younger are not in the history yet.
    """

    def __init__(self, workspace: Workspace, ticks: Callable[[], float] = time.monotonic) -> None:
        self.workspace = workspace
        self.views = Views(workspace.now)
        self.limits = Limits(ticks)
        self.sockets = Sockets()
        self.app_tokens = {APP_TOKEN}
        self.tokens: dict[str, frozenset[str]] = {TOKEN: SCOPES}
        self.bad_tokens: dict[str, str] = {}
        self.history_lag = timedelta()

    def handle(self, request: Request) -> Response:
        """Answer; what is refused is an answer too."""
        method = request.path.removeprefix(PREFIX).strip("/")
        try:
            response = Response.json(self._called(method, request))
        except Refused as refused:
            response = Response.json(refused.body())
        except TooFast as fast:
            response = Response.json({"ok": False, "error": "ratelimited"}, 429)
            response = response.with_headers(Retry_After=str(fast.seconds))
        granted = ",".join(sorted(self.tokens.get(_bearer(request), ())))
        return replace(response.with_headers(X_OAuth_Scopes=granted), weight=1, kind=method)

    def _called(self, method: str, request: Request) -> Json:
        arguments = Arguments.of(request)
        token = self._token(request, arguments)
        if (method == _OPEN) is not (token in self.app_tokens):
            raise Refused("not_allowed_token_type")
        if method == _OPEN:
            return {"ok": True, "url": self.sockets.invite()}
        if method not in _METHODS:
            raise Refused("unknown_method", req_method=method)
        self.limits.call(method)
        call = Call(self.workspace, self.views, self.limits, self.tokens[token], arguments, self.history_lag)
        with self.workspace.lock:
            return _METHODS[method](call)

    def _token(self, request: Request, arguments: Arguments) -> str:
        scheme, _, said = (request.header("authorization") or "").partition(" ")
        token = said.strip() if scheme.lower() == "bearer" else arguments.text("token")
        if not token:
            raise Refused("not_authed")
        if token in self.bad_tokens:
            raise Refused(self.bad_tokens[token])
        if token not in self.tokens and token not in self.app_tokens:
            raise Refused("invalid_auth")
        return token


def _bearer(request: Request) -> str:
    scheme, _, said = (request.header("authorization") or "").partition(" ")
    return said.strip() if scheme.lower() == "bearer" else ""
