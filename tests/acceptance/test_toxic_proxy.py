"""What the proxy of the harness does to a connection, or the harness would torment nobody."""

from __future__ import annotations

import gc
import socket
import warnings
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread
from time import monotonic

import pytest

from tests.acceptance.harness.toxic_proxy import Proxy, Toxic, between

ANSWER = b"0123456789"


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """Before a server that answers every piece with ten digits."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=_serve, args=(server,), daemon=True).start()
        with between(server.getsockname()) as one:
            yield one
        server.shutdown(socket.SHUT_RDWR)


def _serve(server: socket.socket) -> None:
    try:
        while True:
            Thread(target=_answer, args=(server.accept()[0],), daemon=True).start()
    except OSError:
        return


def _answer(connection: socket.socket) -> None:
    try:
        with connection:
            while connection.recv(100):
                connection.sendall(ANSWER)
    except OSError:
        return


def asked(proxy: Proxy, seconds: float = 0.5) -> bytes:
    """What comes back for one question, until the end, or until so many seconds bring nothing."""
    found = b""
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=seconds) as client:
        client.sendall(b"?")
        while len(found) < len(ANSWER):
            piece = client.recv(100)
            if not piece:
                break
            found += piece
    return found


def test_it_carries_what_it_does_not_spoil(proxy: Proxy) -> None:
    assert asked(proxy) == ANSWER
    assert proxy.spoiled == 0


@pytest.mark.parametrize(("toxic", "found"), [(Toxic.TRUNCATE, b"01234"), (Toxic.HALF_CLOSE, b"")])
def test_it_breaks_off(proxy: Proxy, toxic: Toxic, found: bytes) -> None:
    proxy.toxic = toxic
    assert asked(proxy) == found


def test_it_resets(proxy: Proxy) -> None:
    proxy.toxic = Toxic.REFUSED
    with pytest.raises(ConnectionError):
        asked(proxy)


@pytest.mark.parametrize("toxic", [Toxic.STALL, Toxic.TRICKLE])
def test_it_holds_back_until_it_is_told_to_let_go(proxy: Proxy, toxic: Toxic) -> None:
    proxy.toxic = toxic
    with pytest.raises(TimeoutError):
        asked(proxy, 0.3)
    proxy.toxic = Toxic.NONE
    assert asked(proxy) == ANSWER


def test_it_is_late(proxy: Proxy) -> None:
    proxy.toxic = Toxic.LATENCY
    began = monotonic()
    assert asked(proxy, 2) == ANSWER
    assert monotonic() - began >= 0.3


def test_it_answers_in_the_servers_place(proxy: Proxy) -> None:
    proxy.toxic = Toxic.BAD_GATEWAY
    assert asked(proxy).startswith(b"HTTP/1.1 502")


@pytest.mark.parametrize("toxic", [Toxic.NONE, Toxic.STALL, Toxic.REFUSED])
def test_it_leaves_nothing_open_whenever_it_ends(toxic: Toxic) -> None:
    """Who has just come in, who is being carried, and who was let in and never read."""
    with warnings.catch_warnings(record=True) as left, socket.create_server(("127.0.0.1", 0)) as server:
        warnings.simplefilter("always", ResourceWarning)
        with between(server.getsockname()) as proxy:
            proxy.toxic = toxic
            clients = [socket.create_connection(("127.0.0.1", proxy.port)) for _ in range(20)]
            for client in clients:
                with suppress(ConnectionError):
                    client.sendall(b"?")
        for client in clients:
            client.close()
        gc.collect()
    assert [str(one.message) for one in left] == []
