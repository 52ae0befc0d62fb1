"""The search index: it learns of an edit a while after the record itself shows it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from itertools import count
from typing import Final

from stalewatch_sandbox.hubspot.records import Version

_SPARE: Final = 4
"""Old entries are thrown away when there are so many times more entries than records."""


class SearchIndex:
    """What search knows of one kind of object."""

    def __init__(self) -> None:
        self._known: dict[int, Version] = {}
        self._numbers: list[int] = []
        self._modified: list[tuple[int, int]] = []
        self._waiting: list[tuple[int, int, int, Version | None]] = []
        self._hidden: dict[int, int] = {}
        self._order = count()

    def __len__(self) -> int:
        return len(self._known)

    def learn(self, number: int, version: Version | None, visible_at: int, now: int) -> None:
        """Show a version (None: the record is gone) from a moment on."""
        if visible_at <= now and not self._waiting:
            self._show(number, version)
        else:
            heappush(self._waiting, (visible_at, next(self._order), number, version))

    def hide(self, number: int, until: int) -> None:
        """Know nothing of a record up to a moment, as happens while it is indexed anew."""
        self._hidden[number] = until

    def settle(self, now: int) -> None:
        """Show everything whose moment has come, in the order of these moments."""
        while self._waiting and self._waiting[0][0] <= now:
            _, _, number, version = heappop(self._waiting)
            self._show(number, version)
        self._hidden = {number: until for number, until in self._hidden.items() if until > now}

    def all(self) -> Iterator[Version]:
        """Every version, in the order of ids."""
        return self._shown(self._numbers)

    def numbered(self, numbers: Iterable[int]) -> Iterator[Version]:
        """Those of these ids that are known, in the order of ids."""
        return self._shown(sorted(number for number in set(numbers) if number in self._known))

    def above(self, number: int) -> Iterator[Version]:
        """Those whose id is greater, in the order of ids."""
        return self._shown(self._numbers[bisect_right(self._numbers, number) :])

    def modified_between(self, low: int, high: int) -> Iterator[Version]:
        """Those that were last modified in this span of milliseconds, both ends included, in the order of ids."""
        first, last = bisect_left(self._modified, (low, -1)), bisect_left(self._modified, (high + 1, -1))
        numbers = {number for at, number in self._modified[first:last] if self._is_current(at, number)}
        return self.numbered(numbers)

    def _shown(self, numbers: Iterable[int]) -> Iterator[Version]:
        return (self._known[number] for number in numbers if number not in self._hidden)

    def _is_current(self, at: int, number: int) -> bool:
        return number in self._known and self._known[number].modified == at

    def _show(self, number: int, version: Version | None) -> None:
        if version is None:
            if self._known.pop(number, None):
                del self._numbers[bisect_left(self._numbers, number)]
            return
        if number not in self._known:
            insort(self._numbers, number)
        self._known[number] = version
        insort(self._modified, (version.modified, number))
        if len(self._modified) > 1000 + _SPARE * len(self._known):
            self._modified = sorted((one.modified, number) for number, one in self._known.items())
