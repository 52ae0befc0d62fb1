"""Slack's markup: what we say is bold, struck or a link; what others wrote is letters and nothing else.

Slack has no way to quote its own marks, so text that is not ours gets look-alikes of them; `& < >` are escaped as
Slack asks. A text is cut by what Slack counts: UTF-16 units, after escaping.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Final

from stalewatch.delivery.wording.emphasis import bold_parts
from stalewatch.delivery.wording.untrusted import printable, safe_url

LONGEST: Final = 3_000
"""Characters in one text of a block."""
LONGEST_URL: Final = 3_000
_ESCAPES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MARKS: Final = str.maketrans({"*": "\u2217", "~": "\u223c", "`": "'"})
_ANGLES: Final = str.maketrans({"<": "\u2039", ">": "\u203a"})
_UNDERSCORE: Final = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_EMOJI: Final = re.compile(r":(?=[A-Za-z0-9_+'-]{1,100}:)")
_LOW_LINE, _RATIO, _QUOTE = "\uff3f", "\u2236", "\uff1e"
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"
_ISOLATES: Final = str.maketrans("", "", _ISOLATE + _END_ISOLATE)
_NOTHING: Final = "\u200b"
"""A space of no width: Slack sees the end of bold only beside something that is no letter."""
_SEES: Final = frozenset(" \n.,:;!?()[]'\"-/")


def size(text: str) -> int:
    """Its length as Slack counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def escaped(text: str, most: int = LONGEST) -> str:
    """Text of others on one line of at most `most` units; nothing in it is a mark, a mention, a link or an emoji."""
    return "".join(map(_escape, cut(_inert(_visible(text, most)), most, lambda each: size(_escape(each)))))


def unmarked(text: str, most: int) -> str:
    """Text of others for a place that knows no markup (a title, a button)."""
    return cut(_flat(_visible(text, most)).translate(_ANGLES), most)


def bold(text: str, most: int = LONGEST) -> str:
    """Text of others, all of it bold."""
    return _within("*", text, most)


def struck(text: str, most: int = LONGEST) -> str:
    """Text of others, struck through; its own emphasis is gone."""
    return _within("~", "".join(part for part, _ in bold_parts(_visible(text, most))), most)


def code(text: str, most: int = LONGEST) -> str:
    """Text of others in a frame of its own, as a chip."""
    return _within("`", text, most)


def emphasized(text: str, most: int = LONGEST) -> str:
    """A sentence in which `*bold*` marks what is bold."""
    said, pieces = "", bold_parts(_visible(text, most))
    for place, (part, is_bold) in enumerate(pieces):
        room = most - size(said) - 2
        if not is_bold:
            said += _as_inner(part, room, at_start=place == 0)
            continue
        before = _NOTHING if said and said[-1] not in _SEES else ""
        following = pieces[place + 1][0][:1] if place + 1 < len(pieces) else " "
        shown = bold(part, room)
        said += f"{before}{shown}{'' if following in _SEES else _NOTHING}" if shown else ""
    return said


def link(url: str | None, label: str, most: int = 75) -> str:
    """A link with our words on it; nothing if the address is no plain http(s) one."""
    target, words = linkable(url), escaped(label, most)
    return f"<{target.replace('&', '&amp;')}|{words}>" if target and words else ""


def linkable(url: str | None) -> str | None:
    """The address if a link may lead there."""
    target = safe_url(url)
    return target if target and len(target) <= LONGEST_URL else None


def joined(parts: Iterable[str], between: str) -> str:
    """Those of the parts that say anything."""
    return between.join(part for part in parts if part)


def cut(text: str, most: int, cost: Callable[[str], int] = size) -> str:
    """The beginning that fits, "…" and the end of an isolate included; never between a letter and its accent."""
    if sum(map(cost, text)) <= most:
        return text
    room, end = most - 2, 0
    for each in text:
        room -= cost(each)
        if room < 0:
            break
        end += 1
    while end > 0 and unicodedata.category(text[end]).startswith("M"):
        end -= 1
    kept = text[:end].rstrip()
    open_ones = _END_ISOLATE if kept.count(_ISOLATE) > kept.count(_END_ISOLATE) else ""
    return f"{kept}…{open_ones}" if kept else ""


def _visible(text: str, most: int) -> str:
    """What can be seen of a text on one line; of a novel only as much as may ever be shown is looked at."""
    return printable(text[: 4 * max(0, most) + 4])


def _within(mark: str, text: str, most: int) -> str:
    inside = escaped(text, most - 2).strip()
    return f"{mark}{inside}{mark}" if inside else ""


def _as_inner(part: str, most: int, *, at_start: bool) -> str:
    """A piece between bold ones keeps the spaces at its ends."""
    shown = escaped(part, most)
    if not shown:
        return " " if part.isspace() and not at_start and most > 0 else ""
    return f"{' ' if part[0] == ' ' and not at_start else ''}{shown}{' ' if part[-1] == ' ' else ''}"


def _inert(text: str) -> str:
    """The same to the eye, without a mark: emphasis, quotes, emoji by name."""
    flat = _EMOJI.sub(_RATIO, _UNDERSCORE.sub(_LOW_LINE, _flat(text).translate(_MARKS)))
    return f"{_QUOTE}{flat[1:]}" if flat.startswith(">") else flat


def _flat(text: str) -> str:
    """Isolates of writing from right to left, unless they are not closed one by one."""
    depths, depth = set(), 0
    for each in text:
        depth += (each == _ISOLATE) - (each == _END_ISOLATE)
        depths.add(depth)
    return text if depth == 0 and depths <= {0, 1} else text.translate(_ISOLATES)


def _escape(each: str) -> str:
    return _ESCAPES.get(each, each)
