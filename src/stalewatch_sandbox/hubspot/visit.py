"""One call of a client, on its way to the handler that answers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from stalewatch_sandbox.hubspot.credentials import Grant
from stalewatch_sandbox.hubspot.errors import Json, invalid, not_found
from stalewatch_sandbox.hubspot.kinds import Kind, kind_called
from stalewatch_sandbox.hubspot.portal import Portal
from stalewatch_sandbox.serving.exchange import BadBody, Request


@dataclass(frozen=True, slots=True)
class Visit:
    """A call that may be answered.

    Attributes:
        wall: no search answers rows beyond that one.
        hides_emails: without their scope, mails are shown with blanks in place of being refused.
    """

    portal: Portal
    grant: Grant
    request: Request
    wall: int
    hides_emails: bool = False

    def body(self) -> dict[str, Any]:
        """The JSON object that the client sent; raises Refused if it is none."""
        try:
            said = self.request.json()
        except BadBody as bad:
            raise invalid(f"Invalid input JSON on line 1: {bad}") from bad
        if not isinstance(said, dict):
            raise invalid("Invalid input JSON: an object is expected")
        return said

    def inputs(self, most: int) -> list[dict[str, Any]]:
        """The inputs of a batch; raises Refused if there are too many, or none."""
        inputs = self.body().get("inputs")
        if not isinstance(inputs, list) or not all(isinstance(one, dict) for one in inputs):
            raise invalid("inputs must be a list of objects")
        if len(inputs) > most:
            raise invalid(f"Expected maximum number of inputs is {most}, but was {len(inputs)}")
        return inputs

    def names(self, parameter: str) -> tuple[str, ...]:
        """The values of a parameter that may be repeated or hold commas."""
        said = self.request.query.get(parameter, [])
        return tuple(name for one in said for name in one.split(",") if name)

    def flag(self, parameter: str) -> bool:
        """A parameter that is true or false; false if it is missing."""
        return (self.request.parameter(parameter) or "").lower() == "true"

    def limit(self, usual: int, most: int) -> int:
        """The page size that the client wants; raises Refused above the most."""
        said = self.request.parameter("limit") or str(usual)
        if not said.isdigit() or not 0 < int(said) <= most:
            raise invalid(f"Invalid limit {said!r}: at most {most}")
        return int(said)

    def next_page(self, after: str) -> Json:
        """The paging of a page that has a successor."""
        query: Mapping[str, list[str]] = self.request.query | {"after": [after]}
        link = f"https://api.hubapi.com{self.request.path}?{urlencode(query, doseq=True)}"
        return {"paging": {"next": {"after": after, "link": link}}}


def kind_of(name: str) -> Kind:
    """The kind that a path names; raises Refused (400) for those that a portal does not have."""
    kind = kind_called(name)
    if kind is None:
        raise invalid(f"Unable to infer object type from: {name}")
    return kind


def number_of(id_: object) -> int:
    """The id as a number; raises Refused (404) if it is none: no record has it."""
    text = str(id_)
    if not text.isascii() or not text.isdigit():
        raise not_found(f"Object not found. objectId are usually numeric, but was {text[:40]!r}")
    return int(text)
