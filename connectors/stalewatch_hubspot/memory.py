"""What was read lately, and what open deals are associated with: small marks that travel with the cursor."""

from __future__ import annotations

import binascii
import zlib
from array import array
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Final, NamedTuple

import msgspec

from stalewatch.sdk.records import Activity, MeetingState
from stalewatch_hubspot.place import HOUR, MINUTE, Place

_UNKNOWN: Final = 2**64 - 1
_PIECE: Final = 10 * MINUTE
_KEPT: Final = 2 * HOUR + 3 * _PIECE
_MOST_SEEN: Final = 40_000
_MOST_BONDS: Final = 20_000
"""Open deals up to which their marks are stored; above, a new process knows them after its first pass."""


def _mark(*parts: str) -> int:
    return int.from_bytes(blake2b("\0".join(parts).encode(), digest_size=8).digest(), "big")


class Meeting(NamedTuple):
    """When a planned meeting begins, and the deals that it belongs to."""

    at: datetime
    deals: tuple[str, ...]


class Seen:
    """Which versions of which records were read in the last two hours; what is seen again is not told again."""

    def __init__(self, stored: str = "") -> None:
        self._pieces: dict[int, set[int]] = {}
        for piece in filter(None, stored.split(";")):
            at, _, marks = piece.partition(":")
            self._pieces[int(at)] = set(_unpacked(marks))

    def is_new(self, kind: str, id_: str, modified: str) -> bool:
        """Whether this version was not read yet."""
        return not self._has(_mark(kind, id_, modified))

    def is_stranger(self, kind: str, id_: str) -> bool:
        """Whether no version of it was read lately."""
        return not self._has(_mark(kind, id_))

    def note(self, kind: str, id_: str, modified: str, now: int) -> None:
        """It was read."""
        self._pieces.setdefault(now // _PIECE, set()).update((_mark(kind, id_, modified), _mark(kind, id_)))

    def stored(self, now: int) -> str:
        """As text, without what is old and, if there is too much, without the oldest."""
        fresh = sorted((at for at in self._pieces if at >= (now - _KEPT) // _PIECE), reverse=True)
        kept, count = [], 0
        for at in fresh:
            count += len(self._pieces[at])
            if count <= _MOST_SEEN:
                kept.append(f"{at}:{_packed(self._pieces[at])}")
        return ";".join(kept)

    def _has(self, mark: int) -> bool:
        return any(mark in piece for piece in self._pieces.values())


class Bonds:
    """Per open deal one mark of all its activities and one of its contacts; None: not known.

    A late association moves no date in HubSpot. That a deal's mark differs from what its associations give is how
    it is noticed.

    Attributes:
        is_partial: some open deals are not among them.
    """

    def __init__(self, stored: str = "") -> None:
        self.deals: dict[str, list[int | None]] = {}
        self.is_partial = False
        numbers = _unpacked(stored)
        for at in range(0, len(numbers) - 2, 3):
            marks = (numbers[at + 1], numbers[at + 2])
            self.deals[str(numbers[at])] = [None if mark == _UNKNOWN else mark for mark in marks]

    def open(self, deal: str) -> None:
        """A deal is open; nothing is known of its associations if it is new here."""
        self.deals.setdefault(deal, [0, None])

    def close(self, deal: str) -> None:
        """A deal is not open any more."""
        self.deals.pop(deal, None)

    def add(self, deal: str, kind: str, activity: str) -> None:
        """A deal has one more activity."""
        marks = self.deals.get(deal)
        if marks is not None and marks[0] is not None:
            marks[0] ^= _mark(kind, activity) >> 1

    def differs(self, deal: str, activities: Iterable[tuple[str, str]], contacts: Iterable[str] | None) -> bool:
        """Take in what a deal is associated with now; True if that is not what was known."""
        marks = self.deals.setdefault(deal, [None, None])
        now = [_sum(activities), None if contacts is None else _sum(("contacts", one) for one in contacts)]
        differing = any(a is not None and b is not None and a != b for a, b in zip(marks, now, strict=True))
        self.deals[deal] = [b if b is not None else a for a, b in zip(marks, now, strict=True)]
        return differing

    def stored(self) -> str:
        """As text; empty if there are too many."""
        if len(self.deals) > _MOST_BONDS:
            return ""
        numbers: list[int] = []
        for deal, marks in self.deals.items():
            if deal.isdigit() and int(deal) < _UNKNOWN:
                numbers += [int(deal), *(_UNKNOWN if mark is None else mark for mark in marks)]
        return _packed(numbers)


class Planned:
    """Meetings that are ahead. One that was deleted is told by nobody: it has to be missed."""

    def __init__(self, stored: str = "") -> None:
        told = zlib.decompress(b64decode(stored)) if stored else b"{}"
        self._meetings: dict[str, Meeting] = msgspec.json.decode(told, type=dict[str, Meeting])

    def note(self, activities: Iterable[Activity]) -> None:
        """Take in what was read of meetings."""
        for one in activities:
            if one.meeting is MeetingState.UNLOGGED:
                self._meetings[one.id] = Meeting(one.at, one.records)
            elif one.meeting is not None:
                self._meetings.pop(one.id, None)

    def missing(self, linked: Collection[str], deals: Collection[str], now: datetime) -> dict[str, Meeting]:
        """Those ahead that open deals had, and that are associated with none of them any more."""
        self._meetings = {id_: one for id_, one in self._meetings.items() if one.at >= now}
        return {
            id_: one
            for id_, one in self._meetings.items()
            if id_ not in linked and any(deal in deals for deal in one.deals)
        }

    def forget(self, id_: str) -> None:
        """It is not planned any more."""
        self._meetings.pop(id_, None)

    def stored(self) -> str:
        """As text."""
        return b64encode(zlib.compress(msgspec.json.encode(self._meetings), 1)).decode() if self._meetings else ""


def _sum(pairs: Iterable[tuple[str, str]]) -> int:
    total = 0
    for pair in pairs:
        total ^= _mark(*pair) >> 1
    return total


def _packed(numbers: Iterable[int]) -> str:
    return b64encode(zlib.compress(array("Q", numbers).tobytes(), 1)).decode()


def _unpacked(text: str) -> list[int]:
    """The numbers; none if the text is damaged, which costs some calls and nothing else."""
    try:
        return list(array("Q", zlib.decompress(b64decode(text)))) if text else []
    except (zlib.error, binascii.Error, ValueError):
        return []


@dataclass(slots=True)
class Notebook:
    """All of it."""

    seen: Seen = field(default_factory=Seen)
    bonds: Bonds = field(default_factory=Bonds)
    planned: Planned = field(default_factory=Planned)

    def stored(self, now: int) -> dict[str, str]:
        """As the members of a place."""
        return {"seen": self.seen.stored(now), "bonds": self.bonds.stored(), "planned": self.planned.stored()}


def notebook(place: Place | None, known: Bonds | None = None) -> Notebook:
    """What a place has kept. `known` are the marks of this process, for where they were too many to be stored."""
    if place is None:
        return Notebook()
    bonds = known if known is not None and not place.bonds else Bonds(place.bonds)
    return Notebook(Seen(place.seen), bonds, Planned(place.planned))
