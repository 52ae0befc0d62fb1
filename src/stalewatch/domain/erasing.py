"""Somebody who is to be forgotten: where a text speaks of them, and how they are known again without being named.

A needle stands alone: `sato@acme.example` is not found in `x.sato@acme.example`, nor `sf:12` in `sf:123`. A name of one
word is only that name in the spelling it has; in columns that machines read it has to be the whole value, or somebody
called Won would end every deal. Japanese writes without spaces, so a name in it ends where it ends.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import Any, Final

_CJK: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f々"
_ASIAN: Final = re.compile(f"[{_CJK}]")
_ESCAPE: Final = r"(?<=\\[nrtbf])"
"""In JSON a needle may stand behind an escaped line break, whose last letter is none of its word."""


class Kind(StrEnum):
    """What a needle is: an address, a name of several words (or a Japanese one), a name of one word, an id."""

    ADDRESS = "address"
    NAME = "name"
    WORD = "word"
    ID = "id"


_BEFORE: Final = {Kind.ADDRESS: r"(?<![\w.+%-])", Kind.ID: r"(?<![\w-])"}
_AFTER: Final = {Kind.ADDRESS: r"(?![\w-]|\.\w)", Kind.ID: r"(?![\w-])"}
_SPELLED: Final = (Kind.ADDRESS, Kind.NAME)
"""What is the same in capital letters and small ones."""


@dataclass(frozen=True, slots=True)
class Needle:
    """What is looked for, and what is put in its place; no pseudonym is a part of another one."""

    kind: Kind
    text: str
    pseudonym: str

    @property
    def pattern(self) -> re.Pattern[str]:
        """Finds it where it stands alone."""
        before, after = _edges(self.kind, self.text)
        flags = re.IGNORECASE if self.kind in _SPELLED else 0
        return re.compile(f"(?:{_ESCAPE}|{before}){re.escape(self.text)}{after}", flags)

    def is_whole(self, text: str) -> bool:
        """Whether a text is this and nothing else."""
        return normal(self.kind, text) == normal(self.kind, self.text)


def kind_of(name: str) -> Kind:
    """Which kind of needle a name is."""
    return Kind.NAME if _ASIAN.search(name) or len(name.split()) > 1 else Kind.WORD


def is_long_enough(name: str) -> bool:
    """Whether a name can be looked for: a letter or two would be found everywhere."""
    return len(name) >= (2 if _ASIAN.search(name) else 3)


def put(needles: Collection[Needle], text: str, *, for_machines: bool = False) -> str:
    """The text with every needle's pseudonym in its place, the longest needle first.

    Args:
        for_machines: the text is one of machines: a name has to be all of it.
    """
    for needle in sorted(needles, key=lambda one: (-len(one.text), one.text)):
        if for_machines and needle.kind in (Kind.NAME, Kind.WORD):
            text = needle.pseudonym if needle.is_whole(text) else text
        else:
            text = needle.pattern.sub(needle.pseudonym, text)
    return text


def normal(kind: Kind, text: str) -> str:
    """The spelling under which a needle is known again; it is as long as the text."""
    small = text.lower()
    return small if kind in _SPELLED and len(small) == len(text) else text


def digest(salt: bytes, kind: Kind, text: str) -> str:
    """What is kept of somebody who was erased. Who knows the salt can check a guess, and read nothing."""
    return blake2b(f"{kind}:{normal(kind, text)}".encode(), key=salt, digest_size=16).hexdigest()


@dataclass(frozen=True)
class Stricken:
    """Strikes those who were erased from what is told anew, by their digests alone.

    Attributes:
        stones: digest -> pseudonym.
        shapes: (kind, length) of what they stand for, the longest first.
    """

    salt: bytes = field(default=b"", repr=False)
    stones: Mapping[str, str] = field(default_factory=dict)
    shapes: tuple[tuple[Kind, int], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.stones)

    def row(self, row: Mapping[str, Any], for_machines: Callable[[str], bool]) -> dict[str, Any]:
        """A row with pseudonyms in the place of those who were erased.

        Args:
            for_machines: whether the column of this name holds texts of machines.
        """
        return {name: self.value(value, for_machines=for_machines(name)) for name, value in row.items()}

    def value(self, value: Any, *, for_machines: bool = False) -> Any:
        """Any JSON value with pseudonyms in the place of those who were erased."""
        if isinstance(value, str):
            return self.text(value, for_machines=for_machines)
        if isinstance(value, Mapping):
            return {key: self.value(one, for_machines=for_machines) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(one, for_machines=for_machines) for one in value]
        return value

    def text(self, text: str, *, for_machines: bool = False) -> str:
        """A text with pseudonyms in the place of those who were erased."""
        for kind, length in self.shapes:
            if length > len(text) or (kind is Kind.ADDRESS and "@" not in text and "%40" not in text):
                continue
            if for_machines and kind in (Kind.NAME, Kind.WORD):
                text = self.stones.get(digest(self.salt, kind, text), text) if length == len(text) else text
            else:
                text = self._put(kind, length, text)
        return text

    def _put(self, kind: Kind, length: int, text: str) -> str:
        place = 0
        while place + length <= len(text):
            window = text[place : place + length]
            pseudonym = self._known(kind, window, text, place)
            if pseudonym is not None:
                text = text[:place] + pseudonym + text[place + length :]
                place += len(pseudonym)
            else:
                place += 1
        return text

    def _known(self, kind: Kind, window: str, text: str, place: int) -> str | None:
        before, after = (re.compile(edge) for edge in _edges(kind, window))
        if before.match(text, place) and after.match(text, place + len(window)):
            return self.stones.get(digest(self.salt, kind, window))
        return None


def _edges(kind: Kind, text: str) -> tuple[str, str]:
    """What must not stand before and behind it."""
    if kind in _BEFORE:
        return _BEFORE[kind], _AFTER[kind]
    before = "" if _ASIAN.match(text) else rf"(?<![^\W{_CJK}])"
    after = "" if _ASIAN.match(text[-1:]) else rf"(?![^\W{_CJK}])"
    return before, after
