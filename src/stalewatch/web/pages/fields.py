"""What a form of ours consists of, for a page: the same fields, words and limits that Slack shows.

Forms say what they are made of once, in Slack's blocks (services/answering/*_form.py); here they become fields of HTML,
and what a browser sends becomes what a form reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any, Final

from stalewatch.delivery.slack.fields import View
from stalewatch.delivery.slack.interactions import Given

_LINK: Final = re.compile(r"<(mailto:[^|>\s]+)\|([^<>]*)>")
_KINDS: Final = {
    "radio_buttons": "radios", "static_select": "list", "datepicker": "date", "timepicker": "time",
    "plain_text_input": "text",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to fill in.

    Attributes:
        kind: "radios", "list", "date", "time", "text" or "lines".
        options: (value, words, chosen) of the first two.
        value: what stands in it. most: characters that it takes, 0 for no limit of ours.
        wrong: why it cannot be taken as it is; "" if nobody said so.
    """

    name: str
    label: str
    kind: str
    needed: bool
    options: tuple[tuple[str, str, bool], ...] = ()
    value: str = ""
    example: str = ""
    hint: str = ""
    most: int = 0
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence to read; with `href` it is a link, with `frame` a text to copy, with `aside` it is said quietly."""

    text: str
    href: str = ""
    frame: bool = False
    aside: bool = False


def pieces(
    views: Sequence[View], given: Mapping[str, Given] | None = None, wrong: tuple[str, str] = ("", "")
) -> list[Field | Line]:  # fmt: skip
    """The fields and lines of a form.

    Args:
        given: what was filled in before. wrong: the field that cannot be taken, and why.
    """
    return [piece for view in views for piece in _pieces(view, given or {}, wrong)]


def given(fields: Iterable[Field | Line], sent: Mapping[str, str]) -> dict[str, Given]:
    """What a browser sent of these fields, as forms read it."""
    shown = (one for one in fields if isinstance(one, Field) and one.name in sent)
    return {one.name: _given(one.kind, sent[one.name]) for one in shown}


def _given(kind: str, value: str) -> Given:
    match kind:
        case "radios" | "list":
            return Given(choice=value)
        case "date":
            return Given(date=value)
        case "time":
            return Given(time=value)
        case _:
            return Given(text=value)


def _pieces(view: View, filled: Mapping[str, Given], wrong: tuple[str, str]) -> list[Field | Line]:
    match view["type"]:
        case "input":
            return [_field(view, filled.get(view["block_id"]), wrong)]
        case "context":
            texts = "\n".join(one["text"] for one in view["elements"]).split("\n")
            return [Line(unescape(text), aside=True) for text in texts]
        case "rich_text":
            parts = (part for frame in view["elements"] for part in frame["elements"])
            return [Line(part["text"], frame=True) for part in parts]
        case _:
            return [_said(view["text"]["text"])]


def _said(markup: str) -> Line:
    link = _LINK.fullmatch(markup)
    return Line(unescape(markup)) if link is None else Line(unescape(link[2]), href=unescape(link[1]))


def _field(view: View, filled: Given | None, wrong: tuple[str, str]) -> Field:
    inner: Mapping[str, Any] = view["element"]
    kind = "lines" if inner.get("multiline") else _KINDS[inner["type"]]
    first = inner.get("initial_option", {}).get("value", "")
    chosen = filled.choice if filled else first
    field, why = wrong
    return Field(
        name=view["block_id"], label=view["label"]["text"], kind=kind, needed=not view.get("optional", False),
        options=tuple((one["value"], one["text"]["text"], one["value"] == chosen) for one in inner.get("options", ())),
        value=(filled.date or filled.time or filled.text) if filled else inner.get("initial_time", ""),
        example=inner.get("placeholder", {}).get("text", "") if kind in ("text", "lines") else "",
        hint=view.get("hint", {}).get("text", ""), most=inner.get("max_length", 0),
        wrong=why if field == view["block_id"] else "",
    )  # fmt: skip
