"""How fast one caller may ask: each token, each person, has so many requests a minute (security, S34).

Whoever was quiet may ask a minute's worth at once; what was used comes back evenly. It is counted in this process
alone, in one number for each caller, and costs about a microsecond; so a caller who asks too much is turned away before
anything is read for them, and nobody else waits.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from stalewatch.domain.instants import MINUTE, SECOND

KNOWN: Final = 10_000
"""Callers that are remembered; the one that asked longest ago is forgotten first, and begins anew."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left to a caller.

    Attributes:
        left: requests that may follow at once; below 0: this one may not.
        wait: whole seconds until one more is allowed, 0 if one is; reset: until all of them are.
    """

    most: int
    left: int
    wait: int
    reset: int

    @property
    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers has them; `Retry-After` only for whoever has to wait."""
        told = {
            "RateLimit-Policy": f'"caller";q={self.most};w=60',
            "RateLimit": f'"caller";r={max(0, self.left)};t={self.reset}',
        }
        return told | {"Retry-After": str(self.wait)} if self.wait else told


@dataclass(slots=True)
class Rates:
    """Counts the requests of each caller: the moment at which all of what they used has come back."""

    most: int
    _full_at: OrderedDict[str, int] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def take(self, caller: str, now: int) -> Allowance | None:
        """Count a request; None: nobody counts.

        Args:
            now: in microseconds.
        """
        if not self.most:
            return None
        each = MINUTE // self.most
        with self._lock:
            full = max(self._full_at.get(caller, 0), now) + each
            may = full - now <= MINUTE
            self._full_at[caller] = full if may else full - each
            self._full_at.move_to_end(caller)
            if len(self._full_at) > KNOWN:
                self._full_at.popitem(last=False)
        used = full - now
        left = (MINUTE - used) // each if may else -1
        return Allowance(self.most, left, 0 if may else _seconds(used - MINUTE), _seconds(min(used, MINUTE)))


def _seconds(span: int) -> int:
    return max(1, -(-span // SECOND))
