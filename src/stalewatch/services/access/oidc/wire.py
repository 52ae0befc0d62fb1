"""How we speak to the provider: over guarded sockets, within ten seconds, with answers of a reasonable size (S16).

What the provider says of itself names further hosts. They are reached like any other host, on the open internet alone;
only the issuer's own host may be in a private network, and only where somebody wrote that this is meant.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import msgspec

from stalewatch.sdk.addresses import address_of
from stalewatch.sdk.network import (
    Deadline,
    GuardedBackend,
    GuardedTransport,
    Resolve,
    addresses,
    guarded_client,
)
from stalewatch.services.access.oidc.refusals import ProviderSilent

LONGEST: Final = 10.0
"""Seconds for one question; a person waits."""
MOST_BYTES: Final = 512 * 1024
_CONNECTIONS: Final = 4
_FAILED: Final = 500
_SELDOM: Final = {"Connection": "close"}
"""Somebody signs in now and then: nothing is kept open for the next one."""


class Wire:
    """Questions to one provider, from any thread."""

    def __init__(
        self, issuer: str, *, allow_custom_host: bool, resolve: Resolve = addresses, patience: float = LONGEST
    ) -> None:  # fmt: skip
        self._home = urlsplit(issuer).hostname or ""
        self._is_custom = allow_custom_host
        self._patience = patience
        self._deadline = Deadline(time.monotonic)
        self._clients = {private: self._client(resolve, private=private) for private in {False, allow_custom_host}}

    def address(self, named: object, what: str) -> str:
        """An address that the provider names, if it may be used.

        Raises:
            ProviderSilent: it is none, or what is sent there could be read on the way.
        """
        text = named if isinstance(named, str) else ""
        try:
            parts = urlsplit(text)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            host, parts = "", urlsplit("")
        plain = parts.scheme == "http" and self._is_own(host) and _is_loopback(host)
        if not host or parts.username is not None or not (parts.scheme == "https" or plain):
            raise ProviderSilent(f"the provider names no usable address as its {what}: {text[:200]!r}")
        return text

    def ask(
        self, url: str, *, body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Status and JSON of an answer; with a body it is sent there.

        Raises:
            ProviderSilent: there was no answer, an error of the provider's own, or no JSON.
        """
        host = urlsplit(url).hostname or ""
        client = self._clients[self._is_custom and self._is_own(host)]
        try:
            with self._deadline.until(time.monotonic() + self._patience):
                method = "GET" if body is None else "POST"
                with client.stream(method, url, content=body, headers={**_SELDOM, **(headers or {})}) as answer:
                    status, text = answer.status_code, _read(answer)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ProviderSilent(f"{host} cannot be asked: {type(error).__name__}: {error}") from error
        try:
            found = msgspec.json.decode(text)
        except msgspec.DecodeError:
            found = None
        if status >= _FAILED or not isinstance(found, dict):
            raise ProviderSilent(f"{host} answered with status {status}, and nothing that could be understood")
        return status, found

    def _is_own(self, host: str) -> bool:
        return host == self._home

    def _client(self, resolve: Resolve, *, private: bool) -> httpx.Client:
        backend = GuardedBackend(self._deadline, allow_private=private, resolve=resolve)
        return guarded_client(GuardedTransport(backend, _CONNECTIONS), connect=5.0, read=self._patience)


def _read(answer: httpx.Response) -> bytes:
    """The body, unless it is longer than anything of a provider's is."""
    pieces, length = [], 0
    for piece in answer.iter_bytes():
        length += len(piece)
        if length > MOST_BYTES:
            raise httpx.DecodingError("the answer does not end")
        pieces.append(piece)
    return b"".join(pieces)


def _is_loopback(host: str) -> bool:
    literal = address_of(host)
    return host == "localhost" or (literal is not None and literal.is_loopback)
