"""A provider behind a port: accounts, keys, endpoints, faults and server together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final, Self

from stalewatch_sandbox.oidc.accounts import Account
from stalewatch_sandbox.oidc.faults import catalogue
from stalewatch_sandbox.oidc.provider import Provider
from stalewatch_sandbox.oidc.signing import SigningKey
from stalewatch_sandbox.serving.clock import Clock
from stalewatch_sandbox.serving.server import SandboxServer, Switchboard

CLIENT: Final = "stalewatch-dashboard"
CLIENT_SECRET: Final = "only-the-sandbox-knows+/="  # noqa: S105  # opens nothing but the sandbox


class OidcServer:
    """A simulated provider; also a context manager.

    Attributes:
        provider: accounts, keys, where people may be sent.
        board: the clock, the faults and the ledger of calls.
    """

    def __init__(
        self, clock: Clock, accounts: Sequence[Account], *, redirects: Sequence[str] = (), parting: Sequence[str] = (),
        port: int = 0,
    ) -> None:  # fmt: skip
        """`redirects` and `parting` are the addresses to which people may be sent back, in and out."""
        self.client_id, self.client_secret = CLIENT, CLIENT_SECRET
        self.provider = Provider(
            clock, accounts, client_id=CLIENT, client_secret=CLIENT_SECRET, redirects=redirects, parting=parting,
            key=_first_key(),
        )  # fmt: skip
        self.board = Switchboard.at(clock, catalogue(self.provider))
        self._server = SandboxServer(self.provider, self.board, port=port)
        self.provider.issuer = self._server.url

    @property
    def issuer(self) -> str:
        """Where it is, and what it calls itself."""
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


@cache
def _first_key() -> SigningKey:
    """One for all providers of a process: it takes long to make."""
    return SigningKey.rsa("key-1")
