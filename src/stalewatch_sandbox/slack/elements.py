"""The rules of Block Kit's texts and interactive elements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

Findings = Iterator[str]

_OPTIONS: Final = {
    "static_select": 100, "multi_static_select": 100, "overflow": 5, "radio_buttons": 10, "checkboxes": 10,
}  # fmt: skip
_PLAIN: Final = (
    "plain_text_input", "number_input", "email_text_input", "url_text_input", "datepicker", "timepicker",
    "datetimepicker", "users_select", "multi_users_select", "conversations_select", "channels_select",
)  # fmt: skip

_DATE: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_ONLY_IN_INPUTS: Final = ("plain_text_input", "number_input", "email_text_input", "url_text_input")
_NEVER_IN_INPUTS: Final = ("button", "overflow", "image")
_MARKED_UP: Final = ("radio_buttons", "checkboxes")
"""The choices whose words may be marked up."""


def sized(thing: dict[str, Any], place: str, **most: int) -> Findings:
    """Texts that must not be longer than that, if they are there."""
    for name, limit in most.items():
        value = thing.get(name)
        if isinstance(value, str) and len(value) > limit:
            yield f"must be less than {limit + 1} characters [json-pointer:{place}/{name}]"


def text_findings(text: object, place: str, *, most: int, is_plain: bool = False) -> Findings:
    """What is wrong with a text object."""
    if not isinstance(text, dict) or text.get("type") not in ("plain_text", "mrkdwn"):
        yield f"must be a text object [json-pointer:{place}]"
        return
    if is_plain and text["type"] != "plain_text":
        yield f"must be plain_text [json-pointer:{place}/type]"
    said = text.get("text")
    if not isinstance(said, str) or not said:
        yield f"must be more than 0 characters [json-pointer:{place}/text]"
    elif len(said) > most:
        yield f"must be less than {most + 1} characters [json-pointer:{place}/text]"


def element_findings(element: object, place: str, *, is_input: bool = False) -> Findings:
    """What is wrong with a button, a select, an input, …; `is_input`: it is that of an input block."""
    if not isinstance(element, dict):
        yield f"must be an object [json-pointer:{place}]"
        return
    type_ = element.get("type")
    yield from sized(element, place, action_id=255)
    if type_ in (_NEVER_IN_INPUTS if is_input else _ONLY_IN_INPUTS):
        yield f"unsupported type: {type_!r} in this block [json-pointer:{place}/type]"
    if type_ == "button":
        yield from _button(element, place)
    elif type_ in _OPTIONS:
        yield from _choice(element, place, _OPTIONS[type_])
    elif type_ == "image":
        if not element.get("image_url") or not isinstance(element.get("alt_text"), str):
            yield f"missing required field: image_url and alt_text [json-pointer:{place}]"
    elif type_ not in _PLAIN:
        yield f"unsupported type: {type_!r} [json-pointer:{place}/type]"
    else:
        yield from _field(element, place)
    if "placeholder" in element:
        yield from text_findings(element["placeholder"], f"{place}/placeholder", most=150, is_plain=True)
    if "confirm" in element:
        yield from _confirm(element["confirm"], f"{place}/confirm")


def _button(button: dict[str, Any], place: str) -> Findings:
    yield from text_findings(button.get("text"), f"{place}/text", most=75, is_plain=True)
    yield from sized(button, place, value=2000, url=3000, accessibility_label=75)
    if button.get("style", "primary") not in ("primary", "danger"):
        yield f"must be primary or danger [json-pointer:{place}/style]"


def _field(element: dict[str, Any], place: str) -> Findings:
    """A date, a time, a text: what it begins with, and how long it may be."""
    for name, shape in (("initial_date", _DATE), ("initial_time", _TIME)):
        value = element.get(name)
        if value is not None and not (isinstance(value, str) and shape.fullmatch(value)):
            yield f"must be a valid value [json-pointer:{place}/{name}]"
    yield from sized(element, place, initial_value=3000)
    for name, least in (("min_length", 0), ("max_length", 1)):
        value = element.get(name)
        if value is not None and not (isinstance(value, int) and least <= value <= 3000):
            yield f"must be between {least} and 3000 [json-pointer:{place}/{name}]"


def _choice(element: dict[str, Any], place: str, most: int) -> Findings:
    groups = element.get("option_groups")
    is_plain = element.get("type") not in _MARKED_UP
    known: list[object] = []
    lists = [group.get("options") for group in groups] if isinstance(groups, list) else [element.get("options")]
    for options in lists:
        if not isinstance(options, list) or not 1 <= len(options) <= most:
            yield f"between 1 and {most} options are allowed [json-pointer:{place}/options]"
            continue
        for number, option in enumerate(options):
            yield from _option(option, f"{place}/options/{number}", is_plain=is_plain)
        known += options
    first = element.get("initial_option")
    if first is not None and first not in known:
        yield f"must be one of the options [json-pointer:{place}/initial_option]"


def _option(option: object, place: str, *, is_plain: bool) -> Findings:
    if not isinstance(option, dict) or not isinstance(option.get("value"), str):
        yield f"must have a text and a value [json-pointer:{place}]"
        return
    yield from text_findings(option.get("text"), f"{place}/text", most=75, is_plain=is_plain)
    yield from sized(option, place, value=150)
    if "description" in option:
        yield from text_findings(option["description"], f"{place}/description", most=75, is_plain=is_plain)


def _confirm(confirm: object, place: str) -> Findings:
    if not isinstance(confirm, dict):
        yield f"must be an object [json-pointer:{place}]"
        return
    for name, most, is_plain in (("title", 100, True), ("text", 300, False), ("confirm", 30, True), ("deny", 30, True)):
        yield from text_findings(confirm.get(name), f"{place}/{name}", most=most, is_plain=is_plain)
