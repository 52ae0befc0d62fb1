"""Which dates are workdays: weekdays, public holidays, and the ranges a company closes each year."""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.calendar_spec import CalendarError, Spec, YearlyRange
from stalewatch.domain.calendar_zone import DAYS
from stalewatch.domain.instants import Mask, to_day

_THURSDAY = 3  # 1970-01-01


def on_weekdays(weekdays: frozenset[int]) -> Mask:
    """Per day of the tables whether its weekday is one of these, 0 = Monday."""
    return np.isin((np.arange(DAYS) + _THURSDAY) % 7, list(weekdays))


def days_off(spec: Spec) -> Mask:
    """Per day of the tables whether it is a holiday or closed, whatever its weekday.

    Raises:
        CalendarError: if the holidays of the place are not known, or a closure is not a date.
    """
    off = np.zeros(DAYS, dtype=np.bool_) if spec.holidays is None else public_holidays(spec.holidays).copy()
    for span in spec.closed:
        off |= in_yearly_range(span)
    return off


def in_yearly_range(span: YearlyRange) -> Mask:
    """Per day of the tables whether it lies in the range, both ends included.

    Raises:
        CalendarError: if an end is not a date of a leap year.
    """
    first, last = (_month_and_day(*end) for end in span)
    numbers = _months_and_days()
    after, until = numbers >= first, numbers <= last
    return after & until if first <= last else after | until


@cache
def public_holidays(place: str) -> Mask:
    """Per day of the tables whether it is a public holiday (observed ones included).

    Args:
        place: a country ("JP") or one of its subdivisions ("DE-BY"), in ISO 3166 codes.

    Raises:
        CalendarError: if the holidays of this place are not known.
    """
    import holidays  # noqa: PLC0415  # not every calendar has some, and not every command a calendar

    country, _, subdivision = place.partition("-")
    years = range(1970, 2100)
    try:
        dates = holidays.country_holidays(country, subdiv=subdivision or None, years=years)
    except NotImplementedError as error:
        raise CalendarError(f"the holidays of {place!r} are not known") from error
    numbers = np.array([to_day(day) for day in dates], dtype=np.int64)
    mask = np.zeros(DAYS, dtype=np.bool_)
    mask[numbers[(numbers >= 0) & (numbers < DAYS)]] = True
    return mask


def holiday_name(place: str, on: date, language: str) -> str:
    """What a public holiday is called there, in this language if its names are known in it, else in English or its own;
    "" if the date is none.

    Args:
        place: as `public_holidays`. language: "en" or "ja".
    """
    return _named(place, on.year, language).get(on, "")


@cache
def _named(place: str, year: int, language: str) -> dict[date, str]:
    import holidays  # noqa: PLC0415  # as above

    country, _, subdivision = place.partition("-")
    own = holidays.country_holidays(country, subdiv=subdivision or None, years=0)
    spoken = next((one for one in (language, "en_US") if one in own.supported_languages), None)
    return dict(holidays.country_holidays(country, subdiv=subdivision or None, years=year, language=spoken))


def _month_and_day(month: int, day: int) -> int:
    try:
        date(2000, month, day)
    except ValueError as error:
        raise CalendarError(f"closed: there is no date {month:02}-{day:02}") from error
    return month * 100 + day


@cache
def _months_and_days() -> NDArray[np.int64]:
    """Per day of the tables month * 100 + day of the month."""
    days = np.arange(DAYS).astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    numbers: NDArray[np.int64] = months.astype(np.int64) % 12 * 100 + 100 + (days - months).astype(np.int64) + 1
    return numbers
