"""The one place that asks the machine what time it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Final, Protocol

GOOD_FOR: Final = 5.0
"""Seconds for which what somebody else's clock said is gone on with."""


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


class BorrowedClock:
    """Somebody else's clock, the database's: asked every few seconds, and gone on with by a watch that nobody sets.

    So the machine's own clock may be wrong or jump: nothing is due earlier or later for it.
    """

    def __init__(self, ask: Callable[[], datetime | None], watch: Callable[[], float] = monotonic) -> None:
        """Ask for the first time.

        Args:
            ask: the other clock; None where it cannot be asked now: what it said last is gone on with.
            watch: seconds from any beginning, ever growing.
        """
        self._ask, self._watch = ask, watch
        self._last = (SystemClock().now(), float("-inf"), watch())
        self.now()

    def now(self) -> datetime:
        said, asked, heard = self._last
        moment = self._watch()
        if moment - asked >= GOOD_FOR:
            told = self._ask()
            said = said + timedelta(seconds=moment - heard) if told is None else told.astimezone(UTC)
            asked = heard = moment
            self._last = (said, asked, heard)
        return said + timedelta(seconds=moment - heard)
