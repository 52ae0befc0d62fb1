"""Instants as numbers: microseconds since 1970-01-01 UTC in int64, and days since 1970-01-01.

Everything the domain computes with is one of the two, so that a batch is an array; datetimes live at the edges.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Instants = NDArray[np.int64]
Mask = NDArray[np.bool_]

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

NEVER: Final = int(np.iinfo(np.int64).min)
"""No instant: a clock that does not run, a deadline that does not exist."""
OUTSIDE: Final = int(np.iinfo(np.int64).max)
"""Beyond the calendar's tables (a close date in the year 9999): nothing can be judged by it."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST: Final = -62_135_510_400_000_000
_LAST: Final = 253_402_214_400_000_000
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()


def to_us(at: datetime) -> int:
    """Microseconds since the epoch of an aware datetime.

    Raises:
        ValueError: if `at` has no time zone.
    """
    if at.tzinfo is None:
        raise ValueError(f"a time without a zone: {at.isoformat()}")
    since = at - _EPOCH
    return since.days * DAY + since.seconds * SECOND + since.microseconds


def from_us(us: int) -> datetime:
    """The aware UTC datetime of an instant that is neither NEVER nor OUTSIDE."""
    return _EPOCH + timedelta(microseconds=us)


def shown(us: int, zone: str) -> str:
    """An instant as RFC 3339 with the zone's offset; one beyond the years that dates have shows the last of them."""
    return from_us(max(_FIRST, min(_LAST, us))).astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")


def to_day(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - _EPOCH_DAY


def from_day(number: int) -> date:
    """The date of a day number."""
    return date.fromordinal(number + _EPOCH_DAY)
