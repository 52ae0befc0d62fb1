"""The server's end of a WebSocket, on the connection on which a client asked for one."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from io import BufferedIOBase
from threading import Lock
from typing import Final

from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import AcceptConnection, CloseConnection, Event, Ping, TextMessage
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from stalewatch_sandbox.serving import wire
from stalewatch_sandbox.serving.exchange import Request

_PIECE: Final = 65_536
_GOING_AWAY: Final = 1001


class NoHandshake(ValueError):
    """The request does not ask for a WebSocket as the standard wants it."""


class WebSocket:
    """Texts to and fro. One thread reads with `texts`; all the rest may be called from any thread."""

    def __init__(self, request: Request, incoming: BufferedIOBase, connection: socket.socket) -> None:
        """Answer the handshake.

        Raises:
            NoHandshake: it is none.
            OSError: the client has gone.
        """
        self._incoming, self._connection, self._lock = incoming, connection, Lock()
        self._protocol = WSConnection(ConnectionType.SERVER)
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers.items()]
        try:
            self._protocol.initiate_upgrade_connection(headers, request.target)
            connection.sendall(self._protocol.send(AcceptConnection()))
        except (RemoteProtocolError, LocalProtocolError) as error:
            raise NoHandshake(str(error)) from error

    def texts(self) -> Iterator[str]:
        """What the client says, until either side closes. Pings are answered on the way."""
        said = ""
        for event in self._events():
            if isinstance(event, Ping):
                self._send(event.response())
            elif isinstance(event, TextMessage):
                said += event.data
                if event.message_finished:
                    yield said
                    said = ""

    def send(self, text: str) -> bool:
        """Say something; False if nobody is there any more."""
        return self._send(TextMessage(data=text))

    def close(self, code: int = _GOING_AWAY) -> None:
        """Close as the standard wants it; the client answers and hangs up."""
        self._send(CloseConnection(code=code))

    def drop(self) -> None:
        """Reset the connection: no goodbye, and what was not read yet is lost."""
        with contextlib.suppress(OSError):
            wire.reset(self._connection)
            self._connection.shutdown(socket.SHUT_RD)  # wakes the reader up, whose thread then closes

    def _events(self) -> Iterator[Event]:
        while data := self._incoming.read1(_PIECE):
            with self._lock:
                self._protocol.receive_data(data)
                events = list(self._protocol.events())
            for event in events:
                if isinstance(event, CloseConnection):
                    self._send(event.response())
                    return
                yield event

    def _send(self, event: Event) -> bool:
        with self._lock:
            if self._protocol.state not in (ConnectionState.OPEN, ConnectionState.REMOTE_CLOSING):
                return False
            try:
                self._connection.sendall(self._protocol.send(event))
            except (LocalProtocolError, OSError):  # closing, or gone: to whoever says something it is the same
                return False
        return True
