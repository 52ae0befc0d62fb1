"""App Home and the answer to the slash command as Slack's blocks.

They stay below Slack's limits whatever the data says: 100 blocks in a view and 50 in a message, 3,000 characters in a
text, and a view so short that what Slack sends along with each press on it is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

from stalewatch.delivery.catalogues import translations
from stalewatch.delivery.screens import Part, Screen
from stalewatch.delivery.slack.blocks import Block, entry_blocks
from stalewatch.delivery.slack.events import CHOOSE
from stalewatch.delivery.slack.interactions import PREFIX
from stalewatch.delivery.slack.mrkdwn import bold, emphasized, escaped, joined, linkable, size, unmarked

HOME: Final = f"{PREFIX}home"
"""The `callback_id` of App Home."""
IN_VIEW, IN_MESSAGE = 100, 50
MOST_OPTIONS: Final = 100
_HEADER, _TITLE, _LINE, _SECTION, _LABEL = 150, 600, 300, 2_900, 75
_ENTRY_ON_HOME, _ENTRY_IN_ANSWER = 800, 900
_ANSWER: Final = 12_000
"""Characters of an answer, below the 13,000 that a message may have."""
_BELOW, _OF_A_PART = 3, 3
"""Blocks that are kept free: below all parts (footer, link), and for each part (a line, its heading, how much more)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One choice of whose deals to see: what it is called, and what comes back with it."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """Chooses whose deals App Home shows; `chosen` is the value of one of the options."""

    label: str
    options: tuple[Option, ...]
    chosen: str


def home_view(screen: Screen, switch: Switch | None = None) -> dict[str, Any]:
    """The view to be published."""
    top = [] if switch is None or len(switch.options) < 2 else [_chooser(switch)]
    room = IN_VIEW - len(top)
    return {"type": "home", "callback_id": HOME, "blocks": top + _blocks(screen, room, _ENTRY_ON_HOME, None)}


def answer(screen: Screen) -> dict[str, Any]:
    """The answer to a command, which only the person who typed it sees."""
    blocks = _blocks(screen, IN_MESSAGE, _ENTRY_IN_ANSWER, _ANSWER)
    return {
        "response_type": "ephemeral", "replace_original": False, "text": answer_text(screen), "blocks": blocks,
    }  # fmt: skip


def answer_text(screen: Screen) -> str:
    """What a screen reader reads of it, and a notification shows."""
    headlines = [entry.headline for part in screen.parts for entry in part.entries]
    return "\n".join(
        line for line in (escaped(screen.title, _TITLE), *(escaped(one, _LINE) for one in headlines)) if line
    )


def _blocks(screen: Screen, most: int, share: int, longest: int | None) -> list[Block]:
    """The screen's blocks, at most so many; what does not fit is counted where it would stand."""
    made = [*_title(screen.title), *_context("intro", screen.intro, as_section=True)]
    place = 0
    for number, part in enumerate(screen.parts):
        lines = part.lines if longest is None else _leading(part.lines, (longest - _length(made)) // 2)
        made += [*_heading(part, number), *_lines(lines, number)]
        hidden = part.more + len(part.lines) - len(lines)
        room = most - _BELOW - _OF_A_PART * (len(screen.parts) - number)
        for entry in part.entries:
            place += 1
            blocks = entry_blocks(entry, place, screen.language, share)
            if _fits(made, blocks, room, longest):
                made += blocks
            else:
                hidden += 1
        made += [_more(hidden, number, screen.language)] if hidden else []
    return [*made, *_context("footer", screen.footer), *_way_on(screen)]


def _fits(made: Sequence[Block], blocks: Sequence[Block], room: int, longest: int | None) -> bool:
    is_long = longest is not None and _length(made) + _length(blocks) > longest
    return len(made) + len(blocks) <= room and not is_long


def _chooser(switch: Switch) -> Block:
    options = [_option(one) for one in switch.options[:MOST_OPTIONS]]
    chosen = next((one for one in options if one["value"] == switch.chosen), None)
    element = {
        "type": "static_select", "action_id": CHOOSE, "placeholder": _plain(switch.label), "options": options,
        **({"initial_option": chosen} if chosen else {}),
    }  # fmt: skip
    return {"type": "actions", "block_id": "choose", "elements": [element]}


def _option(one: Option) -> Block:
    return {"text": _plain(unmarked(one.label, _LABEL) or "–"), "value": one.value}


def _title(title: str) -> Iterator[Block]:
    short = unmarked(title, _TITLE)
    if short and size(short) <= _HEADER:
        yield {"type": "header", "block_id": "title", "text": _plain(short)}
    elif short:
        yield _section(bold(title, _TITLE), "title")


def _heading(part: Part, number: int) -> list[Block]:
    if number == 0 and not part.heading:
        return []
    divider: Block = {"type": "divider", "block_id": f"line.{number}"}
    return [divider, _section(bold(part.heading, _LINE), f"heading.{number}")] if part.heading else [divider]


def _leading(lines: Sequence[str], room: int) -> Sequence[str]:
    """The first lines, as many as fit into so many characters."""
    lengths = accumulate(size(emphasized(line, _LINE)) + 1 for line in lines)
    return lines[: sum(length <= room for length in lengths)]


def _lines(lines: Sequence[str], number: int) -> Iterator[Block]:
    """The lines in as few texts as they fit into."""
    text, piece = "", 0
    for line in lines:
        shown = emphasized(line, _LINE)
        if size(text) + size(shown) + 1 > _SECTION:
            yield _section(text, f"lines.{number}.{piece}")
            text, piece = "", piece + 1
        text = joined((text, shown), "\n")
    if text:
        yield _section(text, f"lines.{number}.{piece}")


def _context(name: str, lines: Sequence[str], *, as_section: bool = False) -> Iterator[Block]:
    said = "\n".join(shown for line in lines if (shown := emphasized(line, 2 * _LINE)))
    if said and as_section:
        yield _section(said, name)
    elif said:
        yield {"type": "context", "block_id": name, "elements": [_marked(said)]}


def _more(count: int, number: int, language: str) -> Block:
    said = escaped(translations(language).gettext("+{count} more").format(count=count))
    return {"type": "context", "block_id": f"more.{number}", "elements": [_marked(said)]}


def _way_on(screen: Screen) -> Iterator[Block]:
    url, label = linkable(screen.url), unmarked(screen.link, _LABEL)
    if url and label:
        button = {"type": "button", "action_id": f"{PREFIX}open", "text": _plain(label), "url": url}
        yield {"type": "actions", "block_id": "link", "elements": [button]}


def _length(blocks: Sequence[Block]) -> int:
    return sum(size(block["text"]["text"]) if "text" in block else 200 for block in blocks)


def _section(text: str, block_id: str) -> Block:
    return {"type": "section", "block_id": block_id, "text": _marked(text)}


def _marked(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}
