"""A message as Slack's blocks: its title, a section and buttons per deal, and quiet lines below.

All of it stays below the limits of Slack, whatever the data says: 50 blocks, 3,000 characters in a text, 13,000 in
a message. Each entry has its share of the room, and within it the sentence yields to headline and reasons.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from stalewatch.delivery.catalogues import translations
from stalewatch.delivery.slack.interactions import MENU, PREFIX
from stalewatch.delivery.slack.mrkdwn import (
    bold,
    code,
    emphasized,
    escaped,
    joined,
    link,
    linkable,
    size,
    struck,
    unmarked,
)
from stalewatch.sdk.notifier import Action, Entry, Message, Style

Block = dict[str, Any]
MOST_BLOCKS, LONGEST_MESSAGE = 50, 13_000
_HEADER, _TITLE, _FOOTER, _LABEL, _CHIP = 150, 600, 1_500, 75, 75
_OUTSIDE: Final = 3
"""Blocks below the entries: how many more there are, the footer, the link."""
_RESERVED: Final = _TITLE + _FOOTER + _LABEL + 125
_MOST_BUTTONS, _BUTTON, _VALUE = 5, 40, 2_000
_MOST_OPTIONS, _OPTION = 5, 150
_SHARE: Final = 2_800


def blocks_of(message: Message, *, with_buttons: bool) -> list[Block]:
    """The blocks of a message; none if it says nothing at all.

    Args:
        with_buttons: whether anybody would hear that one was pressed.
    """
    made = [*_title(message.title)]
    groups = list(_Layout.of(message, with_buttons).groups())
    for number, group in enumerate(groups):
        if len(made) + len(group) > MOST_BLOCKS - _OUTSIDE:
            made += _more(len(groups) - number, message.language)
            break
        made += group
    return [*made, *_footer(message.footer), *_way_on(message, with_buttons)]


def entry_blocks(entry: Entry, place: int, language: str, share: int) -> list[Block]:
    """One entry with its buttons as it stands in a message, in at most `share` characters; `place` names its blocks."""
    alone = Message(
        delivery="", target="", address="", style=Style.IMMEDIATE, language=language, title="", entries=(entry,)
    )
    return list(_Layout(alone, True, share)._entry(entry, place, 0))


@dataclass(frozen=True, slots=True)
class _Layout:
    """Lays out the entries of one message, each in `share` characters."""

    message: Message
    with_buttons: bool
    share: int

    @classmethod
    def of(cls, message: Message, with_buttons: bool) -> _Layout:
        shown = min(max(1, len(message.entries)), MOST_BLOCKS - _OUTSIDE)
        return cls(message, with_buttons, min(_SHARE, (LONGEST_MESSAGE - _RESERVED) // shown))

    def groups(self) -> Iterator[list[Block]]:
        """The blocks of each entry, its section's heading first."""
        section = ""
        for place, entry in enumerate(self.message.entries, start=1):
            heading = _heading(entry.section, place, self.share // 8) if entry.section != section else []
            section = entry.section
            yield [*heading, *self._entry(entry, place, size(entry.section) if heading else 0)]

    def _entry(self, entry: Entry, place: int, taken: int) -> Iterator[Block]:
        buttons = buttons_of(entry.actions) if self.with_buttons else []
        room = self.share - min(taken, self.share // 8) - sum(map(_size, buttons))
        text = self._text(entry, place, room)
        if text:
            yield _section(text, f"entry.{place}")
        if buttons:
            yield {"type": "actions", "block_id": f"buttons.{place}", "elements": buttons}

    def _text(self, entry: Entry, place: int, room: int) -> str:
        """Headline; the sentence with its reasons; what held before and how it stands now."""
        numbered = self.message.style is Style.DIGEST and not entry.resolved
        repeats = entry.headline == self.message.title
        headline = "" if repeats else bold(f"{place}. {entry.headline}" if numbered else entry.headline, room // 4)
        was, note = struck(entry.struck, room // 8), escaped(entry.note, room // 8)
        chips = _chips(entry.chips, room * 3 // 10)
        left = room - sum(size(each) + 1 for each in (headline, was, note, chips))
        body = emphasized(entry.body, left - 1) if left > 40 else ""
        said = joined((body, chips, self._record(entry, left - size(body) - 2)), " ")
        return joined((headline, was, said, note), "\n")

    def _record(self, entry: Entry, room: int) -> str:
        """The way to the record, unless the whole message has one there."""
        words = translations(self.message.language).gettext("Open the record")
        way = link(entry.url, words) if entry.url != self.message.url else ""
        return way if size(way) <= room else ""


def _title(title: str) -> Iterator[Block]:
    short = unmarked(title, _TITLE)
    if short and size(short) <= _HEADER:
        text = {"type": "plain_text", "text": short, "emoji": False}
        yield {"type": "header", "block_id": "title", "text": text}
    elif short:
        yield _section(bold(title, _TITLE), "title")


def _heading(section: str, place: int, most: int) -> list[Block]:
    said = bold(section, most)
    if not said:
        return []
    return [{"type": "divider", "block_id": f"line.{place}"}, _section(said, f"heading.{place}")]


def buttons_of(actions: Sequence[Action]) -> list[Block]:
    """The elements of an `actions` block: a button each, and one "⋯" in the place of the first that belongs there.

    Slack takes no two buttons of a kind side by side, and shows five at most; a menu of one thing is no menu.
    """
    kinds = {action.kind: action for action in reversed(actions)}
    told = [each for each in actions if kinds.get(each.kind) is each and unmarked(each.label, _BUTTON)]
    tucked = [each for each in told if each.in_menu and len(_option_value(each)) <= _OPTION][:_MOST_OPTIONS]
    made: list[Block] = []
    for action in told:
        if action in tucked and len(tucked) > 1:
            made += [_menu(tucked)] if action is tucked[0] else []
        elif len(action.alert) <= _VALUE:
            made.append(_button(action))
    return made[:_MOST_BUTTONS]


def _button(action: Action) -> Block:
    return {
        "type": "button", "action_id": f"{PREFIX}{action.kind}", "text": _label(action), "value": action.alert,
    }  # fmt: skip


def _menu(actions: Sequence[Action]) -> Block:
    options = [{"text": _label(each), "value": _option_value(each)} for each in actions]
    return {"type": "overflow", "action_id": MENU, "options": options}


def _label(action: Action) -> Block:
    return {"type": "plain_text", "text": unmarked(action.label, _BUTTON), "emoji": False}


def _option_value(action: Action) -> str:
    return f"{action.kind}:{action.alert}"


def _size(element: Block) -> int:
    """Of all words on a button or in a menu."""
    return sum(size(each["text"]["text"]) for each in element.get("options", [element]))


def _chips(chips: Sequence[str], room: int) -> str:
    """As many chips as there is room for, in their order."""
    said = ""
    for chip in chips:
        shown = joined((said, code(chip, _CHIP)), " ")
        if size(shown) > room:
            break
        said = shown
    return said


def _more(count: int, language: str) -> list[Block]:
    said = translations(language).gettext("+{count} more").format(count=count)
    return [_context(escaped(said), "more")]


def _footer(lines: Sequence[str]) -> Iterator[Block]:
    said = ""
    for line in lines:
        room = _FOOTER - size(said) - 1
        said = joined((said, emphasized(line, room) if room > 40 else ""), "\n")
    if said:
        yield _context(said, "footer")


def _way_on(message: Message, with_buttons: bool) -> Iterator[Block]:
    """The link to the whole list. A button is answered by Slack's client with a request, so nobody may miss it."""
    url = linkable(message.url)
    words = unmarked(message.link, _LABEL) or (unmarked(url, _LABEL) if url else "")
    if url and words and with_buttons:
        text = {"type": "plain_text", "text": words, "emoji": False}
        button = {"type": "button", "action_id": f"{PREFIX}open", "text": text, "url": url}
        yield {"type": "actions", "block_id": "link", "elements": [button]}
    elif url and words:
        yield _section(link(url, words, _LABEL), "link")


def _section(text: str, block_id: str) -> Block:
    return {"type": "section", "block_id": block_id, "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def _context(text: str, block_id: str) -> Block:
    return {"type": "context", "block_id": block_id, "elements": [{"type": "mrkdwn", "text": text, "verbatim": True}]}
