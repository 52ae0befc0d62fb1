"""Socket Mode: the app opens WebSockets, on which it hears what people do and acknowledges it, envelope by envelope."""

from __future__ import annotations

import json
from itertools import count
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any, Final
from uuid import uuid4

from stalewatch_sandbox.serving.exchange import Request, Response
from stalewatch_sandbox.serving.websocket import WebSocket
from stalewatch_sandbox.slack.errors import Json
from stalewatch_sandbox.slack.reaching import PATIENCE, SILENCE, Answer
from stalewatch_sandbox.slack.workspace import APP

LINK: Final = "/link/"
MOST: Final = 10
"""Connections that an app may have at a time."""
_HOST: Final = "applink-sandbox"


class Sockets:
    """The connections that the app has open. What happens is told on one of them, turn by turn.

    Attributes:
        address: of the server, ws://…
        patience: seconds in which the app has to acknowledge.
    """

    def __init__(self) -> None:
        self.address, self.patience = "", PATIENCE
        self._lines: list[WebSocket] = []
        self._tickets: set[str] = set()
        self._waiting: dict[str, SimpleQueue[Json]] = {}
        self._turns = count()
        self._lock = Lock()

    @property
    def is_connected(self) -> bool:
        """Whether anybody listens."""
        return bool(self._lines)

    def invite(self) -> str:
        """An address that is good for one connection."""
        ticket = uuid4().hex
        self._tickets.add(ticket)
        return f"{self.address}{LINK}?ticket={ticket}&app_id={APP}"

    def welcome(self, request: Request) -> Response:
        """The app comes to an address that it was given."""
        ticket = request.parameter("ticket") or ""
        if ticket not in self._tickets:
            return Response.text("This address was not given out, or it was used before.", 403, "text/plain")
        self._tickets.discard(ticket)
        return Response(101, kind="socket", talk=self._talk)

    def tell(self, kind: str, payload: Json, *, may_answer: bool, **more: object) -> Answer:
        """Tell the app something and wait until it acknowledges; without a connection nobody does.

        Args:
            kind: "interactive", "slash_commands" or "events_api".
            may_answer: the acknowledgement may say something; else only that it came.
            more: of the envelope, such as retry_attempt.
        """
        envelope, acknowledged = str(uuid4()), SimpleQueue[Json]()
        body = {
            "envelope_id": envelope,
            "payload": payload,
            "type": kind,
            "accepts_response_payload": may_answer,
            **more,
        }
        self._waiting[envelope] = acknowledged
        try:
            if not any(line.send(json.dumps(body)) for line in self._in_turn()):
                return SILENCE
            said = acknowledged.get(timeout=self.patience).get("payload")
        except Empty:
            return SILENCE
        finally:
            del self._waiting[envelope]
        return Answer(200, json.dumps(said).encode() if said is not None and may_answer else b"")

    # ------------------------------------------------------------------------------------- how connections end

    def warn(self, reason: str = "warning") -> None:
        """Say on every connection that it ends soon; "refresh_requested" and "link_disabled" are said as well."""
        for line in self._in_turn():
            line.send(_goodbye(reason))

    def close(self) -> None:
        """Close every connection politely."""
        for line in self._in_turn():
            line.close()

    def drop(self) -> None:
        """Reset every connection."""
        for line in self._in_turn():
            line.drop()

    # ------------------------------------------------------------------------------------------- one connection

    def _in_turn(self) -> list[WebSocket]:
        """All of them, another one first each time."""
        with self._lock:
            first = next(self._turns) % max(1, len(self._lines))
            return [*self._lines[first:], *self._lines[:first]]

    def _talk(self, line: WebSocket) -> None:
        with self._lock:
            number = len(self._lines) + 1
            if number <= MOST:
                line.send(_hello(number))
                self._lines.append(line)
        if number > MOST:
            line.send(_goodbye("too_many_websockets"))
            line.close()
            return
        try:
            for text in line.texts():
                self._hear(text)
        finally:
            with self._lock:
                self._lines.remove(line)

    def _hear(self, text: str) -> None:
        """An acknowledgement; one that comes too late, and whatever is none, changes nothing."""
        try:
            said: Any = json.loads(text)
        except ValueError:
            return
        waiting = self._waiting.get(str(said.get("envelope_id"))) if isinstance(said, dict) else None
        if waiting is not None:
            waiting.put(said)


def _hello(connections: int) -> str:
    debug = {"host": _HOST, "build_number": 1, "approximate_connection_time": 18_060}
    info = {"app_id": APP}
    return json.dumps({
        "type": "hello", "num_connections": connections, "debug_info": debug, "connection_info": info,
    })  # fmt: skip


def _goodbye(reason: str) -> str:
    return json.dumps({"type": "disconnect", "reason": reason, "debug_info": {"host": _HOST}})
