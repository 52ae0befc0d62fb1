"""What an answer means and what to do next, by status and error code (the table is in docs/connectors.md)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

import msgspec

from stalewatch.sdk.errors import ConnectorError, NeedsReconnect, Refused, TryLater

QUOTA_PAUSE: Final = timedelta(hours=1)
_TRANSIENT: Final = frozenset({406, 408, 420, 425, 429})
_BUSY_CODES: Final = frozenset({"SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION", "UNABLE_TO_LOCK_ROW"})
_SPENT: Final = "REQUEST_LIMIT_EXCEEDED"
_HIDDEN: Final = "[hidden]"
_TOKENS: Final = re.compile(
    r"(?i)(bearer\s+|access_token[=\"':\s]+|refresh_token[=\"':\s]+|client_secret[=\"':\s]+|assertion[=\"':\s]+)[^\s\"'&,}<]+"
    r"|\b00D[0-9A-Za-z]{9,15}![0-9A-Za-z._%+/=-]+"
)


class Next(StrEnum):
    """What to do about a fault."""

    RETRY = "retry"  # it passes: again, after a pause
    CALM = "calm"  # too many calls at once: again, with fewer
    RENEW = "renew"  # the session is over: one new token, then again
    LATER = "later"  # the quota is spent: nothing for an hour
    RECONNECT = "reconnect"  # a person has to act
    REFUSED = "refused"  # this request will never work


@dataclass(frozen=True, slots=True)
class Fault:
    """One answer that is none; `fields` are those that it names."""

    next: Next
    status: int
    code: str
    message: str
    fields: tuple[str, ...] = ()

    def error(self, cure: str | None = None) -> ConnectorError:
        """The same for whoever called."""
        words = f"{self.code}: {self.message}" if self.code else self.message
        if self.next is Next.LATER:
            spent = "the daily quota of API calls is exhausted"
            what = spent if self.code == _SPENT else f"Salesforce stops us for a while: {words}"
            return TryLater(what, after=QUOTA_PAUSE, cure=cure)
        if self.next in (Next.RETRY, Next.CALM):
            return TryLater(f"Salesforce does not answer properly ({self.status}): {words}", cure=cure)
        if self.next in (Next.RENEW, Next.RECONNECT):
            return NeedsReconnect(f"Salesforce refuses this connection ({self.status}): {words}", cure=cure)
        return Refused(f"Salesforce refused a request ({self.status}): {words}", cure=cure)


class Broken(Exception):
    """One attempt failed; it is caught where calls are repeated, and never leaves."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def of_answer(status: int, headers: Mapping[str, str], body: bytes) -> Fault | None:
    """What is wrong with an answer; None if it is data."""
    if 200 <= status < 300:
        return None if status == 204 or _is_json(headers) else _fault(Next.RETRY, status, "", "a page instead of data")
    if status == 304:
        return None
    code, message = told(body)
    fault = of_status(status, code, message)
    return None if fault is None else replace(fault, fields=_fields(body))


def of_status(status: int, code: str, message: str) -> Fault | None:
    """What a status and an error code mean, also inside a composite; None for success."""
    if 200 <= status < 300 or status == 304:
        return None
    return _fault(_next(status, code, message), status, code, message)


def told(body: bytes) -> tuple[str, str]:
    """Error code and message of a body, which may be a list, an object, a page or nothing."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return "", "a page instead of data" if body.strip() else "no text"
    return told_by(value)


def _fields(body: bytes) -> tuple[str, ...]:
    """The fields that the errors of a body are about; bodies of another shape name none."""
    try:
        errors = msgspec.json.decode(body, type=list[_Error])
    except (msgspec.DecodeError, RecursionError):
        return ()
    return tuple(dict.fromkeys(name for error in errors for name in error.fields))


class _Error(msgspec.Struct):
    fields: list[str] = []


def told_by(value: object) -> tuple[str, str]:
    """The same for a body that was read already."""
    first = value[0] if isinstance(value, list) and value else value
    if isinstance(first, Mapping):
        message = first.get("message") or first.get("error_description") or first.get("error") or ""
        return str(first.get("errorCode") or first.get("error") or ""), str(message)
    return "", str(first or "no text")[:200]


def hidden(text: str, secrets: Iterable[str] = ()) -> str:
    """A text without tokens: what servers echo must not reach a log, a status page or Slack."""
    for secret in secrets:
        if len(secret) > 3:
            text = text.replace(secret, _HIDDEN)
    return _TOKENS.sub(lambda found: f"{found[1] or ''}{_HIDDEN}", text)


def _next(status: int, code: str, message: str) -> Next:
    if status == 401:
        return Next.RENEW
    if code == _SPENT:
        return Next.CALM if "concurrent" in message.casefold() else Next.LATER
    if code == "TXN_SECURITY_METERING_ERROR":
        return Next.LATER
    if status >= 500 or status in _TRANSIENT or code in _BUSY_CODES:
        return Next.RETRY
    if status == 403:
        return Next.RECONNECT
    return Next.REFUSED


def _fault(next_: Next, status: int, code: str, message: str) -> Fault:
    return Fault(next_, status, code, message)


def _is_json(headers: Mapping[str, Any]) -> bool:
    return "json" in str(headers.get("content-type", "")).casefold()
