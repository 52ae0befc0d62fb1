"""A sign of life to somebody outside (Healthchecks, Cronitor, Uptime Kuma, …), who raises the alarm when it is missed.

It is one GET without anything confidential in it; its answer is not read, and a redirect is not followed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import httpx

from stalewatch.sdk.addresses import address_of, is_public
from stalewatch.sdk.network import Deadline, GuardedBackend, GuardedTransport, PrivateAddress, guarded_client

SECONDS: Final = 8.0
"""Seconds that one sign may take, from the name's address to the status."""
_CURE: Final = "`heartbeat.allow_custom_host: true` lets it lead there"


@dataclass
class Heartbeat:
    """Where the sign of life goes.

    Attributes:
        url: is asked for; its path is a secret, and is never shown.
        allow_custom_host: it may be on this machine or in a private network.
    """

    url: str = field(repr=False)
    allow_custom_host: bool = False
    _client: httpx.Client | None = field(default=None, repr=False, compare=False)
    _deadline: Deadline = field(default_factory=lambda: Deadline(time.monotonic), repr=False, compare=False)

    def beat(self) -> str | None:
        """Give the sign, once; returns why it did not arrive, None: it did."""
        host = urlsplit(self.url).hostname or ""
        if not self.allow_custom_host and address_of(host) is not None and not is_public(host):
            return f"{host} is an address of a private network; {_CURE}"
        try:
            with (
                self._deadline.until(time.monotonic() + SECONDS),
                self._wire().stream("GET", self.url, headers={"User-Agent": "stalewatch"}) as answer,
            ):
                return None if answer.is_success else f"{host} answered {answer.status_code}"
        except PrivateAddress as error:
            return f"{error}; {_CURE}"
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            return f"{host} cannot be reached ({type(error).__name__})"

    def _wire(self) -> httpx.Client:
        if self._client is None:
            backend = GuardedBackend(self._deadline, allow_private=self.allow_custom_host)
            self._client = guarded_client(GuardedTransport(backend, connections=1), connect=4.0, read=SECONDS)
        return self._client
