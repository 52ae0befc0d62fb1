"""What Slack keeps in mind between a request to the app and the next: events to be told again, response_urls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from stalewatch_sandbox.slack.errors import Json, Refused

AGAIN: Final = (timedelta(), timedelta(minutes=1), timedelta(minutes=5))
"""How long after an attempt that was not acknowledged the next one follows: at once, after a minute, after five."""
LIFE: Final = timedelta(minutes=30)
USES: Final = 5
_Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Untold:
    """An event that is to be told at a time; `attempt` counts those before, `reason` says how the last one failed."""

    payload: Json
    due_at: datetime
    attempt: int = 0
    reason: str = ""

    def again(self, reason: str, now: datetime) -> Untold:
        """The next attempt."""
        return Untold(self.payload, now + AGAIN[self.attempt], self.attempt + 1, reason)


class ResponseUrls:
    """The addresses that were given out: each is good for half an hour and five answers."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._given: dict[str, tuple[_Place, datetime]] = {}
        self._uses: dict[str, int] = {}

    def give(self, token: str, place: _Place) -> None:
        """Remember an address: the channel, the message (or "") and the person that it is about."""
        self._given[token] = (place, self._now() + LIFE)

    def used(self, token: str) -> _Place:
        """The place of an address, which has one use less now.

        Raises:
            Refused: used_url, expired_url.
        """
        if token not in self._given:
            raise Refused("used_url")
        place, until = self._given[token]
        self._uses[token] = self._uses.get(token, 0) + 1
        if self._now() > until:
            raise Refused("expired_url")
        if self._uses[token] > USES:
            raise Refused("used_url")
        return place
