"""What an answer means and what to do next, by status and body. Every member of HubSpot's error body is optional."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import msgspec

from stalewatch.sdk.errors import ConnectorError, NeedsReconnect, Refused, TryLater
from stalewatch_hubspot.options import VERSION

LOCKED_PAUSE: Final = 2.0
BURST_PAUSE: Final = 10.0
SEARCH_PAUSE: Final = 1.0
_LONGEST: Final = 2_000
"""Characters of a message that are kept: what is wrong with several values fits."""
UPGRADE: Final = "Upgrade stalewatch: the version that it speaks comes with it and cannot be set."
_HIDDEN: Final = "[hidden]"
_TOKENS: Final = re.compile(
    r"(?i)(bearer\s+|(?:access_token|refresh_token|client_secret|hapikey)[=\"':\s]+)[^\s\"'&,}<)]+|\bpat-[a-z0-9]+-[0-9a-f-]{8,}"
)


class Next(StrEnum):
    """What to do about a fault."""

    RETRY = "retry"  # it passes: again, after a pause that grows
    PAUSE = "pause"  # the whole portal has to rest for `after` seconds, then again
    SEARCH = "search"  # too many searches in a second: again after one
    TOMORROW = "tomorrow"  # the day's calls are spent: nothing until the portal's midnight
    RENEW = "renew"  # the token is over: one new one, then again
    RECONNECT = "reconnect"  # a person has to act
    SCOPE = "scope"  # this token may not read that; everything else works
    REFUSED = "refused"  # this request will never work


def scope_cure(named: str, *, is_app: bool) -> str:
    """What to do about a scope that is missing.

    Args:
        is_app: the token is of an OAuth app, which keeps the scopes that it was installed with.
    """
    if is_app:
        return f"Add {named} to the scopes of the app, then install it again: it keeps those it was installed with."
    return f"Add {named} to the scopes of the key; the token stays the same."


class MissingScope(Refused):
    """The token lacks a scope for one kind of object; the others are read all the same."""

    def __init__(self, scopes: tuple[str, ...], *, is_app: bool = False) -> None:
        named = ", ".join(scopes) or "unknown"
        super().__init__(f"the token lacks the scope {named}", cure=scope_cure(named, is_app=is_app))
        self.scopes = scopes


@dataclass(frozen=True, slots=True)
class Fault:
    """An answer that is none.

    Attributes:
        after: seconds that the server asks us to wait, None if it does not say.
        scopes: that are missing.
        fields: properties that the message is about. category: HubSpot's name of the reason.
    """

    next: Next
    status: int
    message: str
    after: float | None = None
    scopes: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    category: str = ""

    @property
    def is_over(self) -> bool:
        """Whether the version of the API that we speak has come to its end: then nothing else is there to be found."""
        return self.next is Next.RECONNECT and self.status in (404, 410)

    def error(self, *, is_app: bool = False) -> ConnectorError:
        """The same for whoever called; `is_app`: with a token of an OAuth app."""
        words = f"{self.status}: {self.message}" if self.status else self.message
        if self.next is Next.SCOPE:
            return MissingScope(self.scopes, is_app=is_app)
        if self.is_over:
            return NeedsReconnect(f"HubSpot answers the API version {VERSION} no more ({words})", cure=UPGRADE)
        if self.next in (Next.RECONNECT, Next.RENEW):
            return NeedsReconnect(f"HubSpot refuses this connection ({words})", cure=self._cure(is_app=is_app))
        if self.next is Next.REFUSED:
            return Refused(f"HubSpot refused a request ({words})")
        return TryLater(f"HubSpot does not answer properly ({words})")

    def _cure(self, *, is_app: bool) -> str:
        if self.status == 403:
            return (
                "The app may not do this: look at its scopes and at what its installer may see, then install it again."
                if is_app
                else "The key may not do this: look at its scopes, and at what whoever made it may see."
            )
        if is_app:
            return "Install the app again: HubSpot takes its token no more, it may have been removed from the account."
        return "Check the token in the configuration: it may have been revoked, or copied in part."


class _Detail(msgspec.Struct):
    context: dict[str, Any] | None = None


class _Body(msgspec.Struct):
    message: str = ""
    category: str = ""
    policyName: str = ""  # noqa: N815  # the name is HubSpot's
    errors: list[_Detail] = []


def fault_of(status: int, headers: Mapping[str, str], body: bytes) -> Fault | None:
    """What is wrong with an answer; None if it is data."""
    if 200 <= status < 300:
        if status == 204 or "json" in headers.get("content-type", "").casefold():
            return None
        return Fault(Next.RETRY, status, "a page instead of data")
    told = _read(body)
    message = told.message or told.category or "no text"
    after = _seconds(headers.get("retry-after"))
    return Fault(
        _next(status, told), status, message[:_LONGEST], _pause(status, told, after), _scopes(told), _fields(told),
        told.category,
    )  # fmt: skip


def hidden(text: str, secrets: Iterable[str] = ()) -> str:
    """A text without tokens: what servers echo must not reach a log, a status page or Slack."""
    for secret in secrets:
        if len(secret) > 3:
            text = text.replace(secret, _HIDDEN)
    return _TOKENS.sub(lambda found: f"{found[1] or ''}{_HIDDEN}", text)


def _next(status: int, told: _Body) -> Next:  # noqa: PLR0911  # a table
    if status == 429:
        return _limited(told)
    if status == 401:
        return Next.RENEW
    if status == 403:
        return Next.SCOPE if told.category == "MISSING_SCOPES" else Next.RECONNECT
    if status in (410, 530):
        return Next.RECONNECT
    if status == 477:
        return Next.PAUSE
    if status >= 500 or status in (408, 423, 425):
        return Next.RETRY
    if 300 <= status < 400:
        return Next.RECONNECT
    return Next.REFUSED


def _limited(told: _Body) -> Next:
    words = f"{told.policyName} {told.message}".casefold()
    if "daily" in words:
        return Next.TOMORROW
    if "secondly" in words and "ten" not in words:
        return Next.SEARCH
    return Next.PAUSE


def _pause(status: int, told: _Body, after: float | None) -> float | None:
    if after is not None:
        return after
    if status == 423:
        return LOCKED_PAUSE
    if status == 429:
        return SEARCH_PAUSE if _limited(told) is Next.SEARCH else BURST_PAUSE
    return None


def _read(body: bytes) -> _Body:
    try:
        return msgspec.json.decode(body, type=_Body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Body(message="a page instead of data" if body.strip() else "no text")


def _scopes(told: _Body) -> tuple[str, ...]:
    found = [(one.context or {}).get("requiredGranularScopes") or () for one in told.errors]
    return tuple(dict.fromkeys(str(scope) for scopes in found if isinstance(scopes, list) for scope in scopes))


def _fields(told: _Body) -> tuple[str, ...]:
    """The properties that the details name, under whichever name of theirs."""
    named = [(one.context or {}).get(key) for one in told.errors for key in ("propertyName", "properties")]
    return tuple(dict.fromkeys(str(name) for names in named if isinstance(names, list) for name in names))


def _seconds(told: str | None) -> float | None:
    try:
        return max(0.0, float(told)) if told else None
    except ValueError:
        return None
