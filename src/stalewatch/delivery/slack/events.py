"""What happens in Slack and concerns App Home: somebody opens it, or chooses there whose deals to see."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from stalewatch.delivery.slack.interactions import PREFIX, Other
from stalewatch.delivery.slack.named import Name

CHOOSE: Final = f"{PREFIX}home"
"""The `action_id` of what chooses whose deals App Home shows."""
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_.~+/=-]{1,512}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Somebody opened App Home; `event` names this one opening, however often it is told."""

    user: str
    event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Somebody chose on App Home whose deals to see (`shows`); `at` is Slack's mark of the click."""

    user: str
    shows: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """Slack asks whether the address is ours: what it said is to be said back."""

    text: str


class _Event(msgspec.Struct, frozen=True):
    type: Name = ""
    user: Name = ""
    tab: Name = ""


class _Envelope(msgspec.Struct, frozen=True):
    type: Name = ""
    challenge: str = ""
    event_id: Name = ""
    event: _Event | None = None


class _Option(msgspec.Struct, frozen=True):
    value: Name = ""


class _Action(msgspec.Struct, frozen=True):
    action_id: Name = ""
    action_ts: Name = ""
    selected_option: _Option | None = None


class _Person(msgspec.Struct, frozen=True):
    id: Name = ""


class _Used(msgspec.Struct, frozen=True):
    type: Name = ""
    user: _Person = _Person()
    actions: list[_Action] = []


def of_body(body: bytes) -> Opened | Challenge | Other:
    """The event in the body of a request."""
    try:
        return of_payload(msgspec.json.decode(body))
    except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
        return Other(kind="unreadable")


def of_payload(payload: Any) -> Opened | Challenge | Other:
    """The event that a payload tells of."""
    try:
        said = msgspec.convert(payload, _Envelope)
    except msgspec.ValidationError:
        return Other(kind="unreadable")
    if said.type == "url_verification" and _CHALLENGE.fullmatch(said.challenge):
        return Challenge(text=said.challenge)
    event = said.event or _Event()
    if event.type == "app_home_opened" and event.tab == "home" and event.user and said.event_id:
        return Opened(user=event.user, event=said.event_id)
    return Other(kind=event.type if event.type.isidentifier() and len(event.type) < 40 else "unknown")


def chosen(payload: Any) -> Chosen | None:
    """What was chosen on App Home, if this is an interaction of that kind."""
    try:
        said = msgspec.convert(payload, _Used)
    except msgspec.ValidationError:
        return None
    for one in said.actions if said.type == "block_actions" else ():
        if one.action_id == CHOOSE and one.selected_option and one.selected_option.value and one.action_ts:
            return Chosen(user=said.user.id, shows=one.selected_option.value, at=one.action_ts)
    return None
