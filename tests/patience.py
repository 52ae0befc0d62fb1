"""How long a test waits for what must come.

A wait that ends well costs nothing however long it may last, and a shared machine may stand still for half a minute:
patience is for telling a wait without end from a long one, and for nothing else. A test that asks how quickly something
comes gives its own limit, and counts only time in which there was a processor to be had.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

PATIENCE: Final = 180.0
"""Seconds: far longer than whatever comes takes on a machine that does little else than swap."""

_TICK: Final = 100.0
"""Parts of a second that `/proc/stat` counts in (proc(5), USER_HZ)."""

_MOST: Final = 4.0
"""So many times a limit may be exceeded, wherever the time has gone."""

_T = TypeVar("_T")


def soon(true: Callable[[], _T], within: float = PATIENCE) -> _T:
    """Wait until something is so.

    Args:
        true: asked every 10 ms; an error of its ends the wait.
        within: seconds in which the machine was ours, by `Stopwatch`.

    Returns:
        What it gave at last: something true, or what it gave when time was up.
    """
    watch = Stopwatch()
    while not (found := true()) and watch.seconds < within and watch.whole < _MOST * within:
        time.sleep(0.01)
    return found


class Stopwatch:
    """Time since it was made: `whole`, and `seconds` without what the machine's owner gave to others meanwhile."""

    def __init__(self) -> None:
        self._begun, self._taken = time.monotonic(), taken()

    @property
    def whole(self) -> float:
        """Seconds on the clock."""
        return time.monotonic() - self._begun

    @property
    def seconds(self) -> float:
        """Seconds less the longest that any one processor was taken away."""
        lost = (now - before for now, before in zip(taken(), self._taken, strict=False))
        return self.whole - max(lost, default=0.0)


def taken() -> list[float]:
    """Per processor, seconds in which it was given to others ("steal", proc(5)); nothing where Linux does not tell."""
    with suppress(OSError, ValueError, IndexError):
        lines = [line.split() for line in Path("/proc/stat").read_text().splitlines()]
        return [int(words[8]) / _TICK for words in lines if words and words[0][:3] == "cpu" and words[0] != "cpu"]
    return []
