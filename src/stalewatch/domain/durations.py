"""Durations as rules write them: `14d`, `10bd`, `24h`, `4bh`, `30m`, `2w`, also `10営業日`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """What is counted. Days and weeks are whole local dates; hours and minutes elapse exactly."""

    MINUTE = "m"
    HOUR = "h"
    DAY = "d"
    WEEK = "w"
    BUSINESS_DAY = "bd"
    BUSINESS_HOUR = "bh"

    @property
    def counts_dates(self) -> bool:
        """True for d, w and bd, which land at the calendar's close or open."""
        return self in (Unit.DAY, Unit.WEEK, Unit.BUSINESS_DAY)


@dataclass(frozen=True, slots=True)
class Duration:
    """An amount of one unit; never negative."""

    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        if self.amount < 0:
            raise ValueError("a duration is never negative")

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"
