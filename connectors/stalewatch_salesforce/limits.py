"""How much of the daily quota is used, as Salesforce tells with every answer, and how many calls may run at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Condition, Lock
from typing import Final

from stalewatch.sdk.pacing import Usage

CEILING: Final = 0.8
"""Share of a quota above which work that can wait is left alone, so that other integrations live."""
_NEAR: Final = 0.75
"""Share of the ceiling from which such work becomes rarer."""
_PART: Final = re.compile(r"(?<![\w-])(per-app-)?api-usage=(\d+)/(\d+)")


def parse(header: str) -> dict[str, Usage]:
    """The parts of a `Sforce-Limit-Info` header by "org" and "app", in whatever order they come."""
    return {"app" if app else "org": Usage(int(used), int(allowed)) for app, used, allowed in _PART.findall(header)}


class Quota:
    """What the newest answer said of the quota."""

    def __init__(self, ceiling: float = CEILING) -> None:
        self.ceiling = ceiling
        self._lock = Lock()
        self._usages: dict[str, Usage] = {}

    def hear(self, header: str | None) -> Mapping[str, Usage]:
        """Take in the header of an answer, and return what it says; one that says nothing leaves what is known."""
        told = parse(header or "")
        self.take(told)
        return told

    def take(self, usages: Mapping[str, Usage]) -> None:
        """What somebody else has heard."""
        if usages:
            with self._lock:
                self._usages = dict(usages)

    @property
    def usages(self) -> dict[str, Usage]:
        """By "org" and "app"; empty while nothing is known."""
        with self._lock:
            return dict(self._usages)

    @property
    def is_near(self) -> bool:
        """Whether work that can wait is to be done less often."""
        return self._reaches(_NEAR * self.ceiling)

    @property
    def is_tight(self) -> bool:
        """Whether work that can wait has to."""
        return self._reaches(self.ceiling)

    def _reaches(self, share: float) -> bool:
        return any(usage.share >= share for usage in self.usages.values())


class Slots:
    """How many calls may be on their way at once; it shrinks when Salesforce says that they were too many."""

    def __init__(self, most: int) -> None:
        self._most, self._taken = most, 0
        self._free = Condition()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Wait for a slot and keep it."""
        with self._free:
            self._free.wait_for(lambda: self._taken < self._most)
            self._taken += 1
        try:
            yield
        finally:
            with self._free:
                self._taken -= 1
                self._free.notify()

    def shrink(self) -> None:
        """One less, but never none."""
        with self._free:
            self._most = max(1, self._most - 1)
