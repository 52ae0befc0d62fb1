"""A simulated Salesforce, whole: the org, its REST API on a free port, and everything that a test turns."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from stalewatch_sandbox.salesforce.application import Application
from stalewatch_sandbox.salesforce.faults import catalogue
from stalewatch_sandbox.salesforce.login import ConnectedApp, Logins
from stalewatch_sandbox.salesforce.org import Org
from stalewatch_sandbox.serving.clock import Clock
from stalewatch_sandbox.serving.faults import Faults
from stalewatch_sandbox.serving.ledger import Ledger
from stalewatch_sandbox.serving.server import SandboxServer, Switchboard


class SalesforceSandbox:
    """Start it, talk to `url` as to Salesforce, and read the ledger.

    Attributes:
        org: its records; edit them with its methods and those of `removal`.
        app: the client that may log in.
    """

    def __init__(
        self, now: datetime | Clock, *, app: ConnectedApp | None = None, port: int = 0, host: str = "127.0.0.1"
    ) -> None:
        self.clock = now if isinstance(now, Clock) else Clock(now)
        self.org, self.app = Org(self.clock), app or ConnectedApp()
        self.faults, self.ledger = Faults(catalogue(self)), Ledger()
        self.logins = Logins(self.org, self.app)
        self.application = Application(self.org, self.logins, self.faults)
        board = Switchboard(self.clock, self.faults, self.ledger)
        self.server = SandboxServer(self.application, board, port=port, host=host, records=self.org.counts)
        self.logins.instance_url = self.server.url

    @property
    def url(self) -> str:
        """Where it is: login host and instance at once, as My Domain is."""
        return self.server.url

    def start(self) -> Self:
        """Begin to serve."""
        self.server.start()
        return self

    def stop(self) -> None:
        """End; see `SandboxServer.stop`."""
        self.server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
