"""The time of a simulated server: an instant that a test sets, or a clock that runs from there."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from threading import Lock


class Clock:
    """Stands still until it is moved; `run` lets it go on by itself.

    Attributes:
        skew: added to the `Date` header alone: a server whose rows and whose header disagree.
    """

    def __init__(self, start: datetime) -> None:
        """Stand at `start`.

        Raises:
            ValueError: if it has no time zone.
        """
        self.skew = timedelta()
        self._lock = Lock()
        self._speed = 0.0
        self._since = time.monotonic()
        self._set(start)

    def now(self) -> datetime:
        """The present, in UTC."""
        with self._lock:
            return self._read()

    def set(self, instant: datetime) -> None:
        """Jump to an instant, forwards or back.

        Raises:
            ValueError: if it has no time zone.
        """
        with self._lock:
            self._set(instant)

    def advance(self, by: timedelta) -> datetime:
        """Move on by a span and return the new present."""
        with self._lock:
            self._set(self._read() + by)
            return self._instant

    def run(self, speed: float = 1.0) -> None:
        """Go on by itself, so many times as fast as real time; 0 stands still."""
        with self._lock:
            self._set(self._read())
            self._speed = speed

    def _set(self, instant: datetime) -> None:
        if instant.tzinfo is None:
            raise ValueError(f"a clock needs an instant with a time zone: {instant.isoformat()}")
        self._instant, self._since = instant.astimezone(UTC), time.monotonic()

    def _read(self) -> datetime:
        if not self._speed:
            return self._instant
        return self._instant + timedelta(seconds=(time.monotonic() - self._since) * self._speed)
