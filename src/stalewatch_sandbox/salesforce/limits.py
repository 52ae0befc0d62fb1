"""The org's allowance of API calls in 24 hours, and the header that tells how much of it is used."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

_SPAN: Final = timedelta(hours=24)


class Form(StrEnum):
    """The shapes in which `Sforce-Limit-Info` has been seen."""

    PLAIN = "plain"
    WITH_APP = "with_app"
    APP_FIRST = "app_first"


class Limits:
    """Counts the calls of the last 24 hours.

    Attributes:
        others: calls of other integrations, which count as well.
        daily: how many there are for all.
    """

    def __init__(self, daily: int = 100_000) -> None:
        self.daily, self.others, self.form = daily, 0, Form.PLAIN
        self.app_name, self.app_daily = "stalewatch", 25_000
        self._calls: deque[tuple[datetime, int]] = deque()
        self._ours = 0

    def count(self, calls: int, at: datetime) -> None:
        """So many calls were made."""
        self._calls.append((at, calls))
        self._ours += calls

    def used(self, at: datetime) -> int:
        """Calls in the 24 hours before a moment, ours and others'."""
        while self._calls and self._calls[0][0] <= at - _SPAN:
            self._ours -= self._calls.popleft()[1]
        return self._ours + self.others

    def is_exhausted(self, at: datetime) -> bool:
        """Whether there are none left."""
        return self.used(at) >= self.daily

    def header(self, at: datetime) -> str:
        """The value of the header."""
        org = f"api-usage={self.used(at)}/{self.daily}"
        app = f"per-app-api-usage={self._ours}/{self.app_daily}(appName={self.app_name})"
        return {Form.PLAIN: org, Form.WITH_APP: f"{org}; {app}", Form.APP_FIRST: f"{app}; {org}"}[self.form]

    def document(self, at: datetime) -> dict[str, Any]:
        """What the limits resource says."""
        return {
            "DailyApiRequests": {"Max": self.daily, "Remaining": max(0, self.daily - self.used(at))},
            "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000},
            "DailyBulkApiBatches": {"Max": 15_000, "Remaining": 15_000},
        }
