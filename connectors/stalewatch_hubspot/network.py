"""Sockets: every wait ends with the deadline, and a name that leads into a private network is not connected to."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpcore
import httpx

from stalewatch.sdk.addresses import is_public

Monotonic = Callable[[], float]
Resolve = Callable[[str, int], list[str]]


class PrivateAddress(httpx.TransportError):
    """A name of the outside world stands for an address of this network; nothing was sent."""


class Deadline:
    """When the call that a thread makes has to be over, on the monotonic clock."""

    def __init__(self, monotonic: Monotonic) -> None:
        self._monotonic = monotonic
        self._mine = threading.local()

    @contextmanager
    def until(self, moment: float) -> Iterator[None]:
        """Let every wait of this thread end by a moment."""
        self._mine.moment = moment
        try:
            yield
        finally:
            self._mine.moment = None

    def clamp(self, timeout: float | None, error: type[Exception]) -> float | None:
        """The shorter of a timeout and what is left; raises `error` if nothing is."""
        moment: float | None = getattr(self._mine, "moment", None)
        if moment is None:
            return timeout
        left = moment - self._monotonic()
        if left <= 0:
            raise error("the deadline has passed")
        return left if timeout is None else min(timeout, left)


def addresses(host: str, port: int) -> list[str]:
    """The IP addresses of a host, in the order in which to try them."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpcore.ConnectError(f"{host} cannot be found: {error}") from error
    return [str(one[4][0]) for one in found]


class GuardedBackend(httpcore.NetworkBackend):
    """Connects to the very addresses that it has checked: a name cannot change its mind in between."""

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
    """httpx over these sockets; faults arrive as httpx's own."""

    def __init__(self, backend: httpcore.NetworkBackend, connections: int) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl.create_default_context(), max_connections=connections, keepalive_expiry=30.0,
            network_backend=backend,
        )  # fmt: skip

    def handle_request(self, request: httpx.Request) -> httpx.Response:
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
        self._pool.close()


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
    except httpcore.TimeoutException as error:
        raise httpx.TimeoutException(str(error)) from error
    except _PASSING as error:
        raise httpx.TransportError(str(error)) from error
