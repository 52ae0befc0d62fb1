"""The one place that asks the machine what time it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time; everything that needs it is handed one."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until somebody moves it: `--now`, tests and simulations."""

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        return self._at

    def move_to(self, at: datetime) -> None:
        """Set the clock; it may go backwards, as real ones do."""
        self._at = at.astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self._at += by


class ShiftedClock:
    """A running clock that began at another moment: `serve --now 2026-04-01T09:00:00Z`."""

    def __init__(self, start: datetime, real: Clock | None = None) -> None:
        self._real = real or SystemClock()
        self._offset = start.astimezone(UTC) - self._real.now()

    def now(self) -> datetime:
        return self._real.now() + self._offset
