"""Text from a CRM made safe to stand in our sentences: it stays readable and can do nothing.

No control or invisible character, no line break, no override of the writing direction, no `*bold*`, no
`scheme://` that a client would turn into a link. Notifiers still escape for their own markup.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_GONE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_INVISIBLE: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_SPOKEN: Final = str.maketrans({"*": "\u2217"})  # an asterisk to the eye, no mark to a notifier
_SCHEME: Final = re.compile(r"([A-Za-z0-9])://")
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"
_URL: Final = re.compile(r"https?://[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]+")
_LOOKED_AT: Final = 20  # of a novel in a field only so many times what may be shown
_MOST_MARKS: Final = 3  # accents on one letter; no script needs more, and towers of them cover other lines


def clean(text: str, limit: int = 120) -> str:
    """`text` on one line of at most `limit` characters; right-to-left writing is isolated from ours."""
    seen = text[: _LOOKED_AT * limit]
    is_plain = seen.isascii() and seen.isprintable()  # most of it: nothing is hidden in it, nor written from the right
    shown = seen if is_plain else "".join(_visible(unicodedata.normalize("NFC", seen)))
    plain = _SCHEME.sub("\\1:\u2215\u2215", " ".join(shown.split()).translate(_SPOKEN))
    plain = shorten(plain, limit)
    if not is_plain and any(unicodedata.bidirectional(each) in _RIGHT_TO_LEFT for each in plain):
        return f"{_ISOLATE}{plain}{_END_ISOLATE}"
    return plain


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, "…" included; never between a letter and its accent."""
    if len(text) <= limit:
        return text
    end = limit - 1
    while end > 0 and unicodedata.category(text[end]) in ("Mn", "Me", "Mc"):
        end -= 1
    return text[:end].rstrip() + "…"


def safe_url(url: str | None) -> str | None:
    """The address if it is a plain http(s) one; anything else, a script for instance, is no link."""
    return url if url and _URL.fullmatch(url) else None


def printable(text: str) -> str:
    """One line of a composed message without anything a terminal would obey; our own isolates stay."""
    return " ".join("".join(_visible(text, kept=_ISOLATE + _END_ISOLATE)).split())


def template(text: str) -> str:
    """A rule's own sentence on one line: its `*bold*` and `{placeholders}` stay."""
    return " ".join("".join(_visible(text)).split())


def _visible(text: str, kept: str = "") -> list[str]:
    """The characters that may be shown; a control character becomes a space, a format character nothing."""
    shown: list[str] = []
    marks = 0
    for each in text:
        category = unicodedata.category(each)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if category in ("Cc", "Zl", "Zp"):
            shown.append(" ")
        elif category == "Cs":
            shown.append("\ufffd")
        elif each in kept or (category not in _GONE and each not in _INVISIBLE and marks <= _MOST_MARKS):
            shown.append(each)
    return shown
