"""A simulated server on a free port of this machine: HTTP/1.1 with keep-alive, one thread per connection."""

from __future__ import annotations

import contextlib
import io
import itertools
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Protocol, Self

from stalewatch_sandbox.serving import wire
from stalewatch_sandbox.serving.clock import Clock
from stalewatch_sandbox.serving.control import PREFIX, Control
from stalewatch_sandbox.serving.exchange import Delivery, Request, Response
from stalewatch_sandbox.serving.faults import Catalogue, Faults, answer
from stalewatch_sandbox.serving.ledger import Ledger
from stalewatch_sandbox.serving.websocket import NoHandshake, WebSocket

_LONGEST_URI: Final = 16_384
_POLL: Final = 0.05
"""Seconds in which a server notices that it shall stop."""


class SandboxBroken(RuntimeError):
    """The simulation has a bug: it failed where the real server would have answered."""


class Application(Protocol):
    """What a simulated server does with a request."""

    def handle(self, request: Request) -> Response:
        """Answer; never raises."""
        ...


@dataclass
class Switchboard:
    """What a test turns and reads: the clock, the faults, the ledger."""

    clock: Clock
    faults: Faults
    ledger: Ledger

    @classmethod
    def at(cls, clock: Clock, catalogue: Catalogue) -> Switchboard:
        """A fresh one."""
        return cls(clock, Faults(catalogue), Ledger())


class SandboxServer:
    """Serves an application until it is stopped; also a context manager.

    Attributes:
        host: the name under which clients see it; 127.0.0.1 unless told otherwise.
    """

    def __init__(
        self, application: Application, board: Switchboard, *, port: int = 0, host: str = "127.0.0.1",
        records: Callable[[], Mapping[str, int]] = dict,
    ) -> None:  # fmt: skip
        """`records` counts what there is, by object."""
        self.application, self.board, self.host = application, board, host
        self.stopping = threading.Event()
        self.connections = itertools.count(1)
        self._control = Control(board.clock, board.faults, board.ledger, records)
        self.failures: list[BaseException] = []
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._http = _Listener((host, port), self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(_POLL,), daemon=True, name="sandbox")

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._http.server_address[1])

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        return f"http://{self.host}:{self.port}"

    def start(self) -> Self:
        """Begin to serve."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End: open connections are closed, and nothing of it is left.

        Raises:
            SandboxBroken: the simulation itself failed on the way; what clients saw then is no evidence.
        """
        self.stopping.set()
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
        self._http.server_close()
        with self._lock:
            left = list(self._open)
        for one in left:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        if self.failures:
            raise SandboxBroken(self.failures[0]) from self.failures[0]

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def keep(self, connection: socket.socket) -> None:
        """A connection was opened."""
        with self._lock:
            self._open.add(connection)

    def forget(self, connection: socket.socket) -> None:
        """A connection was closed."""
        with self._lock:
            self._open.discard(connection)

    def respond(self, request: Request, connection: int) -> Response:
        """What a request gets, after the faults that strike it; the call is written down."""
        if request.path.startswith(PREFIX):
            return self._control.handle(request)
        began, at = time.perf_counter(), self.board.clock.now()
        struck = self.board.faults.meeting(request)
        response = answer(struck, request, self.application.handle)
        if "Date" not in response.headers:
            date = format_datetime((at + self.board.clock.skew).replace(microsecond=0), usegmt=True)
            response = response.with_headers(Date=date)
        self.board.ledger.note(
            request, response, at=at, seconds=time.perf_counter() - began,
            faults=tuple(armed.case for armed in struck), connection=connection,
        )  # fmt: skip
        return wire.packed(request, response)


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], server: SandboxServer) -> None:
        self.sandbox = server
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients hang up as they like; whatever else comes here is a bug of the simulation, kept for `stop`."""
        failure = sys.exc_info()[1]
        if failure is not None and not isinstance(failure, OSError):
            self.sandbox.failures.append(failure)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection; one that shall be reset must not be closed politely first."""
        if wire.is_reset(request):
            self.close_request(request)
        else:
            super().shutdown_request(request)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = io.DEFAULT_BUFFER_SIZE
    server: _Listener

    def setup(self) -> None:
        super().setup()
        self._number = next(self.server.sandbox.connections)
        self.server.sandbox.keep(self.connection)

    def finish(self) -> None:
        self.server.sandbox.forget(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def handle_one_request(self) -> None:
        """Read one request and answer it; HTTP verbs are not told apart here."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.raw_requestline = self.rfile.readline(4 * _LONGEST_URI)
            if not self.raw_requestline or not self.parse_request():
                return
            request = Request(
                self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, self._read()
            )
            sandbox = self.server.sandbox
            response = self._too_long() or sandbox.respond(request, self._number)
            if response.talk is not None and response.delivery is Delivery.WHOLE:
                self._talk(request, response.talk)
            elif not wire.sent(self.wfile, self.connection, response, sandbox.stopping):
                self.close_connection = True

    def _talk(self, request: Request, talk: Callable[[WebSocket], None]) -> None:
        """Let the application have the connection as a WebSocket; nothing else comes on it afterwards."""
        self.close_connection = True
        try:
            line = WebSocket(request, self.rfile, self.connection)
        except NoHandshake as error:
            refusal = Response.text(str(error), 400, "text/plain").with_headers(Connection="close")
            wire.sent(self.wfile, self.connection, refusal, self.server.sandbox.stopping)
        else:
            talk(line)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name is http.server's
        """The ledger is the log."""

    def _too_long(self) -> Response | None:
        """URI and headers have one limit together, as at Salesforce."""
        size = len(self.raw_requestline) + sum(len(name) + len(value) + 4 for name, value in self.headers.items())
        if len(self.raw_requestline) > _LONGEST_URI:
            return Response.text("<html><body>URI Too Long</body></html>", 414)
        return Response.text("<html><body>Header Fields Too Large</body></html>", 431) if size > _LONGEST_URI else None

    def _read(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            return b"".join(self._chunks())
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _chunks(self) -> Any:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
