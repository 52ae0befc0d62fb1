"""How often one link may be asked for, and how often somebody may ask for links that are none (security, S34).

It is counted in this process alone and forgotten with it: it keeps a page from being overrun, and guessing is hopeless
without it.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from stalewatch.domain.instants import MINUTE

MOST: Final = 60
"""Requests a minute."""
_KNOWN: Final = 10_000
"""Names that are remembered; the one that was asked for longest ago is forgotten first."""


@dataclass(slots=True)
class Pace:
    """Counts requests by name, a minute at a time."""

    most: int = MOST
    _counts: OrderedDict[str, tuple[int, int]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def wait(self, name: str, now: int) -> int:
        """Count a request; answers with the whole seconds to wait, 0 if it may go on.

        Args:
            now: in microseconds.
        """
        minute = now // MINUTE
        with self._lock:
            began, many = self._counts.pop(name, (minute, 0))
            many = many + 1 if began == minute else 1
            self._counts[name] = (minute, many)
            if len(self._counts) > _KNOWN:
                self._counts.popitem(last=False)
        return 0 if many <= self.most else 60 - now % MINUTE // 1_000_000
