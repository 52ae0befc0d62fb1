"""The server that all simulations share: it speaks HTTP, and fails in every way that it is asked to."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from stalewatch_sandbox.serving.clock import Clock
from stalewatch_sandbox.serving.exchange import Delivery, Request, Response
from stalewatch_sandbox.serving.faults import Fault, UnknownCase
from stalewatch_sandbox.serving.server import SandboxBroken, SandboxServer, Switchboard
from tests.network import NO_TLS
from tests.patience import PATIENCE, Stopwatch

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
BIG = "語" * 5_000


class Echo:
    """Says what it was asked."""

    def handle(self, request: Request) -> Response:
        if request.path == "/broken":
            raise LookupError("a bug of the simulation")
        said = {"method": request.method, "path": request.path, "body": request.body.decode(), "text": BIG}
        return Response.json(said, weight=1, kind="echo")


def busy(status: int = 503) -> Fault:
    return Fault(instead=lambda _: Response.text("<html>busy</html>", status), times=1)


def delivered(how: Delivery, delay: float = 0) -> Fault:
    return Fault(afterwards=lambda _, response: replace(response, delivery=how, delay=delay), times=1)


CATALOGUE = {
    "busy": busy,
    "cut": lambda: delivered(Delivery.CUT),
    "chunk": lambda: delivered(Delivery.BAD_CHUNK),
    "reset": lambda: delivered(Delivery.RESET),
    "silence": lambda: delivered(Delivery.SILENCE),
    "drip": lambda: delivered(Delivery.DRIP),
    "late": lambda: delivered(Delivery.WHOLE, delay=0.3),
}


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Echo(), Switchboard.at(Clock(NOON), CATALOGUE)) as running:
        yield running


@pytest.fixture
def client(server: SandboxServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=PATIENCE, trust_env=False, verify=NO_TLS) as one:
        yield one


def test_one_connection_serves_many_requests_and_the_ledger_knows_them(
    server: SandboxServer, client: httpx.Client
) -> None:
    for number in range(3):
        client.post(f"/{number}", content=b"hello").raise_for_status()
    assert [(call.path, call.connection, call.body) for call in server.board.ledger] == [
        ("/0", 1, b"hello"), ("/1", 1, b"hello"), ("/2", 1, b"hello"),
    ]  # fmt: skip
    assert (server.board.ledger.weight(), server.board.ledger.kinds()["echo"]) == (3, 3)


def test_chunked_requests_are_read(client: httpx.Client) -> None:
    assert client.post("/", content=iter([b"ab", b"cd"])).json()["body"] == "abcd"


def test_gzip_for_those_who_take_it(client: httpx.Client) -> None:
    plain = client.get("/", headers={"Accept-Encoding": "identity"})
    small = client.get("/", headers={"Accept-Encoding": "gzip"})
    assert plain.json()["text"] == small.json()["text"] == BIG
    assert int(small.headers["Content-Length"]) < int(plain.headers["Content-Length"]) / 10


def test_a_long_answer_comes_in_chunks_that_do_not_care_for_characters(client: httpx.Client) -> None:
    long = "語" * 30_000
    answer = client.post("/", content=long.encode(), headers={"Accept-Encoding": "identity"})
    assert answer.headers["Transfer-Encoding"] == "chunked"
    assert answer.json()["body"] == long


def test_half_a_character_is_told_as_json_can() -> None:
    assert Response.json({"name": "a\ud800"}).body == b'{"name":"a\\ud800"}'


def test_the_date_header_follows_the_clock_and_its_skew(server: SandboxServer, client: httpx.Client) -> None:
    assert client.get("/").headers["Date"] == "Wed, 01 Apr 2026 12:00:00 GMT"
    server.board.clock.advance(timedelta(days=1))
    server.board.clock.skew = timedelta(minutes=9)
    assert client.get("/").headers["Date"] == "Thu, 02 Apr 2026 12:09:00 GMT"


def test_a_credential_leaves_only_a_fingerprint(server: SandboxServer, client: httpx.Client) -> None:
    for token in ("one", "one", "two"):
        client.get("/", headers={"Authorization": f"Bearer {token}"})
    tokens = [call.token for call in server.board.ledger]
    assert tokens[0] == tokens[1] != tokens[2]
    assert "one" not in str([call.summary() for call in server.board.ledger])


def test_a_fault_strikes_as_often_and_as_late_as_it_is_told(server: SandboxServer, client: httpx.Client) -> None:
    armed = server.board.faults.arm("busy", times=2, after=1, status=420)
    assert [client.get("/").status_code for _ in range(5)] == [200, 420, 420, 200, 200]
    assert (armed.struck, [call.faults for call in server.board.ledger][1]) == (2, ("busy",))


def test_a_case_that_nobody_knows_is_refused(server: SandboxServer) -> None:
    with pytest.raises(UnknownCase):
        server.board.faults.arm("SF99")


@pytest.mark.parametrize("case", ["cut", "chunk", "reset"])
def test_broken_deliveries_reach_the_client_as_transport_errors(
    case: str, server: SandboxServer, client: httpx.Client
) -> None:
    server.board.faults.arm(case)
    with pytest.raises(httpx.TransportError):
        client.get("/")
    assert client.get("/").status_code == 200


def test_a_reset_is_a_reset(server: SandboxServer) -> None:
    server.board.faults.arm("reset")
    with socket.create_connection((server.host, server.port), timeout=PATIENCE) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            raw.recv(1)


@pytest.mark.parametrize("case", ["silence", "drip"])
def test_a_server_that_never_ends_costs_the_client_its_timeout_and_no_more(
    case: str, server: SandboxServer, client: httpx.Client
) -> None:
    server.board.faults.arm(case)
    with pytest.raises(httpx.ReadTimeout):
        client.get("/", timeout=0.2)


def test_stopping_does_not_wait_for_those_who_wait(server: SandboxServer, client: httpx.Client) -> None:
    server.board.faults.arm("silence")
    with pytest.raises(httpx.ReadTimeout):
        client.get("/", timeout=0.1)
    watch = Stopwatch()
    server.stop()
    assert watch.seconds < 1


def test_a_late_answer_is_late(server: SandboxServer, client: httpx.Client) -> None:
    server.board.faults.arm("late")
    watch = Stopwatch()
    assert client.get("/").status_code == 200
    assert watch.whole >= 0.3


def test_a_long_address_is_refused_as_salesforce_refuses_it(client: httpx.Client) -> None:
    assert client.get("/?q=" + "x" * 17_000).status_code == 414
    assert client.get("/", headers={"X-Long": "x" * 17_000}).status_code == 431


def test_a_bug_of_the_simulation_is_not_kept_quiet() -> None:
    server = SandboxServer(Echo(), Switchboard.at(Clock(NOON), {})).start()
    with pytest.raises(httpx.TransportError):
        httpx.get(server.url + "/broken", trust_env=False)
    with pytest.raises(SandboxBroken, match="a bug of the simulation"):
        server.stop()


def test_other_processes_turn_the_same_switches(client: httpx.Client) -> None:
    assert client.post("/__sandbox__/clock", json={"advance": 90}).json()["now"] == "2026-04-01T12:01:30+00:00"
    client.post("/__sandbox__/faults", json={"arm": "busy", "times": None, "options": {"status": 502}})
    assert client.get("/").status_code == 502
    state = client.get("/__sandbox__/").json()
    assert (state["armed"], state["calls"]) == ([{"case": "busy", "struck": 1}], 1)
    assert client.get("/__sandbox__/ledger").json()[0]["status"] == 502
    assert client.post("/__sandbox__/reset").json()["calls"] == 0
    assert client.get("/").status_code == 200
    assert client.post("/__sandbox__/faults", json={"arm": "SF99"}).status_code == 400


def test_a_clock_runs_when_told_to() -> None:
    clock = Clock(NOON)
    assert clock.now() == clock.now() == NOON
    clock.run(speed=3600)
    time.sleep(0.02)
    assert clock.now() > NOON + timedelta(seconds=30)
    with pytest.raises(ValueError, match="time zone"):
        clock.set(datetime(2026, 4, 1))  # noqa: DTZ001  # the point
