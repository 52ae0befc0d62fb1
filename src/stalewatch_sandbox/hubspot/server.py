"""A portal behind a port: state, API, faults and server together."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Self

from stalewatch_sandbox.hubspot.api import HubSpotApi
from stalewatch_sandbox.hubspot.company import Account
from stalewatch_sandbox.hubspot.credentials import READ_ALL, WRITE
from stalewatch_sandbox.hubspot.faults import catalogue
from stalewatch_sandbox.hubspot.portal import Portal
from stalewatch_sandbox.serving.clock import Clock
from stalewatch_sandbox.serving.server import SandboxServer, Switchboard

TOKEN = "pat-na1-00000000-0000-4000-8000-0000005a4d0b"  # noqa: S105  # opens nothing but the sandbox


class HubSpotServer:
    """A simulated portal; also a context manager.

    Attributes:
        portal: the state, and what one can do to it.
        api: permissions and limits.
        board: the clock, the faults and the ledger.
        token: one that may read everything and write.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        account: Account | None = None,
        port: int = 0,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        """`ticks` are the seconds in which rate limits count; real ones unless told otherwise."""
        self.portal = Portal(clock.now, account)
        self.api = HubSpotApi(self.portal, clock.now, ticks)
        self.board = Switchboard.at(clock, catalogue(self.api))
        self.token = self.api.credentials.add_token(TOKEN, READ_ALL | WRITE)
        self._server = SandboxServer(self.api, self.board, port=port, records=self.portal.counts)

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        return self._server.url

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
