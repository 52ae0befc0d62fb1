"""Deadlines: adding business days, time zone and holidays included, against numpy's and a loop over days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import numpy as np

from bench.measuring import report, side_by_side
from stalewatch.domain.calendar import Calendar, Spec
from stalewatch.domain.durations import Duration, Unit

ROWS = 1_000_000
LOOPED = 2_000
TOKYO = Spec(
    name="tokyo", zone="Asia/Tokyo", opens=540, closes=1080, days=frozenset(range(5)), holidays="JP",
    closed=(((12, 29), (1, 3)),),
)  # fmt: skip


def main() -> None:
    """Ten business days from a million instants."""
    calendar = Calendar(TOKYO)
    limit = Duration(10, Unit.BUSINESS_DAY)
    start = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1e6)
    anchors = np.random.default_rng(1).integers(start, start + 365 * 86_400_000_000, ROWS)
    days = (anchors // 86_400_000_000).astype("datetime64[D]")
    off = np.array(list(holidays.country_holidays("JP", years=(2026, 2027))), dtype="datetime64[D]")
    ours, numpys = side_by_side(
        lambda: calendar.add(anchors, limit), lambda: np.busday_offset(days, 10, roll="backward", holidays=off)
    )
    report("10 business days", ours, numpys, "numpy.busday_offset, which knows no hours and no zone", ROWS)
    few = anchors[:LOOPED]
    ours, loop = side_by_side(lambda: calendar.add(few, limit), lambda: [_loop(int(one), off) for one in few], turns=3)
    report("the same, 2,000 at a time", ours, loop, "a loop over days", LOOPED)


def _loop(anchor: int, off: np.ndarray) -> datetime:
    """What most trackers do: step day by day until enough workdays have passed."""
    closed = {day.item() for day in off}
    local = datetime.fromtimestamp(anchor / 1e6, UTC).astimezone(ZoneInfo("Asia/Tokyo"))
    left = 10
    while left:
        local += timedelta(days=1)
        left -= local.weekday() < 5 and local.date() not in closed
    return local.replace(hour=18, minute=0)
