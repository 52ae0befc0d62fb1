"""Slack's markup as HTML. Whatever stands in the text, nothing of it becomes a tag but what is made here."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

_CONTROL: Final = re.compile(r"<([^<>\n]*)>")
_CODE: Final = re.compile(r"```(.+?)```|`([^`\n]+)`", re.DOTALL)
_STYLES: Final = tuple(
    (re.compile(rf"(?<![\w{mark}]){mark}(?=\S)([^{mark}\n]*?[^\s{mark}]){mark}(?![\w{mark}])"), tag)
    for mark, tag in ((r"\*", "strong"), ("_", "em"), ("~", "s"))
)
_EMOJI: Final = {
    "white_check_mark": "✅", "warning": "⚠️", "red_circle": "🔴", "large_yellow_circle": "🟡", "zzz": "💤",
    "large_green_circle": "🟢", "calendar": "📅", "alarm_clock": "⏰", "bell": "🔔", "eyes": "👀", "wave": "👋",
    "rotating_light": "🚨", "tada": "🎉", "moneybag": "💰", "hourglass": "⌛", "speech_balloon": "💬",
    "chart_with_upwards_trend": "📈",
}  # fmt: skip
_SHORT: Final = re.compile(r":([a-z0-9_+-]+):")
_SAFE: Final = ("https://", "http://", "mailto:")
_DATE: Final = re.compile(r"!date\^(\d{1,15})\^([^|^]*)(?:\^[^|]*)?$")


def rendered(text: str, names: Mapping[str, str]) -> str:
    """Markup as HTML.

    Args:
        names: ids of people and channels to what they are called.
    """
    pieces: list[str] = []
    end = 0
    for found in _CODE.finditer(text):
        pieces.append(_styled(text[end : found.start()], names))
        block, inline = found.groups()
        pieces.append(f"<pre>{_plain(block.strip())}</pre>" if block is not None else f"<code>{_plain(inline)}</code>")
        end = found.end()
    pieces.append(_styled(text[end:], names))
    return "".join(pieces)


def plain(text: str) -> str:
    """A plain_text object as HTML: no markup but emoji."""
    return _emoji(html.escape(text))


def _styled(text: str, names: Mapping[str, str]) -> str:
    return "<br>".join(_line(line, names) for line in text.split("\n")) if text else ""


def _line(line: str, names: Mapping[str, str]) -> str:
    is_quote = line.startswith(("&gt;", ">"))
    body = line.removeprefix("&gt;").removeprefix(">").lstrip() if is_quote else line
    said: list[str] = []
    kept: list[str] = []
    end = 0
    for found in _CONTROL.finditer(body):
        said.append(_plain(body[end : found.start()]))
        said.append(f"\x00{len(kept)}\x00")  # styles reach over a mention, but never into one
        kept.append(_control(found.group(1), names))
        end = found.end()
    said.append(_plain(body[end:]))
    shown = _emoji("".join(said))
    for pattern, tag in _STYLES:
        shown = pattern.sub(rf"<{tag}>\1</{tag}>", shown)
    shown = re.sub(r"\x00(\d+)\x00", lambda found: kept[int(found.group(1))], shown)
    return f"<blockquote>{shown}</blockquote>" if is_quote else shown


def _plain(text: str) -> str:
    """What Slack asks to be escaped (& < >) is escaped once, whoever did it; NUL is ours."""
    raw = (
        text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
        .replace("\x00", "\N{REPLACEMENT CHARACTER}")
    )
    return html.escape(raw)


def _emoji(shown: str) -> str:
    return _SHORT.sub(lambda found: _EMOJI.get(found.group(1), found.group(0)), shown)


def _control(inside: str, names: Mapping[str, str]) -> str:
    target, _, label = inside.partition("|")
    if target.startswith(("@", "#")):
        called = label or names.get(target[1:], target[1:])
        return f'<span class="mention">{target[0]}{_plain(called)}</span>'
    if date := _DATE.match(target):
        moment = datetime.fromtimestamp(min(int(date.group(1)), 253_402_300_799), UTC)
        return f"<time>{_plain(label or moment.isoformat())}</time>"
    if target.startswith("!"):
        return f'<span class="mention loud">@{_plain(label or target[1:])}</span>'
    if target.lower().startswith(_SAFE):
        return f'<a href="{_plain(target)}" rel="noopener noreferrer" target="_blank">{_plain(label or target)}</a>'
    return _plain(f"<{inside}>")
