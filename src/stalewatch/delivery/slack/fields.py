"""What forms are made of: fields to fill in, and lines to read, within Slack's limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from stalewatch.delivery.slack.mrkdwn import LONGEST, cut, escaped, unmarked

View = dict[str, Any]
_LABEL, _HINT, _PLACEHOLDER, _OPTION = 2_000, 2_000, 150, 75
LONGEST_NOTE: Final = 3_000
"""Characters that one field takes at most, by Slack."""


class Option(NamedTuple):
    """One thing to choose: what comes back (at most 150 characters), and its words."""

    value: str
    text: str


def one_of(name: str, label: str, options: Sequence[Option], *, is_ticked: bool = True) -> View:
    """All choices at once, ten at most; the first of them is ticked, unless that would answer for somebody."""
    shown = [_option(one) for one in options]
    element: View = {"type": "radio_buttons", "options": shown}
    return _input(name, label, {**element, "initial_option": shown[0]} if is_ticked else element)


def pick(name: str, label: str, options: Sequence[Option], *, initial: str = "", placeholder: str = "") -> View:
    """A list to open, a hundred at most; `initial` is the value that is chosen from the beginning."""
    shown = [_option(one) for one in options]
    element: View = {"type": "static_select", "options": shown}
    first = next((each for each in shown if each["value"] == initial), None)
    return _input(name, label, element | ({} if first is None else {"initial_option": first}), placeholder=placeholder)


def day(name: str, label: str, placeholder: str, *, hint: str = "", is_needed: bool = True) -> View:
    """A day."""
    return _input(name, label, {"type": "datepicker"}, placeholder=placeholder, hint=hint, is_needed=is_needed)


def time_of_day(name: str, label: str, initial: str, zone: str) -> View:
    """A time ("14:30") in a zone that Slack shows beside it."""
    return _input(name, label, {"type": "timepicker", "initial_time": initial, "timezone": zone})


def line(name: str, label: str, most: int, *, example: str = "", is_needed: bool = True) -> View:
    """A few words, `most` characters of them."""
    element = {"type": "plain_text_input", "max_length": min(most, LONGEST_NOTE)}
    return _input(name, label, element, placeholder=example, is_needed=is_needed)


def lines(name: str, label: str, most: int, *, example: str = "", is_needed: bool = True) -> View:
    """The same with room for several lines."""
    element = {"type": "plain_text_input", "multiline": True, "max_length": min(most, LONGEST_NOTE)}
    return _input(name, label, element, placeholder=example, is_needed=is_needed)


def said(markup: str) -> View:
    """Words that are marked up and escaped already."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": cut(markup, LONGEST), "verbatim": True}}


def plainly(text: str) -> View:
    """Words of anybody, as letters."""
    return said(escaped(text))


def aside(*lines: str) -> View:
    """Words of anybody, small and grey, a line each."""
    text = cut("\n".join(escaped(one) for one in lines if one), LONGEST)
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text, "verbatim": True}]}


def to_copy(text: str) -> View:
    """A text in a frame of its own, as it is, to be marked and copied; nothing in it is markup."""
    letters = {"type": "text", "text": text}
    return {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": [letters]}]}


def plain(text: str) -> View:
    """A text object without markup."""
    return {"type": "plain_text", "text": text, "emoji": False}


def _option(one: Option) -> View:
    return {"text": plain(unmarked(one.text, _OPTION) or one.value), "value": one.value}


def _input(
    name: str, label: str, element: View, *, placeholder: str = "", hint: str = "", is_needed: bool = True
) -> View:
    """A field: its own id is that of its block, which is how an answer names it."""
    inner = {**element, "action_id": name}
    if placeholder:
        inner["placeholder"] = plain(unmarked(placeholder, _PLACEHOLDER))
    shown: View = {"type": "input", "block_id": name, "label": plain(unmarked(label, _LABEL)), "element": inner}
    if hint:
        shown["hint"] = plain(unmarked(hint, _HINT))
    return shown if is_needed else {**shown, "optional": True}
