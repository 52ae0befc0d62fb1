"""How far a query looks at once. One that takes too long looks half as far, and further again when it goes well.

What a stride began is read to its end before the next one begins where it ended: no row lies between two of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Final, Protocol

from stalewatch_salesforce import ids, queries

SHORTEST: Final = timedelta(minutes=1)
_FORGETS_AFTER: Final = 8
"""Strides that go well until one that was too long is tried again: servers are slow for minutes, not for ever."""


@dataclass(slots=True, kw_only=True)
class Window:
    """Rows whose stamp lies from `since` on and before `before`; None is without that bound, `cut` is a nearer end."""

    stamp: str = "SystemModstamp"
    since: datetime | None = None
    before: datetime | None = None
    cut: datetime | None = None

    def conditions(self) -> list[str]:
        """The same as SOQL."""
        until = self.cut or self.before
        found = [] if self.since is None else [f"{self.stamp} >= {queries.instant(self.since)}"]
        return found if until is None else [*found, f"{self.stamp} < {queries.instant(until)}"]


@dataclass(slots=True, kw_only=True)
class Range:
    """Rows whose id comes behind `after` and not behind `until`; "" is without that bound, `cut` is a nearer end."""

    after: str = ""
    until: str = ""
    cut: str = ""

    def conditions(self) -> list[str]:
        """The same as SOQL."""
        until = self.cut or self.until
        found = [f"Id > {queries.quote(self.after)}"] if self.after else []
        return [*found, f"Id <= {queries.quote(until)}"] if until else found


class Line(Protocol):
    """What strides go along."""

    shortest: float

    @property
    def length(self) -> float:
        """What is left of it."""

    def aim(self, width: float) -> None:
        """Let the next query end so far on; it is the last one if that is behind the end."""

    def step(self) -> bool:
        """Go where the last query ended; False if that is the end."""


@dataclass(slots=True)
class Times:
    """Along time, in seconds; a window without an end ends `now`, and its last stride has none."""

    window: Window
    now: datetime
    shortest: float = SHORTEST.total_seconds()

    @property
    def length(self) -> float:
        """What is left of it."""
        return ((self.window.before or self.now) - (self.window.since or self.now)).total_seconds()

    def aim(self, width: float) -> None:
        """Let the next query end so many seconds on; Salesforce compares whole ones."""
        goal = (self.window.since or self.now) + timedelta(seconds=round(width))
        self.window.cut = goal if goal < (self.window.before or self.now) else None

    def step(self) -> bool:
        """Go where the last query ended; False if that is the end."""
        if self.window.cut is None:
            return False
        self.window.since, self.window.cut = self.window.cut, None
        return True


@dataclass(slots=True)
class Ids:
    """Along ids, in steps from one to the next possible; `first` and `last` are those that there are."""

    range: Range
    first: str
    last: str
    shortest: float = 1.0

    @property
    def length(self) -> float:
        """What is left of it."""
        return float(ids.distance(self.range.after or self.first, self.last))

    def aim(self, width: float) -> None:
        """Let the next query end so many ids on; what is new behind the last one comes with the last stride."""
        goal = ids.ahead(self.range.after or self.first, width)
        self.range.cut = goal if goal < self.last else ""

    def step(self) -> bool:
        """Go where the last query ended; False if that is the end."""
        if not self.range.cut:
            return False
        self.range.after, self.range.cut = self.range.cut, ""
        return True


class Strides:
    """Goes along a line."""

    def __init__(self, line: Line) -> None:
        self._line, self._width = line, line.length
        self._refused, self._went = inf, 0

    def shorten(self) -> bool:
        """The present one was too long; False if it cannot be shorter."""
        if self._width < 2 * self._line.shortest:
            return False
        self._refused, self._width, self._went = self._width, self._width / 2, 0
        self._line.aim(self._width)
        return True

    def step(self) -> bool:
        """The present one went well: take the next, a longer one unless that was too long; False if it was the last."""
        if not self._line.step():
            return False
        self._went += 1
        if self._went >= _FORGETS_AFTER:
            self._refused, self._went = inf, 0
        if self._width * 2 < self._refused:
            self._width *= 2
        self._line.aim(self._width)
        return True
