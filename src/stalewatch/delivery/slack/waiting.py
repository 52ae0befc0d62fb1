"""`Retry-After`, in every form in which it comes: seconds, a fraction, a date, nonsense, nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

SHORTEST, LONGEST = timedelta(seconds=1), timedelta(hours=1)
"""A wait of nothing would be a storm of requests; one of days, a mistake that silences us."""
_DIGITS: Final = 12


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """How long to wait, between one second and an hour; None if the headers do not say.

    A date is taken relative to the answer's own `Date`, so nobody's clock is compared with another one.
    """
    found = {name.lower(): value.strip() for name, value in headers.items()}
    said = found.get("retry-after", "")
    wait = _seconds(said) or _until(said, found.get("date", ""))
    return None if wait is None else min(max(wait, SHORTEST), LONGEST)


def _seconds(said: str) -> timedelta | None:
    try:
        seconds = float(said)
    except ValueError:
        return None
    return timedelta(seconds=min(max(seconds, 0.001), 10.0**_DIGITS)) if math.isfinite(seconds) else None


def _until(said: str, now: str) -> timedelta | None:
    then, began = _moment(said), _moment(now)
    return then - began if then and began else None


def _moment(said: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(said)
    except (ValueError, TypeError, IndexError, OverflowError):  # what the parser raises for nonsense
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)  # "-0000" is UTC that names no zone
