"""How often one may call: per ten seconds, per day of the portal, and per second for searches."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from threading import Lock
from typing import Final
from zoneinfo import ZoneInfo

from stalewatch_sandbox.hubspot.errors import rate_limited

_BURST: Final = 10.0


@dataclass(slots=True)
class Allowance:
    """What a portal may do; None: as often as it likes.

    Attributes:
        burst: calls in any ten seconds, searches apart.
        searches: per second.
    """

    burst: int | None = 190
    daily: int | None = 650_000
    searches: int | None = 5


class Limits:
    """Counts calls.

    Attributes:
        violations: how many calls were refused, by policy.
    """

    def __init__(self, now: Callable[[], datetime], zone: str, ticks: Callable[[], float] = time.monotonic) -> None:
        """`ticks` are the seconds in which the short limits count; `now` and `zone` say when a day begins."""
        self.allowance = Allowance()
        self.violations: dict[str, int] = {}
        self._now, self._zone, self._ticks = now, ZoneInfo(zone), ticks
        self._calls: deque[float] = deque()
        self._searches: deque[float] = deque()
        self._day, self._today = date.min, 0
        self._lock = Lock()

    def spend_day(self) -> None:
        """Use up what is left of this day."""
        with self._lock:
            self._begin_day()
            self._today = max(self._today, self.allowance.daily or 0)

    def call(self) -> dict[str, str]:
        """Count a call that is no search; returns the headers that go with its answer.

        Raises:
            Refused: 429.
        """
        with self._lock:
            self._count_day()
            used = self._count(
                self._calls, _BURST, self.allowance.burst, "TEN_SECONDLY_ROLLING", "ten_secondly_rolling"
            )
            return self._headers(used)

    def search(self) -> None:
        """Count a search; answers to searches have no headers about it.

        Raises:
            Refused: 429.
        """
        with self._lock:
            self._count_day()
            self._count(self._searches, 1.0, self.allowance.searches, "SECONDLY", "secondly")

    def _count(self, times: deque[float], span: float, most: int | None, policy: str, limit: str) -> int:
        tick = self._ticks()
        while times and tick - times[0] >= span:
            times.popleft()
        if most is not None and len(times) >= most:
            self.violations[policy] = self.violations.get(policy, 0) + 1
            raise rate_limited(policy, limit)
        times.append(tick)
        return len(times)

    def _count_day(self) -> None:
        self._begin_day()
        if self.allowance.daily is not None and self._today >= self.allowance.daily:
            self.violations["DAILY"] = self.violations.get("DAILY", 0) + 1
            raise rate_limited("DAILY", "daily")
        self._today += 1

    def renew_day(self) -> None:
        """Give the day's calls back."""
        with self._lock:
            self._today = 0

    def _begin_day(self) -> None:
        today = self._now().astimezone(self._zone).date()
        if today != self._day:
            self._day, self._today = today, 0

    def _headers(self, used: int) -> dict[str, str]:
        headers = {}
        if self.allowance.burst is not None:
            headers["X-HubSpot-RateLimit-Max"] = str(self.allowance.burst)
            headers["X-HubSpot-RateLimit-Remaining"] = str(self.allowance.burst - used)
            headers["X-HubSpot-RateLimit-Interval-Milliseconds"] = str(int(_BURST * 1000))
        if self.allowance.daily is not None:
            headers["X-HubSpot-RateLimit-Daily"] = str(self.allowance.daily)
            headers["X-HubSpot-RateLimit-Daily-Remaining"] = str(max(0, self.allowance.daily - self._today))
        return headers
