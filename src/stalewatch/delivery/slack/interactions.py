"""What people do with our messages, as Slack tells it: buttons pressed, forms sent, forms closed.

Only what we work with is kept. What we do not know is `Other`: acknowledged and counted, for Slack sends new kinds of
things to old apps, and an app that fails on them is switched off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from stalewatch.delivery.slack.named import Long, Name

PREFIX: Final = "stalewatch."
"""What the `action_id` of every button of ours begins with."""
MENU: Final = f"{PREFIX}more"
"""The `action_id` of "⋯"; the value of what is chosen there is the button's kind, a colon, and the alert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """Somebody pressed one of our buttons.

    Attributes:
        user: id of the person; `channel`: of the place where the message stands ("" on App Home and in forms, where
            nothing can be whispered).
        kind: what the button does (`snooze`, `why`); `alert`: what it is about.
        at: Slack's mark of this click, unique per person and button.
        trigger: allows us to open one form, for three seconds.
        thread: the thread that the message stands in, if it does.
    """

    user: str
    channel: str
    kind: str
    alert: str
    at: str
    trigger: str
    thread: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What one field of a form holds: a text, a date (ISO 8601), a time ("14:30"), a choice or several."""

    text: str = ""
    date: str = ""
    time: str = ""
    choice: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """Somebody sent a form of ours.

    Attributes:
        view: the form's id, one per opening.
        form: which form it is (`snooze`); `about`: what we wrote into it when we opened it.
        given: what its fields hold, by their names.
    """

    user: str
    view: str
    form: str
    about: str
    given: Mapping[str, Given]


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """Something that asks nothing of us; `kind` is Slack's word for it."""

    kind: str


Interaction = Pressed | Submitted | Other


class _Named(msgspec.Struct, frozen=True):
    id: Name = ""


class _Option(msgspec.Struct, frozen=True):
    value: Name = ""


class _Container(msgspec.Struct, frozen=True):
    channel_id: Name = ""
    thread_ts: Name = ""


class _Action(msgspec.Struct, frozen=True):
    action_id: Name = ""
    value: Name | None = None
    selected_option: _Option | None = None
    action_ts: Name = ""

    @property
    def asks(self) -> tuple[str, str]:
        """The kind of the button and the alert; ("", "") if this is no button of ours."""
        if self.action_id == MENU:
            kind, _, alert = (self.selected_option.value if self.selected_option else "").partition(":")
            return (kind, alert) if kind and alert else ("", "")
        if not self.action_id.startswith(PREFIX) or not self.value:
            return "", ""
        return self.action_id.removeprefix(PREFIX), self.value


class _State(msgspec.Struct, frozen=True):
    value: str | None = None
    selected_date: str | None = None
    selected_time: str | None = None
    selected_option: _Option | None = None
    selected_options: list[_Option] | None = None


class _Values(msgspec.Struct, frozen=True):
    values: dict[Name, dict[str, _State]] = {}


class _View(msgspec.Struct, frozen=True):
    id: Name = ""
    callback_id: Name = ""
    private_metadata: Long = ""
    state: _Values | None = None


class _Payload(msgspec.Struct, frozen=True):
    type: Name = ""
    user: _Named = _Named()
    channel: _Named | None = None
    container: _Container | None = None
    actions: list[_Action] = []
    trigger_id: Name = ""
    view: _View | None = None


def of_payload(payload: Any) -> Interaction:
    """The interaction that a payload tells of."""
    try:
        said = msgspec.convert(payload, _Payload)
    except msgspec.ValidationError:
        return Other(kind="unreadable")
    if said.type == "block_actions":
        return _pressed(said)
    if said.type == "view_submission" and said.view is not None and said.view.callback_id.startswith(PREFIX):
        return _submitted(said, said.view)
    return Other(kind=said.type if said.type.isidentifier() and len(said.type) < 40 else "unknown")


def _pressed(said: _Payload) -> Interaction:
    """The first button of ours among the elements used; a link, or a field changed in a form, is none."""
    place = said.container or _Container()
    for action in said.actions:
        kind, alert = action.asks
        if kind and action.action_ts:
            return Pressed(
                user=said.user.id,
                channel=place.channel_id or (said.channel.id if said.channel else ""),
                kind=kind,
                alert=alert,
                at=action.action_ts,
                trigger=said.trigger_id,
                thread=place.thread_ts,
            )
    return Other(kind=said.type)


def _submitted(said: _Payload, view: _View) -> Submitted:
    fields = view.state.values if view.state else {}
    return Submitted(
        user=said.user.id,
        view=view.id,
        form=view.callback_id.removeprefix(PREFIX),
        about=view.private_metadata,
        given={name: _given(state) for name, elements in fields.items() for state in list(elements.values())[:1]},
    )


def _given(state: _State) -> Given:
    return Given(
        text=state.value or "",
        date=state.selected_date or "",
        time=state.selected_time or "",
        choice=state.selected_option.value if state.selected_option else "",
        choices=tuple(one.value for one in state.selected_options or ()),
    )
