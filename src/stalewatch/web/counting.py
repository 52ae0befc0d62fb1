"""Figures over a million records: what is quick is counted for each visit, what is dear is kept and counted beside it.

    counting.of(("forecast", visible), count, patience=0.2).value

What took long is good for as many times as long, at the most a minute. Whoever asks later gets it once more, with its
age, while it is counted anew in a thread beside: nobody waits twice for the same sum, and nobody counts what somebody
else is counting. The key names everything that a figure depends on, also whose records it is of.
"""

from __future__ import annotations

import logging
import os
import sys
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock, get_native_id
from time import monotonic
from typing import Any, Final, Generic, TypeVar, cast

from stalewatch.sdk.errors import StalewatchError

log = logging.getLogger("stalewatch.reports")

T = TypeVar("T")
CHEAP: Final = 0.1
"""Seconds; what costs less is not kept."""
TIMES: Final = 60.0
"""What was counted is good for so many times as long as it took, but for no more than `LONGEST` seconds."""
LONGEST: Final = 60.0
OLDEST: Final = 600.0
"""Seconds after which what was counted is not shown any more, also not while it is counted anew."""
MOST: Final = 500
"""Figures that are kept; the one that nobody asked for the longest goes first."""
_AT_ONCE: Final = 1
"""Figures that are counted beside their readers at the same time: more would keep each other, and readers, waiting."""


def _gives_way() -> None:
    """Where threads have a priority of their own, whoever counts beside readers stands behind them."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, get_native_id(), 10)


class StillCounting(Exception):
    """The figures are being counted. Ask again in a moment."""


@dataclass(frozen=True, slots=True)
class Figure(Generic[T]):
    """What was counted, so many seconds ago; `renews`: it is being counted anew."""

    value: T
    age: float = 0.0
    renews: bool = False


@dataclass(frozen=True, slots=True)
class _Made:
    value: Any
    at: float
    cost: float

    def is_young(self, now: float, lasts: float | None, cheap: float) -> bool:
        good = min(LONGEST, TIMES * self.cost) if lasts is None else lasts
        return self.cost >= cheap and now - self.at < good


@dataclass(frozen=True)
class Counting:
    """What was counted for the readers of one process. `clock` says seconds that only go up."""

    clock: Callable[[], float] = monotonic
    _made: OrderedDict[Hashable, _Made] = field(default_factory=OrderedDict)
    _under_way: dict[Hashable, Future[_Made]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _beside: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_AT_ONCE, "counting", _gives_way))
    _awaited: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(8, "counting-now"))

    def of(
        self, key: Hashable, count: Callable[[], T], *, patience: Callable[[], float | None] = lambda: None,
        oldest: float = OLDEST, lasts: float | None = None, cheap: float | None = None,
    ) -> Figure[T]:  # fmt: skip
        """The figure of this name, counted now or not long ago.

        Args:
            patience: seconds to wait where nothing is known yet, None: as long as it takes; asked only then.
            oldest: seconds after which what is known is not shown.
            lasts: seconds for which it is good, of what no hour changes much; None: by what it cost.
            cheap: seconds; what cost less is not kept. None: `CHEAP`.

        Raises:
            StillCounting: it takes longer than that; the count goes on.
            Exception: whatever `count` raises.
        """
        cheap = CHEAP if cheap is None else cheap
        known = self._known(key, count, oldest, lasts, cheap)
        if known is not None:
            return known
        wait = patience()
        with self._lock:
            made = self._made.get(key)
            if made is not None and made.is_young(self.clock(), lasts, cheap):  # somebody counted it meanwhile
                return Figure(cast("T", made.value))
            future = self._going(key, count, self._awaited if wait is None else self._beside)
        try:
            return Figure(cast("T", future.result(wait).value))
        except TimeoutError:
            if future.done():  # what was counted timed out, not we
                raise
            raise StillCounting from None

    def _known(
        self, key: Hashable, count: Callable[[], T], oldest: float, lasts: float | None, cheap: float
    ) -> Figure[T] | None:
        """What was counted before and may be shown; what is no longer young is counted anew beside."""
        now = self.clock()
        with self._lock:
            made = self._made.get(key)
            if made is None or made.cost < cheap or now - made.at >= oldest:
                return None
            self._made.move_to_end(key)
            renews = not made.is_young(now, lasts, cheap)
            if renews:
                self._going(key, count, self._beside)
            return Figure(cast("T", made.value), now - made.at, renews)

    def _going(self, key: Hashable, count: Callable[[], Any], workers: ThreadPoolExecutor) -> Future[_Made]:
        """The count of this name that is under way, begun now if there is none. Called under the lock."""
        future = self._under_way.get(key)
        if future is None:
            future = self._under_way[key] = workers.submit(self._count, key, count)
            future.add_done_callback(_say_if_it_failed)
        return future

    def _count(self, key: Hashable, count: Callable[[], Any]) -> _Made:
        began = self.clock()
        made = None
        try:
            value = count()
            ended = self.clock()
            made = _Made(value, ended, ended - began)
            return made
        finally:
            with self._lock:
                self._under_way.pop(key, None)
                if made is not None:
                    self._made[key] = made
                    self._made.move_to_end(key)
                    while len(self._made) > MOST:
                        self._made.popitem(last=False)


def _say_if_it_failed(future: Future[_Made]) -> None:
    """Readers who are shown the figure of before wait for nothing, and would not hear of it; the next counts again."""
    error = future.exception()
    if isinstance(error, StalewatchError):
        log.warning("a figure could not be counted: %s", error)
    elif error is not None:
        log.error("a figure could not be counted", exc_info=error)
