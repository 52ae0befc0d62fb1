"""S4 of docs/security.md over a socket: request lines and hosts that no client library would let pass."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlsplit

import pytest

from stalewatch.services.access import tokens
from stalewatch.web.app import create_app
from stalewatch.web.serving import Server, listen, url_of
from stalewatch.wiring.live import Live
from tests import databases
from tests.patience import PATIENCE
from tests.services.world import World, rulebook
from tests.web.office import project_of
from tests.web.pack import RULES

pytestmark = pytest.mark.security
TARGETS = (
    *("/v1/deals/stalled", "//v1/deals/stalled", "/v1//deals/stalled", "/v1/./deals/stalled", "/v1/deals;x/stalled"),
    *("/healthz/../v1/deals/stalled", "/v1/deals/%2e/stalled", "/%2e%2e/v1/deals/stalled", "/v1/deals%2fstalled"),
    *("/V1/DEALS/STALLED", "/v1/deals/stalled/", "/v1/deals/stalled%00", "/v1/deals/stalled?/healthz"),
    *("/static/../v1/deals/stalled", "/static/%2e%2e/%2e%2e/auth.py", "/static/..%2f..%2fauth.py", "*"),
    "/stalled#/healthz",
    *("http://localhost/v1/deals/stalled", "http://x/healthz/../v1/deals/stalled", "http://localhost@x/v1/alerts"),
)  # fmt: skip
HOSTS = (
    "localhost",
    "x/healthz?",
    "x/abc?",
    "localhost@evil.example",
    "127.0.0.1/../healthz",
    "[::1",
    "",
    "x:y",
    "a b",
)


@pytest.fixture(scope="module")
def home(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """A server of a company whose people have to sign in, and that believes itself at home."""
    path = tmp_path_factory.mktemp("raw") / "stalewatch.db"
    path.write_bytes(sqlite_template.read_bytes())
    world = World(databases.opened(f"sqlite:///{path}"), rulebook(RULES))
    tokens.create(world.db, "there is one", ["deals:read"], world.us)
    ready = Event()
    with closing(listen("127.0.0.1", 0)) as listener:
        server = Server(create_app(Live(project_of(world)), is_local=True), ready.set)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        assert ready.wait(10)
        parts = urlsplit(url_of(listener))
        yield str(parts.hostname), int(parts.port or 0)
        server.end()
        thread.join(10)
    world.db.dispose()


def asked(home: tuple[str, int], request: bytes) -> tuple[int, bytes]:
    """Status and everything that a server sends for these bytes; 0 if it hangs up."""
    with socket.create_connection(home, timeout=PATIENCE) as line:
        line.sendall(request)
        answer = b"".join(iter(lambda: line.recv(65_536), b""))
    return int(answer.split(b" ", 2)[1]) if answer else 0, answer


@pytest.mark.parametrize("target", TARGETS)
def test_s4_no_request_line_and_no_host_gets_past_the_guard(home: tuple[str, int], target: str) -> None:
    for host in HOSTS:
        request = f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
        status, answer = asked(home, request)
        assert status in (0, 400, 401, 404, 405), (target, host, answer[:200])
        assert b"location:" not in answer.lower()


@pytest.mark.parametrize(
    "lines",
    [
        "Host: localhost\r\nHost: evil.example",
        "Host: localhost\r\nX-Original-URL: /healthz\r\nX-Rewrite-URL: /healthz",
        "Host: localhost\r\nX-Forwarded-For: 127.0.0.1\r\nForwarded: for=127.0.0.1;host=localhost",
        "Host: localhost\r\nX-HTTP-Method-Override: OPTIONS",
        "Host: localhost\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b",
        "Host: localhost\r\nCookie: stalewatch=a; stalewatch=b; __Host-stalewatch=c",
        "Host: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
        "Host : localhost",
    ],
)
def test_s4_no_header_talks_anybody_past_the_guard(home: tuple[str, int], lines: str) -> None:
    status, answer = asked(home, f"GET /v1/deals/stalled HTTP/1.1\r\n{lines}\r\nConnection: close\r\n\r\n".encode())
    assert status in (0, 400, 401), answer[:200]


def test_s4_the_server_that_refuses_all_that_answers_those_who_may(home: tuple[str, int]) -> None:
    status, answer = asked(home, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert status == 200, answer[:200]
