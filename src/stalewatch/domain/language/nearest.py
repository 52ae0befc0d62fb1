"""The known name that somebody probably meant."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

_LONGEST = 64
_MOST = 500
"""Enough for any catalogue, and keeps a file with thousands of wrong names from costing minutes."""


class Near(NamedTuple):
    """The nearest known name; `only_full_width` if the written one is the same but for its characters' width."""

    name: str
    only_full_width: bool = False
    full_width: str = ""


def nearest(written: str, known: Iterable[str]) -> Near | None:
    """The known name within a few slips of the written one, the first of the closest; None if none is near."""
    if not written or len(written) > _LONGEST:
        return None
    candidates = list(islice(known, _MOST))
    narrow = narrowed(written)
    if narrow != written and narrow in candidates:
        return Near(narrow, True, next(c for c, n in zip(written, narrow, strict=False) if c != n))
    key = _key(narrow)
    allowed = min(3, len(key) // 3)
    scored = [
        (slips(key, _key(name), allowed), number, name)
        for number, name in enumerate(candidates)
        if abs(len(name) - len(key)) <= allowed
    ]
    best = min(scored, default=None)
    if best is not None and best[0] <= allowed:
        return Near(best[2])
    begun = [name for name in candidates if len(key) >= 4 and _key(name).startswith(key)]
    return Near(begun[0]) if begun else None


def narrowed(text: str) -> str:
    """The text with full-width letters, digits, signs and spaces made narrow; the rest as it is."""
    return "".join(narrow(character) for character in text)


def narrow(character: str) -> str:
    """The ASCII twin of a full-width character, or the character itself."""
    if character == "\u3000":
        return " "
    if "\uff01" <= character <= "\uff5e":
        return chr(ord(character) - 0xFEE0)
    return _QUOTES.get(character, character)


_QUOTES = {"\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'", "\u3001": ",", "\u300c": '"', "\u300d": '"'}


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold().replace("-", "_").replace(" ", "_")


def slips(left: str, right: str, limit: int) -> int:
    """Edits (insert, delete, replace, swap of neighbours) between two words; limit + 1 if there are more."""
    before: list[int] = []
    previous = list(range(len(right) + 1))
    for row, a in enumerate(left, 1):
        current = [row]
        for column, b in enumerate(right, 1):
            cost = min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (a != b))
            if row > 1 and column > 1 and a == right[column - 2] and left[row - 2] == b:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        if min(current) > limit:
            return limit + 1
        before, previous = previous, current
    return previous[-1]
