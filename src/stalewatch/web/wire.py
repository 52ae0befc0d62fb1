"""How bytes become requests: httptools' parser, and what is refused before anybody is asked who they are (S4, S34).

The parser is that of Node.js, and strict: two lengths, a length beside chunks, spaces before a colon, folded lines and
lone line ends are errors (RFC 9112). What it lets pass and we do not: a head without an end, no host or two, a coding
of the body other than `chunked`, fields after the body, and somebody who never comes to an end.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

LONGEST_HEAD: Final = 16 * 1024
"""Bytes of a request line and its fields."""
MOST_FIELDS: Final = 100
PATIENCE: Final = 60.0
"""Seconds from the first byte of a request to its last, and until a new connection says anything."""
_VERSIONS: Final = ("1.0", "1.1")


class _Refused(Exception):
    """This request is not answered; `Wire.refusal` says why."""


class Wire(HttpToolsProtocol):
    """One connection."""

    patience = PATIENCE

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._is_head = self._has_begun = False
        self._is_unfinished = True  # nothing came yet
        self._offers_another = False
        self._length = 0
        self._refusal: tuple[int, str] | None = None
        self._waits: asyncio.TimerHandle | None = None

    # ---------------------------------------------------------------------------------------------- the connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_watching()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on. Of a head without an end yet, what came after its beginning is counted."""
        self._unset_keepalive_if_required()
        self._has_begun = False
        try:
            self._feed(data)
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")
            return
        if self._is_head and not self._has_begun:
            self._length += len(data)
            if self._length > LONGEST_HEAD:
                self._refusal = _TOO_LONG
                self.send_400_response("")
                return
        self._watch()

    def _feed(self, data: bytes) -> None:
        """Whoever offers another protocol (`Upgrade: h2c`) is read again without the offer, and answered in this one:
        the parser would take what follows for the other one's."""
        while data:
            try:
                self.parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as stop:
                data = self._without_offer() + data[stop.args[0] :]

    def _without_offer(self) -> bytes:
        lines = b"".join(b"%b: %b\r\n" % field for field in self.headers if field[0] != b"upgrade")
        head = b"%b %b HTTP/1.1\r\n%b\r\n" % (self.parser.get_method(), self.url, lines)
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn: it is never looked at
        self._offers_another = False
        return head

    def send_400_response(self, msg: str) -> None:
        """Refuse, and hang up. While an answer is owed nothing is said: it would be taken for that answer."""
        status, words = self._refusal or (400, msg)
        self._stop_watching()
        if self.cycle is None or self.cycle.response_complete:
            said = words.encode()
            self.transport.write(
                STATUS_LINE[status]
                + b"content-type: text/plain; charset=utf-8\r\nx-content-type-options: nosniff\r\n"
                + b"content-length: %d\r\nconnection: close\r\n\r\n%b" % (len(said), said)
            )
        self.transport.close()

    # ----------------------------------------------------------------------------------------- what the parser found

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_head = self._has_begun = self._is_unfinished = True
        self._length = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._is_head:  # what follows a body was said after the request was judged
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._is_head = False
        self._refusal = self._fault()
        if self._refusal is not None:
            raise _Refused
        if self.parser.should_upgrade():
            self._offers_another = True
            return
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        if self._offers_another:
            return
        self._is_unfinished = False
        self._stop_watching()
        super().on_message_complete()

    def _fault(self) -> tuple[int, str] | None:
        fields = self.headers
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in fields)
        if size > LONGEST_HEAD or len(fields) > MOST_FIELDS:
            return _TOO_LONG
        version = self.parser.get_http_version()
        hosts = sum(name == b"host" for name, _ in fields)
        codings = [value.lower() for name, value in fields if name == b"transfer-encoding"]
        if version not in _VERSIONS or self.parser.get_method() == b"CONNECT":
            return 400, "Only HTTP/1.1 is spoken here."
        if hosts > 1 or (hosts == 0 and version == "1.1"):
            return 400, "A request names one host."
        if codings and (codings != [b"chunked"] or version == "1.0"):
            return 400, "Only chunked bodies are understood."
        return None

    # ------------------------------------------------------------------------------------------------------ patience

    def _watch(self) -> None:
        if self._is_unfinished and self._waits is None and not self.transport.is_closing():
            self._waits = self.loop.call_later(self.patience, self._give_up)

    def _stop_watching(self) -> None:
        if self._waits is not None:
            self._waits.cancel()
            self._waits = None

    def _give_up(self) -> None:
        self._waits = None
        self._refusal = (408, "The request took too long to arrive.")
        self.send_400_response("")


_TOO_LONG: Final = (431, f"The head of a request has at most {LONGEST_HEAD // 1024} KB and {MOST_FIELDS} fields.")
