"""Clocks by the throw of dice in one zone: half of them near a change of its offset, with waits of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from random import Random
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

import numpy as np

from stalewatch.domain.calendar import Calendar, Spec
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.instants import DAY, MINUTE, Instants, Mask, from_us, to_us
from stalewatch.domain.pauses import Pauses
from tests.domain.calendar_builders import MONDAY_TO_FRIDAY, pauses
from tests.domain.calendar_oracle import SlowCalendar, Wait

ZONES: Final = tuple(sorted(available_timezones()))
ODDEST: Final = ("Pacific/Apia", "Pacific/Kwajalein", "America/St_Johns", "Australia/Lord_Howe")
"""Zones that lost a date, began one twice, or move by half an hour."""
CLOCKS: Final = 25
_FIRST, _LAST = datetime(1976, 1, 1), datetime(2076, 1, 1)  # noqa: DTZ001 - of each zone in turn
_STRIDE: Final = timedelta(days=10)
_HOURS: Final = ((540, 1080), (0, 1440), (0, 1080), (1320, 1440), (90, 150))
_WEEKDAYS: Final = (MONDAY_TO_FRIDAY, frozenset(range(7)), frozenset({6, 0, 1, 2, 3}), frozenset({2}))
_CLOSURES: Final = ((), (((12, 29), (1, 3)),), (((2, 29), (2, 29)), ((8, 13), (8, 15))))


@dataclass(frozen=True)
class Clocks:
    """Clocks of one calendar with one limit.

    Attributes:
        starts: microseconds, whole minutes; of a bare date any time on it.
        waits: of each clock, in microseconds.
        bare_dates: which starts are dates without a time.
    """

    duration: Duration
    starts: tuple[int, ...]
    waits: tuple[tuple[tuple[int, int], ...], ...]
    bare_dates: tuple[bool, ...]

    @property
    def pauses(self) -> Pauses:
        return pauses(self.waits)

    @property
    def dated(self) -> Mask:
        return np.array(self.bare_dates)

    def slow_waits(self, row: int) -> list[Wait]:
        return [(from_us(start), from_us(end)) for start, end in self.waits[row]]

    def lasting(self, amount: int) -> Duration:
        """The limit with another amount."""
        return replace(self.duration, amount=amount)

    def some(self, rows: Sequence[int]) -> Clocks:
        """A selection of the clocks, in this order."""
        starts, waits, bare = (tuple(of[row] for row in rows) for of in (self.starts, self.waits, self.bare_dates))
        return Clocks(self.duration, starts, waits, bare)  # type: ignore[arg-type]


@dataclass(frozen=True)
class World:
    """A calendar in a zone, fast and slow, and dice."""

    zone: str
    seed: int

    @cached_property
    def dice(self) -> Random:
        return Random(f"{self.zone} {self.seed}")  # noqa: S311

    @cached_property
    def spec(self) -> Spec:
        dice = self.dice
        opens = dice.randrange(1380)
        odd = (opens, dice.randint(opens + 60, 1440))
        hours = dice.choice((*_HOURS, odd, odd))
        holidays = dice.choice((None, "JP", "US", "DE-BY"))
        return Spec(self.zone, self.zone, *hours, dice.choice(_WEEKDAYS), holidays, dice.choice(_CLOSURES))

    @cached_property
    def calendar(self) -> Calendar:
        return Calendar(self.spec)

    @cached_property
    def slow(self) -> SlowCalendar:
        return SlowCalendar(self.spec)

    def clocks(self, units: Sequence[Unit], most: int, longest_wait: int) -> Clocks:
        """Limits up to `most` of one of these units; waits up to `longest_wait` minutes."""
        dice, unit = self.dice, self.dice.choice(units)
        if unit is Unit.BUSINESS_HOUR:  # half a week of them: the oracle walks every minute
            most = min(most, max(1, (self.spec.closes - self.spec.opens) * len(self.spec.days) // 120))
        starts = tuple(self._start() for _ in range(CLOCKS))
        waits = tuple(
            tuple(self._wait(start, longest_wait) for _ in range(dice.choice((0, 1, 1, 2, 3)))) for start in starts
        )
        duration = Duration(dice.randint(0 if unit.counts_dates else 1, most), unit)
        return Clocks(duration, starts, waits, tuple(dice.random() < 0.5 for _ in starts))

    def anchors(self, clocks: Clocks) -> Instants:
        """The starts; of a bare date its close."""
        starts = np.array(clocks.starts)
        return np.where(clocks.dated, self.calendar.closes_at(self.calendar.local_day(starts)), starts)

    def due(self, clocks: Clocks, amount: int | None = None) -> Instants:
        """The deadlines, or those of another amount."""
        limit = clocks.duration if amount is None else clocks.lasting(amount)
        return self.calendar.add(self.anchors(clocks), limit, clocks.pauses, clocks.dated)

    def _start(self) -> int:
        if self.dice.random() < 0.5 and self._changes:
            minutes = self._night(self.dice.choice(self._changes)) + self.dice.randint(-2 * 1440, 3 * 1440)
        else:
            minutes = self.dice.randrange(*(to_us(end.replace(tzinfo=UTC)) // MINUTE for end in (_FIRST, _LAST)))
        return minutes * MINUTE

    def _wait(self, start: int, longest: int) -> tuple[int, int]:
        begins = start + self.dice.randint(-longest, 2 * longest) * MINUTE
        return begins, begins + self.dice.randint(1, longest) * MINUTE

    @cached_property
    def _changes(self) -> list[datetime]:
        """Local times after each of which, within the stride, the offset changes."""
        zone = ZoneInfo(self.zone)
        walls = [_FIRST + _STRIDE * n for n in range((_LAST - _FIRST) // _STRIDE)]
        offsets = [zone.utcoffset(wall) for wall in walls]
        return [wall for wall, here, then in zip(walls, offsets, offsets[1:], strict=False) if here != then]

    def _night(self, before: datetime) -> int:
        """The minute near which the offset changes, to a quarter of a day."""
        zone, low, high = ZoneInfo(self.zone), before, before + _STRIDE
        while high - low > timedelta(hours=6):
            middle = low + (high - low) / 2
            same = zone.utcoffset(middle) == zone.utcoffset(before)
            low, high = (middle, high) if same else (low, middle)
        return to_us(high.replace(tzinfo=UTC)) // MINUTE


A_MONTH: Final = 30 * DAY // MINUTE
TWO_DAYS: Final = 2 * DAY // MINUTE
