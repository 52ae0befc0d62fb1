"""How often one account of a CRM may be called: shared by everybody who calls it, threads, processes and hosts alike.

    searches = Limit("search", 5, 1.0)
    while (wait := pacer.claim("mycrm:4711", searches)) is not None:
        sleep(wait.seconds)
    ...                                                  # the call is counted, and may go out

A pacer speaks in seconds from now and never in moments, so whose clock it counts by is its own affair: stalewatch's
counts by the database's, which all its workers have in common, and `MemoryPacer` by the clock that it is given. Give it
the one by which you wait. `ConnectionSettings.pacer` is None where nobody shares: then make a `MemoryPacer` yourself.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, Protocol

MARGIN: Final = 0.02
"""Seconds by which a span is held longer than it is: calls can be closer together when they arrive."""
LONGEST: Final = 86_400.0 + 3_600.0
"""Seconds of the longest rest: until midnight, on the longest day of a year."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` calls in any span of so many `seconds`; `name` tells it from the account's other limits."""

    name: str
    most: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet: ask again in so many `seconds`. `why` is what whoever asked for a rest said, "" if a limit is full."""

    seconds: float
    why: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Calls used and allowed, as the CRM told them."""

    used: int
    allowed: int

    @property
    def share(self) -> float:
        """The used part, from 0 to 1 and above; 1 if nothing is allowed."""
        return self.used / self.allowed if self.allowed else 1.0


@dataclass(frozen=True, slots=True)
class Quota:
    """What was last heard of an account's quotas, by their names; `age` is how many seconds ago that was."""

    usages: Mapping[str, Usage]
    age: float


class Pacer(Protocol):
    """Counts the calls to accounts; an account is a text that all its connections agree on, such as `hubspot:4711`."""

    def claim(self, account: str, limit: Limit) -> Wait | None:
        """Count one call and return None: it may go out now. Else nothing is counted, and it tells how long to wait.

        Raises:
            TryLater: nobody can count at the moment.
        """

    def resting(self, account: str) -> Wait | None:
        """The rest that an account has left; None if it may be called. Raises as `claim`."""

    def rest(self, account: str, seconds: float, why: str = "") -> None:
        """Nobody calls this account for so long; a longer rest stays. Raises as `claim`."""

    def hear(self, account: str, usages: Mapping[str, Usage]) -> None:
        """Remember what the CRM told of the quotas of an account. Raises as `claim`."""

    def quota(self, account: str) -> Quota | None:
        """What was heard last, from whomever; None if nothing ever was. Raises as `claim`."""


@dataclass(slots=True)
class _Account:
    calls: dict[str, deque[float]] = field(default_factory=dict)
    rests_until: float = float("-inf")
    why: str = ""
    usages: Mapping[str, Usage] | None = None
    heard: float = 0.0


class MemoryPacer:
    """Counts for the threads of this process.

    Args:
        seconds: the clock by which they wait.
    """

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._lock = seconds, Lock()
        self._accounts: dict[str, _Account] = {}

    def claim(self, account: str, limit: Limit) -> Wait | None:
        """Count one call, or tell how long to wait."""
        with self._lock:
            one, now = self._of(account), self._seconds()
            times = one.calls.setdefault(limit.name, deque())
            while times and times[0] + limit.seconds + MARGIN <= now:
                times.popleft()
            rest = _left(one, now)
            if rest is None and len(times) < limit.most:
                times.append(now)
                return None
            free = times[len(times) - limit.most] + limit.seconds + MARGIN - now if len(times) >= limit.most else 0.0
            return rest if rest is not None and rest.seconds >= free else Wait(free)

    def resting(self, account: str) -> Wait | None:
        """The rest that an account has left."""
        with self._lock:
            return _left(self._of(account), self._seconds())

    def rest(self, account: str, seconds: float, why: str = "") -> None:
        """Nobody calls this account for so long; a longer rest stays."""
        with self._lock:
            one, until = self._of(account), self._seconds() + min(seconds, LONGEST)
            if until > one.rests_until:
                one.rests_until, one.why = until, why

    def hear(self, account: str, usages: Mapping[str, Usage]) -> None:
        """Remember what the CRM told of the quotas of an account."""
        with self._lock:
            one = self._of(account)
            one.usages, one.heard = dict(usages), self._seconds()

    def quota(self, account: str) -> Quota | None:
        """What was heard last."""
        with self._lock:
            one = self._of(account)
            return None if one.usages is None else Quota(one.usages, self._seconds() - one.heard)

    def _of(self, account: str) -> _Account:
        return self._accounts.setdefault(account, _Account())


def _left(one: _Account, now: float) -> Wait | None:
    return Wait(one.rests_until - now, one.why) if one.rests_until > now else None
