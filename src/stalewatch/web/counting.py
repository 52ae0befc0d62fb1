"""Figures that take long to count: kept for a while, counted anew in the background, and never twice at once.

What costs next to nothing is counted for each visit. Else whoever asks gets what was counted last, as long as it is not
old, and a thread counts again; only the first visitor has to wait, and not for ever.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Final, Generic, TypeVar

T = TypeVar("T")
CHEAP: Final = 0.1
"""Seconds; what costs less is not kept."""
WORTH: Final = 20.0
"""What was counted counts for so many times as long as it took, but for no more than `LONGEST` seconds."""
LONGEST: Final = 60.0
OLDEST: Final = 600.0
"""Seconds after which what was counted is not shown any more, also not while it is counted anew."""
_KEPT: Final = 64
"""Results that are kept, one for each circle of people who see the same; the least wanted one goes first."""


@dataclass(frozen=True, slots=True)
class _Made(Generic[T]):
    value: T
    at: float
    cost: float

    def is_young(self, now: float) -> bool:
        return self.cost >= CHEAP and now - self.at < min(LONGEST, WORTH * self.cost)

    def may_be_shown(self, now: float) -> bool:
        return self.cost >= CHEAP and now - self.at < OLDEST


@dataclass(slots=True)
class Counting(Generic[T]):
    """Counts by key, one key at a time."""

    _made: OrderedDict[Hashable, _Made[T]] = field(default_factory=OrderedDict)
    _under_way: dict[Hashable, Future[_Made[T]]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _worker: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "counting"))

    def get(self, key: Hashable, count: Callable[[], T], patience: float) -> T | None:
        """What was counted, or None if that takes longer than `patience` seconds and nothing was counted before.

        Args:
            key: what it is of: other rules, or other records that may be seen, are another key.

        Raises:
            Exception: whatever `count` raises.
        """
        now = monotonic()
        with self._lock:
            made = self._made.get(key)
            if made is not None and made.is_young(now):
                self._made.move_to_end(key)
                return made.value
            future = self._under_way.get(key) or self._begin(key, count)
        if made is not None and made.may_be_shown(now):
            return made.value
        try:
            return future.result(patience).value
        except TimeoutError:
            return None

    def _begin(self, key: Hashable, count: Callable[[], T]) -> Future[_Made[T]]:
        future = self._worker.submit(self._count, key, count)
        self._under_way[key] = future
        future.add_done_callback(lambda _: self._end(key))
        return future

    def _count(self, key: Hashable, count: Callable[[], T]) -> _Made[T]:
        began = monotonic()
        value = count()
        made = _Made(value, monotonic(), monotonic() - began)
        with self._lock:
            self._made[key] = made
            self._made.move_to_end(key)
            while len(self._made) > _KEPT:
                self._made.popitem(last=False)
        return made

    def _end(self, key: Hashable) -> None:
        self._under_way.pop(key, None)
