"""Calendars and times as the stories about them write them: wall times of the calendar's zone, one row a story."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from stalewatch.domain.calendar import Calendar, Spec
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.instants import NEVER, OUTSIDE, Instants, from_us, to_day, to_us
from stalewatch.domain.pauses import Pauses

MONDAY_TO_FRIDAY = frozenset(range(5))
TOKYO = Spec(
    name="tokyo",
    zone="Asia/Tokyo",
    opens=9 * 60,
    closes=18 * 60,
    days=MONDAY_TO_FRIDAY,
    holidays="JP",
    closed=(((12, 29), (1, 3)),),
)
ROUND_THE_CLOCK = replace(
    TOKYO, name="always", opens=0, closes=24 * 60, days=frozenset(range(7)), holidays=None, closed=()
)


def limit(text: str) -> Duration:
    """`10bd`"""
    amount = text.rstrip("mhdwb")
    return Duration(int(amount), Unit(text[len(amount) :]))


def pauses(rows: Sequence[Iterable[tuple[int, int]]]) -> Pauses:
    """Waits per row, in microseconds, in any order; those that overlap or touch become one."""
    merged = [_merged(row) for row in rows]
    flat = [wait for row in merged for wait in row]
    first = np.cumsum([0, *(len(row) for row in merged)], dtype=np.int64)
    start, end = (np.array([wait[side] for wait in flat], dtype=np.int64) for side in (0, 1))
    return Pauses(first, start, end)


def _merged(waits: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(waits):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


@dataclass(frozen=True)
class Told:
    """A calendar asked in wall times: `told.add("2026-03-02 10:00", "14d")` is "2026-03-16 18:00"."""

    calendar: Calendar

    @classmethod
    def of(cls, spec: Spec) -> Told:
        return cls(calendar(spec))

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.calendar.spec.zone)

    def us(self, wall: str, fold: int = 0) -> int:
        return to_us(datetime.fromisoformat(wall).replace(tzinfo=self.zone, fold=fold))

    def instants(self, *walls: str) -> Instants:
        return np.array([self.us(wall) for wall in walls], dtype=np.int64)

    def wall(self, us: int) -> str:
        if us in (NEVER, OUTSIDE):
            return "never" if us == NEVER else "outside"
        return from_us(us).astimezone(self.zone).strftime("%Y-%m-%d %H:%M")

    def add(self, anchor: str | int, text: str, *waits: tuple[str, str], dated: bool = False) -> str:
        start = anchor if isinstance(anchor, int) else self.us(anchor)
        due = self.calendar.add(np.array([start]), limit(text), self._waits(waits), dated)
        return self.wall(int(due[0]))

    def sub(self, breach: str | int, text: str, *waits: tuple[str, str]) -> str:
        end = breach if isinstance(breach, int) else self.us(breach)
        return self.wall(int(self.calendar.sub(np.array([end]), limit(text), self._waits(waits))[0]))

    def close_of(self, day: str) -> int:
        return int(self.calendar.closes_at(days(day))[0])

    def _waits(self, waits: Sequence[tuple[str, str]]) -> Pauses | None:
        return pauses([[(self.us(start), self.us(end)) for start, end in waits]]) if waits else None


@lru_cache(maxsize=32)
def calendar(spec: Spec) -> Calendar:
    return Calendar(spec)


def days(*dates: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Day numbers of ISO dates."""
    return np.array([to_day(date.fromisoformat(text)) for text in dates], dtype=np.int64)


def utc(text: str) -> int:
    """Microseconds of a time in UTC."""
    return to_us(datetime.fromisoformat(text).replace(tzinfo=UTC))
