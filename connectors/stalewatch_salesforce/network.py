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
_LIMIT: Final = threading.local()
"""Per thread: when the call that it makes has to be over, on the monotonic clock."""


class PrivateAddress(httpx.TransportError):
    """A name of the outside world stands for an address of this network; nothing was sent."""


@contextmanager
def until(moment: float) -> Iterator[None]:
    """Let every read and write of this thread end by a moment of the monotonic clock."""
    _LIMIT.moment = moment
    try:
        yield
    finally:
        _LIMIT.moment = None


def addresses(host: str, port: int) -> list[str]:
    """The IP addresses of a host, in the order in which to try them."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpcore.ConnectError(f"{host} cannot be found: {error}") from error
    return [str(one[4][0]) for one in found]


class GuardedBackend(httpcore.NetworkBackend):
    """Opens connections to the very addresses it has checked, so that a name cannot change in between."""

    def __init__(self, *, allow_private: bool, monotonic: Monotonic, resolve: Resolve = addresses) -> None:
        self._inner = httpcore.SyncBackend()
        self._allow_private, self._monotonic, self._resolve = allow_private, monotonic, resolve

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
            try:
                wait = _clamped(timeout, self._monotonic, httpcore.ConnectTimeout)
                stream = self._inner.connect_tcp(address, port, wait, local_address, socket_options)
            except httpcore.ConnectError as error:
                failure = error
            else:
                return _TimedStream(stream, self._monotonic)
        raise failure


class _TimedStream(httpcore.NetworkStream):
    """A connection on which no byte that drips in can stretch the deadline."""

    def __init__(self, inner: httpcore.NetworkStream, monotonic: Monotonic) -> None:
        self._inner, self._monotonic = inner, monotonic

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _clamped(timeout, self._monotonic, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _clamped(timeout, self._monotonic, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        wait = _clamped(timeout, self._monotonic, httpcore.ConnectTimeout)
        return _TimedStream(self._inner.start_tls(ssl_context, server_hostname, wait), self._monotonic)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _clamped(timeout: float | None, monotonic: Monotonic, error: type[Exception]) -> float | None:
    moment: float | None = getattr(_LIMIT, "moment", None)
    if moment is None:
        return timeout
    left = moment - monotonic()
    if left <= 0:
        raise error("the deadline has passed")
    return left if timeout is None else min(timeout, left)


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


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except httpcore.TimeoutException as error:
        raise httpx.TimeoutException(str(error)) from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise httpx.TransportError(str(error)) from error
