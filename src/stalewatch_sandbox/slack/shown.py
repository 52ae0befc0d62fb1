"""Blocks as HTML."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from stalewatch_sandbox.slack.mrkdwn import plain, rendered
from stalewatch_sandbox.slack.widgets import button, chooser, menu, refilled, said, widget

Block = Mapping[str, Any]
_STYLES: Final = (("bold", "strong"), ("italic", "em"), ("strike", "s"), ("code", "code"))


@dataclass(frozen=True, slots=True)
class Shown:
    """Makes HTML of blocks.

    Attributes:
        names: ids of people and channels to what they are called.
        members: the people who can be chosen, id to name.
        errors: block_id to what is wrong there.
        filled: what was filled in already, by the block's number.
        optional: what stands beside the label of a field that may stay empty.
    """

    names: Mapping[str, str]
    members: Mapping[str, str]
    errors: Mapping[str, str]
    filled: Mapping[int, list[str]] = field(default_factory=dict)
    optional: str = "(optional)"

    def blocks(self, blocks: object) -> str:
        """All of them, in order."""
        listed = blocks if isinstance(blocks, list) else []
        return "".join(self._block(one, number) for number, one in enumerate(listed) if isinstance(one, Mapping))

    def text(self, text: object) -> str:
        """A text object."""
        if isinstance(text, Mapping) and text.get("type") == "mrkdwn":
            return rendered(said(text), self.names)
        return plain(said(text)).replace("\n", "<br>")

    def _block(self, block: Block, number: int) -> str:
        make = {
            "section": self._section, "header": self._header, "divider": self._divider, "context": self._context,
            "actions": self._actions, "input": self._input, "rich_text": self._rich_text, "markdown": self._markdown,
        }.get(str(block.get("type")), self._other)  # fmt: skip
        return make(block, number)

    def _header(self, block: Block, _: int) -> str:
        return f'<div class="heading">{self.text(block.get("text"))}</div>'

    def _divider(self, _: Block, __: int) -> str:
        return "<hr>"

    def _actions(self, block: Block, number: int) -> str:
        elements = block.get("elements", [])
        shown = "".join(self._element(one, f"{number}/{place}") for place, one in enumerate(elements))
        return f'<div class="actions">{shown}</div>'

    def _rich_text(self, block: Block, _: int) -> str:
        return f"<div>{''.join(map(self._rich, block.get('elements', [])))}</div>"

    def _markdown(self, block: Block, _: int) -> str:
        return f"<div>{plain(str(block.get('text', ''))).replace(chr(10), '<br>')}</div>"

    def _other(self, block: Block, _: int) -> str:
        return f"<em>[{html.escape(str(block.get('alt_text') or block.get('type')))}]</em>"

    def _context(self, block: Block, _: int) -> str:
        elements = block.get("elements", [])
        shown = [self._other(one, 0) if one.get("type") == "image" else self.text(one) for one in elements]
        return f'<div class="context">{"".join(f"<span>{one}</span>" for one in shown)}</div>'

    def _section(self, block: Block, number: int) -> str:
        shown = f"<div>{self.text(block['text'])}</div>" if "text" in block else ""
        if fields := block.get("fields"):
            shown += f'<div class="fields">{"".join(f"<div>{self.text(one)}</div>" for one in fields)}</div>'
        side = self._element(block["accessory"], f"{number}/accessory") if "accessory" in block else ""
        return f'<div class="section"><div>{shown}</div><div>{side}</div></div>'

    def _element(self, element: Block, place: str) -> str:
        if element.get("type") == "button":
            return button(element, place)
        if element.get("type") == "image":
            return self._other(element, 0)
        if element.get("type") == "overflow":
            return menu(element, place)
        return f"<span>{chooser(element, place, self.members)}</span>"

    def _input(self, block: Block, number: int) -> str:
        element = block.get("element", {})
        element = refilled(element, self.filled[number]) if number in self.filled else element
        wrong = self.errors.get(str(block.get("block_id")), "")
        hint = f'<span class="note">{self.text(block["hint"])}</span>' if "hint" in block else ""
        needed = not block.get("optional")
        label = self.text(block.get("label")) + ("" if needed else f'<span class="note">{self.optional}</span>')
        tag = "fieldset" if element.get("type") in ("radio_buttons", "checkboxes") else "label"
        return (
            f'<{tag} class="field"><span>{label}</span>'
            f"{widget(element, f'input:{number}', self.members, is_required=needed)}{hint}"
            f"{f'<span class=wrong>{html.escape(wrong)}</span>' if wrong else ''}</{tag}>"
        )

    def _rich(self, element: Block) -> str:
        parts = element.get("elements", [])
        inner = "".join(self._rich(one) if "elements" in one else self._piece(one) for one in parts)
        tags = {"rich_text_quote": "blockquote", "rich_text_preformatted": "pre", "rich_text_list": "ul"}
        tag = tags.get(str(element.get("type")), "div")
        return f"<{tag}>{inner}</{tag}>"

    def _piece(self, piece: Block) -> str:
        match piece.get("type"):
            case "user" | "channel":
                id_ = str(piece.get("user_id") or piece.get("channel_id"))
                return f'<span class="mention">@{html.escape(self.names.get(id_, id_))}</span>'
            case "link":
                return rendered(f"<{piece.get('url', '')}|{piece.get('text') or piece.get('url', '')}>", self.names)
            case "emoji":
                return plain(f":{piece.get('name', '')}:")
        shown = html.escape(str(piece.get("text", ""))).replace("\n", "<br>")
        for style, tag in _STYLES:
            if piece.get("style", {}).get(style):
                shown = f"<{tag}>{shown}</{tag}>"
        return shown
