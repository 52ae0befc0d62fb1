"""How often the app may call: one message a second and channel, and so many calls a minute of each method."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Final

from stalewatch_sandbox.slack.errors import TooFast

_MINUTE: Final = 60.0
_TIERS: Final = {
    "users.list": 20, "conversations.list": 20,
    "chat.update": 50, "chat.delete": 50, "conversations.open": 50, "conversations.join": 50,
    "conversations.history": 50, "conversations.replies": 50, "conversations.info": 50, "users.lookupByEmail": 50,
    "users.info": 100, "views.open": 100, "views.update": 100, "views.publish": 100, "chat.postEphemeral": 100,
    "dnd.info": 50,
}  # fmt: skip


class Limits:
    """Counts calls.

    Attributes:
        is_strict: refuse what is too fast; if not, it is only counted.
        violations: how many calls were too fast, by channel ("D…", "C…") or method.
    """

    def __init__(self, ticks: Callable[[], float] = time.monotonic) -> None:
        """`ticks` are the seconds in which the limits count; real ones unless told otherwise."""
        self.is_strict = True
        self.violations: dict[str, int] = {}
        self._ticks = ticks
        self._posted: dict[str, float] = {}
        self._called: dict[str, deque[float]] = {}
        self._lock = Lock()

    def post(self, channel: str) -> None:
        """Count a message into a channel; raises TooFast."""
        with self._lock:
            tick = self._ticks()
            wait = self._posted.get(channel, -math.inf) + 1 - tick
            if wait > 0:
                self._violated(channel, wait)
            self._posted[channel] = tick

    def call(self, method: str) -> None:
        """Count a call of a method; raises TooFast."""
        most = _TIERS.get(method)
        if most is None:
            return
        with self._lock:
            tick, times = self._ticks(), self._called.setdefault(method, deque())
            while times and tick - times[0] >= _MINUTE:
                times.popleft()
            if len(times) >= most:
                self._violated(method, times[0] + _MINUTE - tick)
            times.append(tick)

    def _violated(self, what: str, wait: float) -> None:
        self.violations[what] = self.violations.get(what, 0) + 1
        if self.is_strict:
            raise TooFast(max(1, math.ceil(wait)))
