"""A message as text alone: what a notification shows beside blocks, and all of it where blocks were refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from stalewatch.delivery.slack.mrkdwn import escaped, joined, linkable, size
from stalewatch.delivery.wording.emphasis import bold_parts
from stalewatch.sdk.notifier import Entry, Message, Style

NOBODY_SAID_ANYTHING: Final = "stalewatch"
"""Slack takes no message without text."""
_SHORT, _WHOLE, _LINE = 1_500, 12_000, 1_000


def summary(message: Message) -> str:
    """The title and the headlines, for a notification or a screen reader."""
    headlines = [entry.headline for entry in message.entries if entry.headline != message.title]
    return _fitting([message.title, *headlines], _SHORT)


def whole(message: Message) -> str:
    """Every word of it, a line each; what no longer holds is left out, for text alone cannot strike it."""
    return _fitting(_lines(message), _WHOLE)


def _lines(message: Message) -> Iterator[str]:
    yield message.title
    section = ""
    for place, entry in enumerate(message.entries, start=1):
        if entry.section != section:
            section = entry.section
            yield section
        yield from _entry(entry, message, place)
    yield from (_without_marks(line) for line in message.footer)
    if url := linkable(message.url):
        yield joined((message.link, url), ": ")


def _entry(entry: Entry, message: Message, place: int) -> Iterator[str]:
    numbered = message.style is Style.DIGEST and not entry.resolved
    if entry.headline != message.title:
        yield f"{place}. {entry.headline}" if numbered else entry.headline
    yield joined((_without_marks(entry.body), *(f"[{chip}]" for chip in entry.chips)), " ")
    yield entry.note


def _without_marks(text: str) -> str:
    return "".join(part for part, _ in bold_parts(text))


def _fitting(lines: list[str] | Iterator[str], most: int) -> str:
    said = ""
    for line in lines:
        shown = joined((said, escaped(line, _LINE)), "\n")
        if size(shown) > most:
            return f"{said}\n…"
        said = shown
    return said or NOBODY_SAID_ANYTHING
