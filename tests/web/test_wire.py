"""S4 and S34 of docs/security.md below the application: which bytes are a request, how many of them, and how fast.

What the server took for a request is written down by an application of four lines; both event loops are asked.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any, Final

import pytest

from stalewatch.web.serving import Server, listen
from stalewatch.web.wire import LONGEST_HEAD, MOST_FIELDS, Wire
from tests.patience import PATIENCE, Stopwatch

pytestmark = pytest.mark.security
GET: Final = b"GET /x HTTP/1.1\r\nHost: a\r\n"
POST: Final = b"POST /x HTTP/1.1\r\nHost: a\r\n"
CHUNKED: Final = POST + b"Transfer-Encoding: chunked\r\n"
SHORT: Final = 0.3

NO_REQUEST: Final = (
    *(POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", CHUNKED + b"Content-Length: 5\r\n"),
    *(POST + b"Content-Length: 5\r\nContent-Length: " + one + b"\r\n" for one in (b"5", b"6")),
    *(POST + b"Content-Length: " + one + b"\r\n" for one in (b"+5", b"-5", b"0x5", b"1_0", b"5, 5", b"", b"9" * 30)),
    *(POST + name + b": 5\r\n" for name in (b"Content-Length ", b" Content-Length", b"Content Length", b"")),
    *(POST + b"Transfer-Encoding: " + one + b"\r\n" for one in (b"xchunked", b"identity", b"chunked, identity")),
    *(POST + b"Transfer-Encoding: " + one + b"\r\n" for one in (b"gzip, chunked", b"\x0bchunked", b"chunked;a=b")),
    CHUNKED + b"Transfer-Encoding: identity\r\n",
    POST + b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n",
    b"POST /x HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n",
    *(GET + one for one in (b"X: a\r\n b\r\n", b"X: a\nY: b\r\n", b"X: a\rY: b\r\n", b"X: \x00\r\n", b"X\r\n")),
    *(b"GET /x HTTP/" + one + b"\r\nHost: a\r\n" for one in (b"2.0", b"3.1", b"1.2", b"11", b"one")),
    *(b"GET /x HTTP/1.1\r\n" + one for one in (b"", b"Host: a\r\nHost: a\r\n", b"Host: a\r\nHost: b\r\n")),
    *(one + b" HTTP/1.1\r\nHost: a\r\n" for one in (b"CONNECT a:80", b"get /x", b"FOO /x", b"GET\t/x", b"GET /\xff")),
    b"GET /x HTTP/1.1\nHost: a\n",
)
"""Heads of which none may reach the application."""
NO_BODY: Final = (b"-1", b"0x5", b"1_0", b"5 ", b"f" * 17, b"", b"5\n", b"g")
"""Sizes of chunks that are none."""


@dataclass
class Inn:
    """A server, and what its application was given: method, path, body, names of fields."""

    address: tuple[str, int]
    came: list[tuple[str, str, bytes, tuple[bytes, ...]]] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message.get("body", b""), message.get("more_body", False)
        self.came.append((scope["method"], scope["path"], body, tuple(name for name, _ in scope["headers"])))
        answer = f"{scope['path']} {len(body)}".encode()
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(answer))]}
        )
        await send({"type": "http.response.body", "body": answer})

    def asked(self, *pieces: bytes, pause: float = 0.0, end: bool = True, answers: int = 1) -> bytes:
        """Everything that is answered until the server hangs up.

        Args:
            end: it does not, and we go after a moment in which nothing came, once so many answers have come.
        """
        self.came.clear()
        with socket.create_connection(self.address, timeout=PATIENCE) as line:
            for piece in pieces:
                try:
                    line.sendall(piece)
                except OSError:
                    break
                time.sleep(pause)
            heard = b""
            for data in _heard(line):
                heard += data
                if end and heard.count(b"HTTP/1.1 ") >= answers:
                    line.settimeout(0.4)
            return heard

    def paths(self) -> list[str]:
        return [path for _, path, _, _ in self.came]


def _heard(line: socket.socket) -> Iterator[bytes]:
    line.settimeout(PATIENCE)
    try:
        while data := line.recv(65_536):
            yield data
    except (TimeoutError, ConnectionResetError):
        return


@pytest.fixture(scope="module", params=["auto", "asyncio"])
def inn(request: pytest.FixtureRequest) -> Iterator[Inn]:
    ready = Event()
    with closing(listen("127.0.0.1", 0)) as listener:
        inn = Inn(listener.getsockname()[:2])
        server = Server(inn, ready.set)
        server.config.loop = request.param
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        assert ready.wait(10)
        yield inn
        server.end()
        thread.join(10)


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


def test_s4_what_is_no_request_reaches_nobody_and_neither_does_what_follows(inn: Inn) -> None:
    for head in NO_REQUEST:
        answer = inn.asked(head + b"\r\n" + b"0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n", end=False)
        assert status(answer) == 400, (head, answer)
        assert b"connection: close" in answer
        assert inn.came == [], head


def test_s4_chunks_that_are_none_end_the_connection(inn: Inn) -> None:
    for size in NO_BODY:
        answer = inn.asked(CHUNKED + b"\r\n" + size + b"\r\nabcde\r\n0\r\n\r\n" + GET + b"\r\n", end=False)
        assert (answer, inn.came) == (b"", []), size


def test_bodies_come_whole_however_they_are_cut(inn: Inn) -> None:
    whole = CHUNKED + b"\r\n3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\n\r\n"
    for pieces in ([whole], [whole[:20], whole[20:70], whole[70:]], [whole[i : i + 1] for i in range(len(whole))]):
        assert inn.asked(*pieces).endswith(b"/x 5")
        assert [body for _, _, body, _ in inn.came] == [b"abcde"]
    assert inn.asked(POST + b"Content-Length: 5\r\n\r\nab", b"cde").endswith(b"/x 5")


def test_s4_fields_behind_a_body_are_not_believed(inn: Inn) -> None:
    inn.asked(CHUNKED + b"\r\n1\r\na\r\n0\r\nAuthorization: Bearer b\r\nX-Late: 1\r\n\r\n")
    assert [names for _, _, _, names in inn.came] == [(b"host", b"transfer-encoding")]


def test_requests_that_follow_each_other_are_answered_in_turn(inn: Inn) -> None:
    some = [b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in range(50)]
    assert inn.asked(b"".join(some * 40), answers=2000).count(b"200 OK") == 2000, "they are cut where they may"
    some[10:10] = [POST + b"Content-Length: 3\r\n\r\nabc", CHUNKED + b"\r\n4\r\nabcd\r\n0\r\n\r\n"]
    answer = inn.asked(b"".join(some), answers=len(some))
    found = [part.rpartition(b"\r\n")[2] for part in answer.split(b"HTTP/1.1 200 OK")[1:]]
    assert found == [
        *(b"/%d 0" % one for one in range(10)),
        b"/x 3",
        b"/x 4",
        *(b"/%d 0" % one for one in range(10, 50)),
    ]


def test_s4_no_refusal_is_taken_for_the_answer_to_the_request_before(inn: Inn) -> None:
    for bad in NO_REQUEST:
        answer = inn.asked(GET + b"\r\n" + bad + b"\r\n", end=False)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 200 OK"), bad
    answer = inn.asked(GET + b"\r\n", NO_REQUEST[0] + b"\r\n", pause=0.1, end=False)
    assert answer.count(b"HTTP/1.1 200") == answer.count(b"HTTP/1.1 400") == 1


def test_s34_a_head_has_an_end(inn: Inn) -> None:
    long = b"x" * (LONGEST_HEAD + 1)
    many = b"".join(b"X-%d: 1\r\n" % number for number in range(MOST_FIELDS))
    for head in (
        GET + b"X: " + long + b"\r\n\r\n",
        GET + many + b"\r\n",
        b"GET /" + long + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    ):
        assert status(inn.asked(head, end=False)) == 431
    for endless in (GET + b"X: ", GET, b"GET /", b"X" * 10):
        piece = b"x" * 4096 if endless != GET else b"X: y\r\n" * 500
        assert status(inn.asked(endless, *[piece] * 200, end=False)) in (400, 431, 0)
        assert inn.came == []
    fits = GET + b"X: " + b"x" * (LONGEST_HEAD - 200) + b"\r\n\r\n"
    assert inn.asked(fits, fits, pause=0.05, answers=2).count(b"200 OK") == 2, "each request is counted for itself"


def test_s34_who_never_comes_to_an_end_is_not_waited_for(inn: Inn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Wire, "patience", SHORT)
    for start, piece, said in (
        (GET, b"X: 1\r\n", 408),
        (POST + b"Content-Length: 99\r\n\r\n", b"a", 0),
        (b"", b"", 408),
    ):
        watch = Stopwatch()
        answer = inn.asked(start, *[piece] * 6, pause=SHORT / 4, end=False)
        assert (status(answer), inn.came) == (said, []), start
        assert watch.whole >= SHORT
        assert watch.seconds < 30 * SHORT


def test_who_comes_back_in_time_is_answered_on_the_same_line(inn: Inn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Wire, "patience", 5 * SHORT)
    answer = inn.asked(*[GET + b"\r\n"] * 4, pause=2 * SHORT)
    assert answer.count(b"200 OK") == 4, "patience begins anew with each request"


def test_an_offer_of_another_protocol_is_let_lie(inn: Inn) -> None:
    offer = (
        b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAA\r\n"
    )
    assert inn.asked(GET + offer + b"\r\n", GET + b"\r\n", pause=0.05, answers=2).count(b"200 OK") == 2
    assert inn.asked(POST + offer + b"Content-Length: 3\r\n\r\nabc" + GET + b"\r\n", answers=2).count(b"200 OK") == 2
    assert [body for _, _, body, _ in inn.came] == [b"abc", b""]
    many = (GET + offer + b"\r\n") * 1500 + GET + b"Connection: close\r\n\r\n"
    assert inn.asked(many, end=False).count(b"200 OK") == 1501
    assert status(inn.asked(CHUNKED + b"Content-Length: 3\r\n" + offer + b"\r\nabc")) == 400


def test_old_and_closing_requests_are_answered_and_let_go(inn: Inn) -> None:
    for head in (b"GET /x HTTP/1.0\r\n\r\n", GET + b"Connection: close\r\n\r\n" + GET + b"\r\n"):
        answer = inn.asked(head, end=False)
        assert answer.count(b"200 OK") == 1
        assert b"connection: close" in answer
