"""Block Kit's rules: what a message or a view may hold. Findings are sentences with the place they are about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

from stalewatch_sandbox.slack.elements import element_findings, sized, text_findings

IN_MESSAGE, IN_VIEW = 50, 100
ALL_TEXT: Final = 13_200
"""Characters in all blocks of one message."""
Findings = Iterator[str]


def block_findings(blocks: object, most: int, place: str = "/blocks") -> Findings:
    """What is wrong with a list of blocks."""
    if not isinstance(blocks, list):
        yield f"must provide an array [json-pointer:{place}]"
        return
    if len(blocks) > most:
        yield f"no more than {most} items allowed [json-pointer:{place}]"
    ids = Counter(block.get("block_id") for block in blocks if isinstance(block, dict) and block.get("block_id"))
    yield from (f"block_id {id_!r} already exists [json-pointer:{place}]" for id_, times in ids.items() if times > 1)
    for number, block in enumerate(blocks):
        yield from _block(block, f"{place}/{number}")


def view_findings(view: object) -> Findings:
    """What is wrong with a modal or a home tab."""
    if not isinstance(view, dict) or view.get("type") not in ("modal", "home"):
        yield "must be a modal or a home [json-pointer:/view/type]"
        return
    yield from block_findings(view.get("blocks"), IN_VIEW, "/view/blocks")
    yield from sized(view, "/view", private_metadata=3000, callback_id=255, external_id=255)
    if view["type"] == "home":
        return
    for name in ("title", "submit", "close"):
        if name in view or name == "title":
            yield from text_findings(view.get(name), f"/view/{name}", most=24, is_plain=True)
    blocks = view.get("blocks")
    has_input = isinstance(blocks, list) and any(isinstance(one, dict) and one.get("type") == "input" for one in blocks)
    if has_input and not view.get("submit"):
        yield "missing required field: submit, because there are inputs [json-pointer:/view]"


def length_of(blocks: object) -> int:
    """Characters of all texts in there."""
    match blocks:
        case dict():
            own = blocks.get("text")
            rest = sum(length_of(value) for name, value in blocks.items() if name != "text")
            return rest + (len(own) if isinstance(own, str) else length_of(own))
        case list():
            return sum(map(length_of, blocks))
        case _:
            return 0


def _block(block: object, place: str) -> Findings:
    if not isinstance(block, dict):
        yield f"must be an object [json-pointer:{place}]"
        return
    rule = _RULES.get(str(block.get("type")))
    if rule is None:
        yield f"unsupported type: {block.get('type')!r} [json-pointer:{place}/type]"
        return
    yield from sized(block, place, block_id=255)
    yield from rule(block, place)


def _section(block: dict[str, Any], place: str) -> Findings:
    if "text" not in block and not block.get("fields"):
        yield f"missing required field: text or fields [json-pointer:{place}]"
    if "text" in block:
        yield from text_findings(block["text"], f"{place}/text", most=3000)
    fields = block.get("fields", [])
    if not isinstance(fields, list) or len(fields) > 10:
        yield f"no more than 10 items allowed [json-pointer:{place}/fields]"
        return
    for number, one in enumerate(fields):
        yield from text_findings(one, f"{place}/fields/{number}", most=2000)
    if "accessory" in block:
        yield from element_findings(block["accessory"], f"{place}/accessory")


def _header(block: dict[str, Any], place: str) -> Findings:
    yield from text_findings(block.get("text"), f"{place}/text", most=150, is_plain=True)


def _context(block: dict[str, Any], place: str) -> Findings:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= 10:
        yield f"between 1 and 10 elements are allowed [json-pointer:{place}/elements]"
        return
    for number, one in enumerate(elements):
        if isinstance(one, dict) and one.get("type") == "image":
            yield from _image(one, f"{place}/elements/{number}")
        else:
            yield from text_findings(one, f"{place}/elements/{number}", most=3000)


def _actions(block: dict[str, Any], place: str) -> Findings:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= 25:
        yield f"between 1 and 25 elements are allowed [json-pointer:{place}/elements]"
        return
    ids = Counter(one.get("action_id") for one in elements if isinstance(one, dict) and one.get("action_id"))
    yield from (f"action_id {id_!r} already exists [json-pointer:{place}]" for id_, times in ids.items() if times > 1)
    for number, one in enumerate(elements):
        yield from element_findings(one, f"{place}/elements/{number}")


def _input(block: dict[str, Any], place: str) -> Findings:
    yield from text_findings(block.get("label"), f"{place}/label", most=2000, is_plain=True)
    yield from element_findings(block.get("element"), f"{place}/element", is_input=True)
    if "hint" in block:
        yield from text_findings(block["hint"], f"{place}/hint", most=2000, is_plain=True)


def _image(block: dict[str, Any], place: str) -> Findings:
    if not block.get("image_url") and not block.get("slack_file"):
        yield f"missing required field: image_url or slack_file [json-pointer:{place}]"
    if not isinstance(block.get("alt_text"), str):
        yield f"missing required field: alt_text [json-pointer:{place}]"
    yield from sized(block, place, image_url=3000, alt_text=2000)


def _rich_text(block: dict[str, Any], place: str) -> Findings:
    if not isinstance(block.get("elements"), list):
        yield f"missing required field: elements [json-pointer:{place}]"


def _markdown(block: dict[str, Any], place: str) -> Findings:
    if not isinstance(block.get("text"), str):
        yield f"missing required field: text [json-pointer:{place}]"
    yield from sized(block, place, text=12_000)


_RULES: Final[dict[str, Callable[[dict[str, Any], str], Findings]]] = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "input": _input,
    "image": _image,
    "rich_text": _rich_text,
    "markdown": _markdown,
    "divider": lambda _block, _place: iter(()),
}
