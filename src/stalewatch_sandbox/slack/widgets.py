"""Block Kit's elements as HTML, and what a filled-in form says about them."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from stalewatch_sandbox.slack.mrkdwn import plain

Element = Mapping[str, Any]
_SAFE: Final = ("https://", "http://")
_INPUTS: Final = {
    "plain_text_input": "text", "number_input": "number", "email_text_input": "email", "url_text_input": "url",
    "datepicker": "date", "timepicker": "time", "datetimepicker": "datetime-local",
}  # fmt: skip
_HELD: Final = {
    "datepicker": "selected_date", "timepicker": "selected_time", "users_select": "selected_user",
    "conversations_select": "selected_conversation", "channels_select": "selected_channel",
}  # fmt: skip
_INITIAL: Final = {
    "datepicker": "initial_date", "timepicker": "initial_time", "users_select": "initial_user",
}  # fmt: skip


def said(text: object) -> str:
    """The words of a text object."""
    return str(text.get("text", "")) if isinstance(text, Mapping) else ""


def button(element: Element, place: str) -> str:
    """A button that is pressed, or leads somewhere."""
    url = str(element.get("url", ""))
    if url.lower().startswith(_SAFE):
        href, words = html.escape(url), plain(said(element.get("text")))
        return f'<a class="link" href="{href}" target="_blank" rel="noopener noreferrer">{words}</a>'
    style = html.escape(str(element.get("style", "")))
    return (
        f'<button class="{style}" name="press" value="{html.escape(place)}" formaction="/press" formnovalidate>'
        f"{plain(said(element.get('text')))}</button>"
    )


def menu(element: Element, place: str) -> str:
    """What stands behind "⋯": a button for each option, for there is no script."""
    items = "".join(
        f'<button name="press" value="{html.escape(f"{place}={number}")}" formaction="/press" formnovalidate>'
        f"{plain(label)}</button>"
        for number, (_, label) in enumerate(_options(element))
    )
    return f'<details class="menu"><summary aria-label="⋯">⋯</summary><div>{items}</div></details>'


def refilled(element: Element, given: Sequence[str]) -> dict[str, Any]:
    """The element as somebody filled it in: it begins with what they gave."""
    state = {name.removeprefix("selected_"): value for name, value in state_of(element, given).items()}
    del state["type"]
    kept = {name: value for name, value in element.items() if not name.startswith("initial_")}
    return kept | {f"initial_{name}": value for name, value in state.items() if value}


def chooser(element: Element, place: str, members: Mapping[str, str]) -> str:
    """A select, date or time beside a text, with a button of its own, for there is no script."""
    field_ = widget(element, f"chosen:{place}", members, is_required=False)
    go = f'<button name="press" value="{html.escape(place)}" formaction="/press" formnovalidate>OK</button>'
    return f"{field_} {go}"


def widget(element: Element, name: str, members: Mapping[str, str], *, is_required: bool) -> str:
    """Something to fill in; `members` are the people who can be chosen."""
    type_, attributes = str(element.get("type")), f'name="{html.escape(name)}"{" required" if is_required else ""}'
    if type_ in _INPUTS:
        return _input(element, type_, attributes)
    if type_ in ("radio_buttons", "checkboxes"):
        return _ticks(element, type_, name, is_required=is_required)
    options = list(_options(element)) if "select" in type_ or type_ == "overflow" else []
    if type_ in _HELD:
        options = list(members.items())
    chosen = _initial(element)
    many = " multiple" if type_.startswith("multi_") else ""
    is_fixed = bool(many) or (is_required and bool(chosen))
    first = "" if is_fixed else f'<option value="">{plain(said(element.get("placeholder")) or "…")}</option>'
    shown = "".join(
        f'<option value="{html.escape(value)}"{" selected" if value in chosen else ""}>{plain(label)}</option>'
        for value, label in options
    )
    return f"<select {attributes}{many}>{first}{shown}</select>"


def state_of(element: Element, given: Sequence[str]) -> dict[str, Any]:
    """What Slack tells the app of an element after these values were given."""
    type_ = str(element.get("type"))
    first = next((value for value in given if value), None)
    options = {option["value"]: option for option in _raw_options(element)}
    match type_:
        case "checkboxes" | "multi_static_select":
            return {"type": type_, "selected_options": [options[value] for value in given if value in options]}
        case "static_select" | "radio_buttons" | "overflow":
            return {"type": type_, "selected_option": options.get(first or "")}
        case "multi_users_select":
            return {"type": type_, "selected_users": [value for value in given if value]}
        case "datetimepicker":
            moment = datetime.fromisoformat(first) if first else None
            return {"type": type_, "selected_date_time": int(moment.timestamp()) if moment else None}
        case _:
            return {"type": type_, _HELD.get(type_, "value"): first}


def _input(element: Element, type_: str, attributes: str) -> str:
    initial = html.escape(str(element.get(_INITIAL.get(type_, "initial_value")) or ""))
    hint = html.escape(said(element.get("placeholder")))
    for name, limit in (("minlength", "min_length"), ("maxlength", "max_length")):
        if isinstance(element.get(limit), int):
            attributes += f' {name}="{element[limit]}"'
    if element.get("multiline"):
        return f'<textarea rows="4" {attributes} placeholder="{hint}">{initial}</textarea>'
    zone = html.escape(str(element.get("timezone") or ""))
    shown = f'<input type="{_INPUTS[type_]}" {attributes} placeholder="{hint}" value="{initial}">'
    return f'{shown}<span class="note">{zone}</span>' if zone else shown


def _ticks(element: Element, type_: str, name: str, *, is_required: bool) -> str:
    kind, chosen = ("radio" if type_ == "radio_buttons" else "checkbox"), _initial(element)
    needed = " required" if is_required and kind == "radio" else ""
    return "".join(
        f'<label class="choice"><input type="{kind}" name="{html.escape(name)}" value="{html.escape(value)}"{needed}'
        f"{' checked' if value in chosen else ''}> {plain(label)}</label>"
        for value, label in _options(element)
    )


def _initial(element: Element) -> set[str]:
    one, several = element.get("initial_option"), element.get("initial_options")
    found = [one] if isinstance(one, Mapping) else several if isinstance(several, list) else []
    user = element.get("initial_user")
    return {str(option.get("value")) for option in found} | ({str(user)} if user else set())


def _options(element: Element) -> Iterator[tuple[str, str]]:
    for option in _raw_options(element):
        yield str(option["value"]), said(option.get("text"))


def _raw_options(element: Element) -> list[dict[str, Any]]:
    groups = element.get("option_groups")
    if isinstance(groups, list):
        return [option for group in groups for option in group.get("options", [])]
    options = element.get("options")
    return options if isinstance(options, list) else []
