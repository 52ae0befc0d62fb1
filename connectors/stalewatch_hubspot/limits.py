"""How often one may call: shared by all threads that call one portal."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Final

_MARGIN: Final = 0.02
"""Seconds by which a window is held longer than it is: calls are closer together when they arrive."""


class Window:
    """At most so many calls in any span of so many seconds."""

    def __init__(self, most: int, span: float) -> None:
        self._most, self._span = most, span + _MARGIN
        self._times: deque[float] = deque(maxlen=most)

    def wait(self, now: float) -> float:
        """Seconds until one more call is allowed."""
        if len(self._times) < self._most:
            return 0.0
        return max(0.0, self._times[0] + self._span - now)

    def take(self, now: float) -> None:
        """Count a call."""
        self._times.append(now)


class Limiter:
    """The limits of one portal: searches per second, calls per ten seconds, and a rest that it asked for."""

    def __init__(self, monotonic: Callable[[], float], *, searches: float = 5, burst: float = 100) -> None:
        self._monotonic = monotonic
        self._searches, self._calls = Window(int(searches), 1.0), Window(int(burst), 10.0)
        self._rest_until = 0.0
        self._lock = Lock()

    def claim(self, *, is_search: bool) -> float:
        """Seconds to wait before asking again; 0 means that the call is counted and may go out now."""
        window = self._searches if is_search else self._calls
        with self._lock:
            now = self._monotonic()
            wait = max(self._rest_until - now, window.wait(now))
            if wait > 0:
                return wait
            window.take(now)
            return 0.0

    def rest(self, seconds: float) -> None:
        """Nobody calls this portal for so long."""
        with self._lock:
            self._rest_until = max(self._rest_until, self._monotonic() + seconds)
