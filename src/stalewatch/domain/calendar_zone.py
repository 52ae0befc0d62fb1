"""One time zone as arrays: which local date an instant has, and when a wall clock shows a given time.

Days are numbered from 1970-01-01 (0) to 2099-12-31 (DAYS - 1). A wall time that a zone skips or repeats is
resolved as PEP 495 does with fold=0: by the offset that was valid before the change.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.calendar_edges import Edges
from stalewatch.domain.calendar_spec import CalendarError
from stalewatch.domain.instants import DAY, Instants, Mask, to_day, to_us

DAYS: Final = to_day(date(2100, 1, 1))
"""Number of days in the tables."""

# No zone has ever changed its offset and changed it back within six days, so that samples three days apart see
# every change; each is then found to the second by bisection.
_STRIDE: Final = timedelta(days=3)
_SECOND: Final = timedelta(seconds=1)
_MICROSECOND: Final = timedelta(microseconds=1)
_NONE: Final = timedelta(0)
_FIRST: Final = datetime(1969, 12, 28)  # noqa: DTZ001 - wall times of the zone in question
_LAST: Final = datetime(2100, 1, 4)  # noqa: DTZ001


class Zone:
    """Local dates and wall times of one IANA zone, 1970 to 2099.

    Attributes:
        lived: per day whether the zone had that date (Apia had no 30 December 2011).
        midnights: per day, and for the day after the last, when it begins: where clocks skip 00:00, the instant
            of the skip; where they show it twice, the first.

    Raises:
        CalendarError: if there is no zone of this name.
    """

    def __init__(self, name: str) -> None:
        self._turns, self._offsets = _offset_changes(_load(name))
        changes, days = self._date_changes()
        self._changes = Edges(changes)
        # -1 before the tables and DAYS behind them: both find the sentinel at the end of a table of DAYS + 1.
        self._day_after = np.clip(np.concatenate([[-1], days]), -1, DAYS)
        self.midnights = self.instant(np.arange(DAYS + 1) * DAY)
        self.lived: Mask = np.isin(np.arange(DAYS), days)

    def instant(self, wall: NDArray[np.int64]) -> Instants:
        """Instants at which clocks show these wall times (microseconds since 1970-01-01 00:00 local)."""
        # The earlier reading ends, and the new offset begins, with the end of a gap or of a repeated hour.
        return self._by_offset_from(np.maximum(self._offsets[:-1], self._offsets[1:]), wall)

    def local_day(self, us: Instants) -> NDArray[np.int64]:
        """Number of the local date of each instant: -1 before 1970 and for NEVER, DAYS after 2099."""
        day: NDArray[np.int64] = self._day_after.take(self._changes.passed(us), mode="clip")
        return day

    def _date_changes(self) -> tuple[Instants, NDArray[np.int64]]:
        """Instants at which the local date changes, and the day that begins. A date may begin twice."""
        walls = np.arange(-1, DAYS + 2) * DAY
        first = self.instant(walls)
        again = self._by_offset_from(np.minimum(self._offsets[:-1], self._offsets[1:]), walls)
        may = np.sort(np.concatenate([first, again[again != first], self._turns]), kind="stable")
        may = may[np.diff(may, prepend=may[0] - 1) > 0]
        days = self._day_of(may)
        changed = days != self._day_of(may - 1)
        return may[changed], days[changed]

    def _by_offset_from(self, since: NDArray[np.int64], wall: NDArray[np.int64]) -> Instants:
        turns = self._turns + since
        return wall - self._offsets[np.searchsorted(turns, wall, side="right")]

    def _day_of(self, us: Instants) -> NDArray[np.int64]:
        return (us + self._offsets[np.searchsorted(self._turns, us, side="right")]) // DAY


@lru_cache(maxsize=64)
def zone_named(name: str) -> Zone:
    """The zone's tables (1.6 MB), built once for as many zones as companies have.

    Raises:
        CalendarError: if there is no zone of this name.
    """
    return Zone(name)


def _load(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    # OSError: "Asia" is a directory of the zone database; ValueError: "../Tokyo" or an empty name.
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CalendarError(f"there is no time zone called {name!r}") from error


def _offset_changes(zone: ZoneInfo) -> tuple[Instants, NDArray[np.int64]]:
    """When the offset to UTC changes, and the offsets (microseconds) before, between and after the changes."""
    walls = _samples()
    offsets = [_offset(zone, wall) for wall in walls]
    changed = [n for n in range(1, len(walls)) if offsets[n] != offsets[n - 1]]
    # On the wall the new offset begins with the end of a gap or of a repeated hour: the later reading of the turn.
    turns = [_first_with(offsets[n], zone, walls[n - 1], walls[n]) - max(offsets[n - 1], offsets[n]) for n in changed]
    held = [offsets[0], *(offsets[n] for n in changed)]
    at = [to_us(turn.replace(tzinfo=UTC)) for turn in turns]
    return np.array(at, dtype=np.int64), np.array([offset // _MICROSECOND for offset in held], dtype=np.int64)


@cache
def _samples() -> list[datetime]:
    return [_FIRST + _STRIDE * n for n in range((_LAST - _FIRST) // _STRIDE + 1)]


def _offset(zone: ZoneInfo, wall: datetime) -> timedelta:
    return zone.utcoffset(wall) or _NONE


def _first_with(offset: timedelta, zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The first second on the wall with this offset, which `high` has and `low` has not."""
    while high - low > _SECOND:
        middle = low + (high - low) // 2 // _SECOND * _SECOND
        low, high = (low, middle) if _offset(zone, middle) == offset else (middle, high)
    return high
