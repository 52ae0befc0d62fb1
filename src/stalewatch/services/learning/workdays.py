"""Days on which somebody works, between instants."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.calendar import Calendar
from stalewatch.domain.instants import Instants
from stalewatch.domain.learning.scoring import Workdays


def weekdays(begun: Instants, ended: Instants) -> NDArray[np.int64]:
    """Mondays to Fridays after the first day, up to the second: where a history counts in days and nobody says more."""
    first, last = (at.astype("datetime64[us]").astype("datetime64[D]") + 1 for at in (begun, ended))
    return np.busday_count(first, last).astype(np.int64)


def workdays_of(calendar: Calendar) -> Workdays:
    """Counts the days of a calendar on which somebody works: those after the first instant's, up to the second's."""

    def between(begun: Instants, ended: Instants) -> NDArray[np.int64]:
        first, last = calendar.local_day(begun), calendar.local_day(ended)
        if not len(first):
            return np.zeros(0, np.int64)
        low = int(min(first.min(), last.min()))
        days = np.arange(low, int(max(first.max(), last.max())) + 1)
        counted = np.cumsum(calendar.is_business_day(days)).astype(np.int64)
        return counted[last - low] - counted[first - low]

    return between
