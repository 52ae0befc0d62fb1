"""Sums over a million records, remembered for a while: what is quick is counted anew each time.

    figures = remembered.of(("standing", visible, ...), lambda: standing(...))

What took long is kept for as many times as long, at the most a minute, and then counted again beside the request that
asks for it, which gets the figure of before. So a page never waits twice for the same sum, and a small company never
sees one that is a moment old. The key names everything that the figure depends on: also whose records it is of.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import Any, Final, TypeVar, cast

from stalewatch.sdk.errors import StalewatchError
from stalewatch.services.reporting.reports import Filters

log = logging.getLogger("stalewatch.reports")

QUICK: Final = 0.1
"""Seconds: what takes no longer is not remembered."""
TIMES: Final = 60
LONGEST: Final = 60.0
"""Seconds that a figure is kept; afterwards it is shown once more, while it is counted again."""
OLDEST: Final = 300.0
"""Seconds after which it is too old to be shown at all."""
MOST: Final = 500
"""Figures that are kept at the most, of whoever asked last."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Counted:
    """A figure, when it was counted, and for how long it is good, in seconds."""

    value: Any
    at: float
    keep: float


@dataclass(slots=True)
class _Figure:
    last: _Counted | None = None
    is_counting: bool = False
    lock: Lock = field(default_factory=Lock)


@dataclass(frozen=True)
class Remembered:
    """What was counted for the readers of one process. `clock` says seconds that only go up."""

    clock: Callable[[], float] = time.monotonic
    _kept: OrderedDict[Hashable, _Figure] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def of(self, key: Hashable, count: Callable[[], T]) -> T:
        """The figure of this name, counted now or not long ago."""
        one = self._named(key)
        last, now = one.last, self.clock()
        if last is not None and last.keep and now - last.at < OLDEST:
            if now - last.at >= last.keep:
                self._renew(one, count)
            return cast("T", last.value)
        with one.lock:  # whoever comes meanwhile waits for the same count, and not for one of their own
            last = one.last
            if last is not None and self.clock() - last.at < last.keep:
                return cast("T", last.value)
            return self._count(one, count)

    def _named(self, key: Hashable) -> _Figure:
        with self._lock:
            one = self._kept.setdefault(key, _Figure())
            self._kept.move_to_end(key)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
            return one

    def _count(self, one: _Figure, count: Callable[[], T]) -> T:
        began = self.clock()
        value = count()
        took = self.clock() - began
        one.last = _Counted(value, began + took, 0.0 if took <= QUICK else min(LONGEST, TIMES * took))
        return value

    def _renew(self, one: _Figure, count: Callable[[], T]) -> None:
        with self._lock:
            if one.is_counting:
                return
            one.is_counting = True
        Thread(target=self._beside, args=(one, count), daemon=True).start()

    def _beside(self, one: _Figure, count: Callable[[], T]) -> None:
        try:
            with one.lock:
                self._count(one, count)
        except StalewatchError as error:  # the reader has the figure of before; whoever asks next counts again
            log.warning("a figure could not be counted again: %s", error)
        finally:
            one.is_counting = False


def key_of(filters: Filters) -> Hashable:
    """What names a choice of records."""
    owners, ids = (None if some is None else frozenset(some) for some in (filters.owners, filters.ids))
    rest = (filters.obj, filters.connection, filters.team, filters.pipeline, filters.stage, filters.rule)
    return (owners, ids, *rest, filters.severity, filters.min_amount, filters.q)
