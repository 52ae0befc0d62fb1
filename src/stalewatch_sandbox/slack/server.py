"""A workspace behind a port: state, API, page, faults and server together."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Self

from stalewatch_sandbox.serving.clock import Clock
from stalewatch_sandbox.serving.server import SandboxServer, Switchboard
from stalewatch_sandbox.slack.api import APP_TOKEN, TOKEN, SlackApi
from stalewatch_sandbox.slack.doors import Slack
from stalewatch_sandbox.slack.faults import catalogue
from stalewatch_sandbox.slack.interactions import Interactions
from stalewatch_sandbox.slack.workspace import Workspace

SIGNING_SECRET = "5a4d0b5a4d0b5a4d0b5a4d0b5a4d0b5a"  # noqa: S105  # opens nothing but the sandbox


class SlackServer:
    """A simulated workspace; also a context manager.

    Attributes:
        workspace: people, channels, messages and the ledger of what the app said.
        api: tokens, scopes, limits and views.
        interactions: what people do; set its `request_url` to where the app listens, or let it open sockets.
        board: the clock, the faults and the ledger of calls.
        token: the app's bot token; app_token: the one that opens sockets.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        port: int = 0,
        ticks: Callable[[], float] = time.monotonic,
        signs_at: Callable[[], datetime] | None = None,
    ) -> None:
        """`ticks` are the seconds in which rate limits count; `signs_at` tells the time that signatures carry."""
        self.workspace = Workspace(clock.now)
        self.api = SlackApi(self.workspace, ticks)
        self.interactions = Interactions(
            self.workspace, self.api.views, self.api.sockets, SIGNING_SECRET, signs_at or clock.now
        )
        self.board = Switchboard.at(clock, catalogue(self.api))
        self.token, self.app_token, self.signing_secret = TOKEN, APP_TOKEN, SIGNING_SECRET
        self._server = SandboxServer(Slack(self.api, self.interactions), self.board, port=port)
        self.interactions.callback = self._server.url
        self.api.sockets.address = f"ws://{self._server.host}:{self._server.port}"

    @property
    def url(self) -> str:
        """The page, without a slash at the end."""
        return self._server.url

    @property
    def api_url(self) -> str:
        """What slack_sdk calls base_url."""
        return f"{self._server.url}/api/"

    def start(self) -> Self:
        """Begin to serve."""
        self._server.start()
        return self

    def stop(self) -> None:
        """End; nothing of it is left."""
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
