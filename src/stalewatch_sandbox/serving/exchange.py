"""A request and a response, and the ways in which a response can fail to arrive."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from stalewatch_sandbox.serving.websocket import WebSocket


class Delivery(StrEnum):
    """How a response travels."""

    WHOLE = "whole"
    SILENCE = "silence"  # the connection is held and nothing is ever sent
    DRIP = "drip"  # headers at once, then one byte a second
    CUT = "cut"  # Content-Length promises more than is sent, then the connection is closed
    BAD_CHUNK = "bad_chunk"  # chunked, and broken in the middle of a chunk
    RESET = "reset"  # the request is read, then the connection is reset


class BadBody(ValueError):
    """The body of a request is not what its reader expects."""


@dataclass(frozen=True)
class Request:
    """What a client asked. `inside` is the request whose body this one came in, as in a composite."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    inside: Request | None = None

    @cached_property
    def path(self) -> str:
        """The path without its query, as sent."""
        return urlsplit(self.target).path

    @cached_property
    def query(self) -> dict[str, list[str]]:
        """The parameters, decoded; empty ones are kept."""
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True)

    def parameter(self, name: str) -> str | None:
        """The first value of a parameter."""
        values = self.query.get(name)
        return values[0] if values else None

    def header(self, name: str) -> str | None:
        """A header, whatever its case; headers are kept in lower case."""
        return self.headers.get(name.lower())

    @cached_property
    def form(self) -> dict[str, str]:
        """The body as a form, first value of each name."""
        return {name: values[0] for name, values in parse_qs(self.body.decode("latin-1"), True).items()}

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            BadBody: if it is none.
        """
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise BadBody(str(error)) from error


@dataclass(frozen=True)
class Response:
    """What the server answers.

    Attributes:
        delay: seconds to wait before the first byte.
        weight: how many API calls the CRM counts for it.
        kind: what the call was, for the ledger ("query", "composite", "token", ...).
        talk: takes the connection over as a WebSocket and returns when it is done; the response is a handshake then.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delivery: Delivery = Delivery.WHOLE
    delay: float = 0.0
    weight: int = 0
    kind: str = ""
    talk: Callable[[WebSocket], None] | None = None

    @classmethod
    def json(cls, value: object, status: int = 200, *, weight: int = 0, kind: str = "") -> Response:
        """A JSON document in UTF-8."""
        try:
            body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        except UnicodeEncodeError:  # half a character: JSON can say it, UTF-8 cannot
            body = json.dumps(value, separators=(",", ":")).encode()
        return cls(status, body, {"Content-Type": "application/json;charset=UTF-8"}, weight=weight, kind=kind)

    @classmethod
    def text(cls, value: str, status: int = 200, content_type: str = "text/html;charset=UTF-8") -> Response:
        """A page or plain text."""
        return cls(status, value.encode(), {"Content-Type": content_type})

    def with_headers(self, **headers: str) -> Response:
        """The same with more headers; `_` in a name stands for `-`."""
        return replace(self, headers={**self.headers, **{name.replace("_", "-"): v for name, v in headers.items()}})

    def value(self) -> Any:
        """The JSON document in the body."""
        return json.loads(self.body)
