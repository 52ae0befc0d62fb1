"""The arguments of a method, which clients send as JSON, as a form, as multipart, or in the address."""

from __future__ import annotations

import json
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, Final

from stalewatch_sandbox.serving.exchange import BadBody, Request
from stalewatch_sandbox.slack.errors import Refused

_STRUCTURED: Final = frozenset({"blocks", "attachments", "metadata", "view"})
"""Arguments that are JSON text when they come in a form."""


class Arguments:
    """Arguments by name; missing ones are empty."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    @classmethod
    def of(cls, request: Request) -> Arguments:
        """Read them; raises Refused if the body cannot be understood."""
        values: dict[str, Any] = {name: said[0] for name, said in request.query.items()}
        kind = (request.header("content-type") or "").lower()
        if request.body and kind.startswith("application/json"):
            values |= _json(request)
        elif request.body and kind.startswith("multipart/form-data"):
            values |= _multipart(request)
        elif request.body:
            values |= request.form
        return cls({name: _structured(name, value) for name, value in values.items()})

    def text(self, name: str, default: str = "") -> str:
        """A text; numbers are told as text."""
        value = self._values.get(name)
        return default if value is None else str(value)

    def flag(self, name: str) -> bool:
        """True or false, as JSON or as text."""
        return self.text(name).lower() in ("true", "1")

    def number(self, name: str, default: int) -> int:
        """A whole number; raises Refused if it is none."""
        said = self.text(name)
        try:
            return int(said) if said else default
        except ValueError as bad:
            raise Refused("invalid_arguments") from bad

    def structure(self, name: str) -> Any:
        """A list or an object; None if it was not given."""
        return self._values.get(name)

    def required(self, name: str, word: str = "invalid_arguments") -> str:
        """A text that must be there; raises Refused with a word if it is not."""
        said = self.text(name)
        if not said:
            raise Refused(word)
        return said


def _structured(name: str, value: Any) -> Any:
    if name not in _STRUCTURED or not isinstance(value, str):
        return value
    if not value:
        return None
    try:
        return json.loads(value)
    except ValueError as bad:
        words = {"blocks": "invalid_blocks_format", "metadata": "invalid_metadata_format"}
        raise Refused(words.get(name, "invalid_arguments")) from bad


def _json(request: Request) -> dict[str, Any]:
    try:
        said = request.json()
    except BadBody as bad:
        raise Refused("invalid_json") from bad
    if not isinstance(said, dict):
        raise Refused("json_not_object")
    return said


def _multipart(request: Request) -> dict[str, Any]:
    head = b"Content-Type: " + (request.header("content-type") or "").encode("latin-1") + b"\r\n\r\n"
    parts = BytesParser(policy=HTTP).parsebytes(head + request.body)
    found: dict[str, Any] = {}
    for part in parts.iter_parts():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            found[name] = payload.decode("utf-8", "replace")
    return found
