"""The deals of a frame at the end of a day: which of them there were, which were open, and how the others had ended."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.calendars import Chosen
from stalewatch.domain.compiled import Program
from stalewatch.domain.conditions import Scope
from stalewatch.domain.frame import Column, Frame
from stalewatch.domain.instants import NEVER, Instants, Mask
from stalewatch.domain.kpi.past import as_of
from stalewatch.domain.kpi.visits import Ending

OPEN, WON, LOST = range(3)
OUTCOMES: Final = ("open", "won", "lost")


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the project's own zone: its number, its end (the midnight after it), and where windows begin."""

    number: int
    end: int
    starts: dict[int, int] = field(default_factory=dict)

    def holds(self, at: Instants, days: int) -> Mask:
        """Which instants lie in the window of so many days that ends with the day."""
        found: Mask = (at > self.starts[days]) & (at <= self.end)
        return found


@dataclass(frozen=True)
class Moment:
    """A frame of records as they stood at the end of a day.

    Attributes:
        whole: the records with all that is known of their past and future.
        watched_from: since when the records are watched.
        untold: fields whose past was not kept then.
    """

    whole: Frame
    day: Day
    program: Program
    calendars: Chosen
    watched_from: int
    untold: Collection[str] = ()

    @cached_property
    def frame(self) -> Frame:
        """The records then."""
        return as_of(self.whole, self.day.end, self.untold)

    @cached_property
    def scope(self) -> Scope:
        """What conditions see of them."""
        return Scope(self.frame, self.program.rules, self.calendars, self.program)

    def column(self, name: str) -> Column:
        """A field, band or score; empty wherever it is not known."""
        return self.scope.column(name)

    def fed(self, name: str) -> Mask:
        """Where the field is told at all, whatever is known of its past."""
        if name not in self.whole.columns:
            return np.zeros(self.whole.size, np.bool_)
        hidden = self.whole.unavailable.get(name)
        return np.ones(self.whole.size, np.bool_) if hidden is None else ~hidden

    def known(self, *names: str) -> Mask:
        """Where all of these fields can be told."""
        hidden = self.scope.hidden(names)
        found: Mask = np.ones(self.frame.size, np.bool_) if hidden is None else ~hidden
        return found

    @cached_property
    def there(self) -> Mask:
        """The records that there were: made by then, and not yet gone from the CRM.

        Since we watch, one that was entered later, with an earlier date, counts from when it was seen.
        """
        created, seen, gone = (self.frame.columns[name] for name in ("created_at", "first_seen_at", "gone_at"))
        made = np.where(created.present, created.values, seen.values) <= self.day.end
        made = made & ((seen.values <= self.day.end) | (self.day.end < self.watched_from))
        there: Mask = made & ~(gone.present & (gone.values <= self.day.end))
        return there

    @cached_property
    def is_open(self) -> Mask:
        """The deals that were open."""
        found: Mask = self.there & (self._outcome == OPEN)
        return found

    @cached_property
    def ending(self) -> Ending:
        """When and how the others had ended; those of which nobody knows when are neither open nor ended."""
        closed = self.frame.columns["closed_at"]
        is_over = self.there & np.isin(self._outcome, (WON, LOST)) & closed.present & (closed.values <= self.day.end)
        return Ending(np.where(is_over, closed.values, NEVER), is_over & (self._outcome == WON))

    @cached_property
    def is_lost(self) -> Mask:
        """The deals that had been lost."""
        found: Mask = (self.ending.at != NEVER) & ~self.ending.is_won
        return found

    def ended(self, days: int) -> Mask:
        """The deals that ended in the window of so many days."""
        found: Mask = (self.ending.at != NEVER) & self.day.holds(self.ending.at, days)
        return found

    @cached_property
    def _outcome(self) -> NDArray[np.int32]:
        """A deal that ended before we saw it change was open until the day on which its CRM says that it ended."""
        outcome, closed = self.frame.columns["outcome"], self.frame.columns["closed_at"]
        seen = np.zeros(self.frame.size, np.bool_)
        history = self.whole.history.get("outcome")
        if history is not None:
            seen[history.row] = True
        later = closed.present & (closed.values > self.day.end) & ~seen
        plain = np.where(outcome.present, outcome.values, np.where(self.frame.columns["is_open"].values, OPEN, -1))
        found: NDArray[np.int32] = np.where(later, OPEN, plain).astype(np.int32)
        return found


def whole_cents(amount: Column) -> NDArray[np.int64]:
    """Amounts in hundredths, as they are stored."""
    found: NDArray[np.int64] = np.rint(np.where(amount.present, amount.values, 0) * 100).astype(np.int64)
    return found
