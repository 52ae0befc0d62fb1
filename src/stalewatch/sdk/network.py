"""Sockets for connectors over HTTP: no token leads into a private network, and every wait ends with its deadline.

    deadline = Deadline(time.monotonic)
    wire = GuardedTransport(GuardedBackend(deadline, allow_private=False), connections=10)
    client = guarded_client(wire, connect=5.0, read=30.0)
    with deadline.until(time.monotonic() + 90):
        client.get("https://api.example.com/deals")

It stands on httpx, which comes with stalewatch; nothing else of the plugin surface needs it.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import httpcore
import httpx

from stalewatch.sdk.addresses import is_public

Monotonic = Callable[[], float]
"""Seconds that only grow: `time.monotonic`, or what a test has in its place."""
Resolve = Callable[[str, int], list[str]]
"""The IP addresses behind a name and a port."""
_KEPT: Final = 30.0
"""Seconds for which a connection is kept open that nobody uses."""


_LONGEST: Final = 16_384
"""Characters of a token: many servers take no longer header."""
_SENDABLE: Final = re.compile(r"[!-~]+")


class PrivateAddress(httpx.TransportError):
    """A name of the outside world stands for an address of a private network; nothing was sent."""


class Deadline:
    """By when the call that a thread makes has to be over. Each thread has its own."""

    def __init__(self, monotonic: Monotonic) -> None:
        self._monotonic = monotonic
        self._mine = threading.local()

    @contextmanager
    def until(self, moment: float) -> Iterator[None]:
        """Let every wait of this thread end by a moment of the monotonic clock, in seconds."""
        self._mine.moment = moment
        try:
            yield
        finally:
            self._mine.moment = None

    def clamp(self, timeout: float | None, error: type[Exception]) -> float | None:
        """The shorter of a timeout and what is left, in seconds; raises `error` if nothing is."""
        moment: float | None = getattr(self._mine, "moment", None)
        if moment is None:
            return timeout
        left = moment - self._monotonic()
        if left <= 0:
            raise error("the deadline has passed")
        return left if timeout is None else min(timeout, left)


def addresses(host: str, port: int) -> list[str]:
    """The IP addresses of a host, in the order in which to try them.

    Raises:
        httpcore.ConnectError: nobody knows the name.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpcore.ConnectError(f"{host} cannot be found: {error}") from error
    return [str(one[4][0]) for one in found]


def is_sendable(token: str) -> bool:
    """Whether a token that a login brought fits into a header: one that does not, kept, would stop every call."""
    return len(token) <= _LONGEST and _SENDABLE.fullmatch(token) is not None


def guarded_client(wire: GuardedTransport, *, connect: float, read: float, agent: str = "stalewatch") -> httpx.Client:
    """A client over guarded sockets: it follows no redirect, uses no proxy of the environment, and asks for gzip.

    Args:
        connect, read: seconds for one connection, and for each piece of an answer.
        agent: how it introduces itself.
    """
    return httpx.Client(
        transport=wire,
        timeout=httpx.Timeout(read, connect=connect),
        follow_redirects=False,
        trust_env=False,
        headers={"User-Agent": agent, "Accept": "application/json", "Accept-Encoding": "gzip, deflate"},
    )


class GuardedBackend(httpcore.NetworkBackend):
    """Connects to the very addresses that it has checked: a name cannot change its mind in between.

    Args:
        allow_private: an operator named the host expressly, so that it may be in a private network.
        resolve: tests bring their own.
    """

    def __init__(self, deadline: Deadline, *, allow_private: bool, resolve: Resolve = addresses) -> None:
        self._inner = httpcore.SyncBackend()
        self._deadline, self._allow_private, self._resolve = deadline, allow_private, resolve

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        """Connect to the host's first address that answers.

        Raises:
            PrivateAddress: one of its addresses is not public.
        """
        found = self._resolve(host, port)
        for address in found:
            if not self._allow_private and not is_public(address):
                raise PrivateAddress(f"{host} leads to {address}, an address of a private network")
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in found:
            wait = self._deadline.clamp(timeout, httpcore.ConnectTimeout)
            try:
                stream = self._inner.connect_tcp(address, port, wait, local_address, socket_options)
            except httpcore.ConnectError as error:
                failure = error
            else:
                return _TimedStream(stream, self._deadline)
        raise failure


class _TimedStream(httpcore.NetworkStream):
    """A connection whose deadline no dripping byte can stretch."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.clamp(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.clamp(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        wait = self._deadline.clamp(timeout, httpcore.ConnectTimeout)
        return _TimedStream(self._inner.start_tls(ssl_context, server_hostname, wait), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class GuardedTransport(httpx.BaseTransport):
    """httpx over these sockets; faults arrive as httpx's own. Once closed, the next call opens it again.

    Args:
        connections: how many may be open at once.
    """

    def __init__(self, backend: httpcore.NetworkBackend, connections: int) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=_trusting(), max_connections=connections, keepalive_expiry=_KEPT,
            network_backend=backend,
        )  # fmt: skip

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; called by httpx.

        Raises:
            PrivateAddress: the name leads inside.
            httpx.ConnectError, httpx.ConnectTimeout: nobody answered the door, so nothing was sent.
            httpx.TransportError: of whatever kind.
        """
        url = request.url
        asked = httpcore.Request(
            method=request.method, headers=request.headers.raw, content=request.stream, extensions=request.extensions,
            url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        )  # fmt: skip
        with _translated():
            answer = self._pool.handle_request(asked)
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(answer.stream), extensions=answer.extensions
        )

    def close(self) -> None:
        """Close what is open."""
        self._pool.close()


@cache
def _trusting() -> ssl.SSLContext:
    """Trusts whom this machine trusts. Reading its certificates takes 20 ms, more than the rest of a connector."""
    return ssl.create_default_context()


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        with _translated():
            yield from self._stream

    def close(self) -> None:
        self._stream.close()


_PASSING: Final = (httpcore.NetworkError, httpcore.ProtocolError)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except httpcore.ConnectTimeout as error:
        raise httpx.ConnectTimeout(str(error)) from error
    except httpcore.ConnectError as error:
        raise httpx.ConnectError(str(error)) from error
    except httpcore.TimeoutException as error:
        raise httpx.TimeoutException(str(error)) from error
    except _PASSING as error:
        raise httpx.TransportError(str(error)) from error
