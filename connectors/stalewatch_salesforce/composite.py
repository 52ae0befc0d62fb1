"""Several requests in one call: `composite` counts once, however many queries are inside (at most five)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from stalewatch_salesforce.errors import Fault, Next, of_status, told_by
from stalewatch_salesforce.queries import ROOT
from stalewatch_salesforce.transport import Reply, Transport

MOST_QUERIES: Final = 5
_NULL: Final = msgspec.Raw(b"null")
_MISSING: Final = Fault(Next.RETRY, 200, "", "a part of an answer is missing")


@dataclass(frozen=True, slots=True)
class Part:
    """One request inside of a composite."""

    ref: str
    path: str
    headers: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What one part was answered: data, or a fault that will not pass by itself."""

    body: bytes
    status: int
    fault: Fault | None


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers by reference. `at` is the server's time, None if it did not tell."""

    by_ref: Mapping[str, Answer]
    at: datetime | None


class _Sub(msgspec.Struct):
    referenceId: str  # noqa: N815
    httpStatusCode: int  # noqa: N815
    body: msgspec.Raw = _NULL


class _Document(msgspec.Struct):
    compositeResponse: list[_Sub]  # noqa: N815


_DECODER: Final = msgspec.json.Decoder(_Document)


def ask(transport: Transport, parts: Sequence[Part], *, deadline: float | None = None, kind: str) -> Answers:
    """Send parts, and those that failed for a passing reason again.

    Raises:
        TryLater: the call, or one part of it, did not succeed in time.
        NeedsReconnect, Refused: as `Transport.call`.
    """
    limit = transport.deadline() if deadline is None else min(deadline, transport.deadline())
    found: dict[str, Answer] = {}
    left, at = list(parts), None
    for pause in (*transport.pace.pauses, None):
        document, told = transport.call("POST", f"{ROOT}/composite", _read, body=_body(left), deadline=limit, kind=kind)
        at = at or told
        found |= {sub.referenceId: _answer(sub, transport) for sub in document.compositeResponse}
        left = [part for part in left if part.ref not in found or _passes(found[part.ref])]
        if not left:
            return Answers(found, at)
        fault = found[left[0].ref].fault if left[0].ref in found else None
        if fault is not None and fault.next is Next.LATER:
            break
        transport.wait(pause, limit, fault or _MISSING)
    raise transport.give_up(found[left[0].ref].fault or _MISSING)


def _passes(answer: Answer) -> bool:
    return answer.fault is not None and answer.fault.next in (Next.RETRY, Next.CALM, Next.LATER)


def _read(reply: Reply) -> tuple[_Document, datetime | None]:
    return _DECODER.decode(reply.body), reply.at


def _answer(sub: _Sub, transport: Transport) -> Answer:
    body = bytes(sub.body)
    if 200 <= sub.httpStatusCode < 300 or sub.httpStatusCode == 304:
        return Answer(body, sub.httpStatusCode, None)
    code, message = _words(body)
    return Answer(body, sub.httpStatusCode, of_status(sub.httpStatusCode, code, transport.clean(message)))


def _words(body: bytes) -> tuple[str, str]:
    """Why a part failed; nothing if that cannot be read."""
    try:
        return told_by(msgspec.json.decode(body))
    except (msgspec.DecodeError, RecursionError):
        return told_by(None)


def _body(parts: Sequence[Part]) -> bytes:
    requests: list[dict[str, Any]] = [
        {"method": "GET", "referenceId": part.ref, "url": part.path}
        | ({"httpHeaders": dict(part.headers)} if part.headers else {})
        for part in parts
    ]
    return msgspec.json.encode({"allOrNone": False, "collateSubrequests": False, "compositeRequest": requests})
