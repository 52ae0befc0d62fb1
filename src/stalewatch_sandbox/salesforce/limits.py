"""The org's daily allowance of API calls, and the header that tells how much of it is used."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any


class Form(StrEnum):
    """The shapes in which `Sforce-Limit-Info` has been seen."""

    PLAIN = "plain"
    WITH_APP = "with_app"
    APP_FIRST = "app_first"


class Limits:
    """Counts calls; other integrations may have used some, too.

    Attributes:
        used: in the last 24 hours, ours and others'.
        daily: how many there are.
    """

    def __init__(self, daily: int = 100_000) -> None:
        self.daily, self.used, self.form = daily, 0, Form.PLAIN
        self.app_name, self.app_daily, self.app_used = "stalewatch", 25_000, 0
        self._day: date | None = None

    def count(self, calls: int, at: datetime) -> None:
        """So many calls were made."""
        if self._day != at.date():
            self._day, self.used, self.app_used = at.date(), 0 if self._day else self.used, 0
        self.used += calls
        self.app_used += calls

    def header(self) -> str:
        """The value of the header."""
        org = f"api-usage={self.used}/{self.daily}"
        app = f"per-app-api-usage={self.app_used}/{self.app_daily}(appName={self.app_name})"
        return {Form.PLAIN: org, Form.WITH_APP: f"{org}; {app}", Form.APP_FIRST: f"{app}; {org}"}[self.form]

    def document(self) -> dict[str, Any]:
        """What the limits resource says."""
        left = max(0, self.daily - self.used)
        return {
            "DailyApiRequests": {"Max": self.daily, "Remaining": left},
            "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000},
            "DailyBulkApiBatches": {"Max": 15_000, "Remaining": 15_000},
        }
