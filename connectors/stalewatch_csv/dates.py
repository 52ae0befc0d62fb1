"""Dates as people and programs write them. What a column holds is decided once, for the whole of it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from stalewatch_csv.remembered import Remembered
from stalewatch_csv.unusable import UnusableError


class Order(StrEnum):
    """What stands first in 3/4/2026; the words are those of the option `dates`."""

    DAY = "dmy"
    MONTH = "mdy"


@dataclass(frozen=True, slots=True)
class DateColumn:
    """How the dates of one column are read.

    Attributes:
        order: whether days or months stand first; None if nobody could say.
        serial: whether plain numbers are days since 1900, as Excel counts them.
    """

    order: Order | None = None
    serial: bool = False


PLAIN: Final = DateColumn()

_CLOCK: Final = re.compile(
    r"(?P<half>午前|午後)?\s*(?P<hour>\d{1,2})(?::|時)(?P<minute>\d{2})分?(?::?(?P<second>\d{2})(?:[.,]\d+|秒)?)?"
    r"\s*(?P<noon>[ap]\.?m\.?)?\s*(?P<zone>z|utc|gmt|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_YEAR_FIRST: Final = re.compile(r"(\d{4})(?:[/.-](\d{1,2})[/.-](\d{1,2})|年(\d{1,2})月(\d{1,2})日)(?!\d)")
_YEAR_LAST: Final = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?!\d)")
_ERA: Final = re.compile(
    r"(令和|平成|昭和|大正|明治|[RHSTM])\s?(元|\d{1,2})(?:年(\d{1,2})月(\d{1,2})日|[/.-](\d{1,2})[/.-](\d{1,2}))(?!\d)",
    re.IGNORECASE,
)
_ERAS: Final = {
    "R": date(2019, 5, 1), "H": date(1989, 1, 8), "S": date(1926, 12, 25), "T": date(1912, 7, 30),
    "M": date(1868, 1, 25),
}  # fmt: skip
_ERA_LETTERS: Final = {"令和": "R", "平成": "H", "昭和": "S", "大正": "T", "明治": "M"}
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY_NAMED: Final = re.compile(r"(\d{1,2})[ -]([a-z]{3,9})\.?[ ,-]+(\d{4})(?!\d)", re.IGNORECASE)
_MONTH_NAMED: Final = re.compile(r"([a-z]{3,9})\.? (\d{1,2}),? (\d{4})(?!\d)", re.IGNORECASE)
_SERIAL: Final = re.compile(r"\d{1,7}(\.\d+)?")
_RECENT: Final = 5
"""Digits of Excel's day numbers from May 1927 to October 2173: a column without one holds years, or anything else."""
_MONTHS_A_YEAR: Final = 12
_HALF_DAY: Final = 12
_KEPT: Final = 1 << 14
_LEAP_BUG: Final = 60
"""Excel's day 60 is 29 February 1900, which never was; every later serial is one too high for 1900-01-01 = 1."""


class Moment(NamedTuple):
    """A date; if a time came along, that and its zone (None: the connection's)."""

    day: date
    at: time | None = None
    zone: tzinfo | None = None


class DateEvidence:
    """Looks at every cell of a column and says in the end how it is to be read."""

    __slots__ = ("_days", "_months", "_others", "_recent")

    def __init__(self) -> None:
        self._days = self._months = self._others = self._recent = False

    def see(self, text: str) -> None:
        """Take one filled cell into account."""
        if text[4:5] == "-":
            self._others = True
            return
        narrow = unicodedata.normalize("NFKC", text)
        if _SERIAL.fullmatch(narrow):
            self._recent |= len(narrow.partition(".")[0]) == _RECENT
            return
        self._others = True
        parts = _YEAR_LAST.match(narrow)
        if parts and parts[2] != ".":
            self._days |= int(parts[1]) > _MONTHS_A_YEAR
            self._months |= int(parts[3]) > _MONTHS_A_YEAR

    def column(self, given: Order | None) -> DateColumn:
        """How to read the column; `given` decides what its own cells do not, or contradict each other in."""
        order = given
        if self._days != self._months:
            order = Order.DAY if self._days else Order.MONTH
        return DateColumn(order, serial=self._recent and not self._others)


def has_time(text: str, column: DateColumn = PLAIN) -> bool:
    """Tell a date with a time from a bare date; raises UnusableError if it is neither."""
    return _moment(text, column).at is not None


def instant(text: str, zone: ZoneInfo, column: DateColumn = PLAIN) -> datetime:
    """A time in UTC; without an offset it is local to `zone`, a bare date is the start of that day.

    Raises:
        UnusableError: if it is no time, one that UTC has no year for, or one that could be read in two ways.
    """
    told = _moment(text, column)
    try:
        return datetime.combine(told.day, told.at or time(), told.zone or zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UnusableError("unparsable date", text) from error


Moments = Remembered[str, datetime]
"""The times that the cells of one column name."""


def day(text: str, zone: ZoneInfo, column: DateColumn = PLAIN) -> date:
    """A date; of a time with an offset, the local date in `zone`. Raises like `instant`."""
    told = _moment(text, column)
    if told.at is None or told.zone is None:
        return told.day
    try:
        return datetime.combine(told.day, told.at, told.zone).astimezone(zone).date()
    except OverflowError as error:
        raise UnusableError("unparsable date", text) from error


def start_of(local: date, zone: ZoneInfo) -> datetime:
    """The start of a local day."""
    return datetime.combine(local, time(), zone).astimezone(UTC)


@lru_cache(maxsize=_KEPT)
def _moment(text: str, column: DateColumn) -> Moment:
    told = _iso(text)
    if told is not None:
        return told
    narrow = unicodedata.normalize("NFKC", text).strip()
    try:
        if column.serial and _SERIAL.fullmatch(narrow):
            return _excel(float(narrow))
        found, rest = _date_of(narrow, column.order)
        return Moment(found, *_clock(rest)) if rest else Moment(found)
    except (ValueError, OverflowError) as error:
        raise UnusableError("unparsable date", text) from error


def _iso(text: str) -> Moment | None:
    try:
        return Moment(date.fromisoformat(text))
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return Moment(at.date(), at.time(), at.tzinfo)


def _excel(serial: float) -> Moment:
    """A day of Excel's 1900 system, with the time of day as its fraction, to the second."""
    whole = int(serial)
    if whole < 1 or whole == _LEAP_BUG:
        raise ValueError(serial)
    seconds = round((serial - whole) * 86_400)
    begin = datetime(1899, 12, 31 if whole < _LEAP_BUG else 30)  # noqa: DTZ001  # a calendar's beginning, not a time
    at = begin + timedelta(days=whole, seconds=seconds)
    return Moment(at.date(), at.time() if seconds else None)


def _date_of(text: str, order: Order | None) -> tuple[date, str]:
    """The date at the beginning of a text, and what follows it."""
    for pattern, read in ((_YEAR_FIRST, _year_first), (_ERA, _era), (_DAY_NAMED, _day_named), (_MONTH_NAMED, _named)):
        found = pattern.match(text)
        if found:
            return read(*found.groups()), text[found.end() :].strip(" T,")
    found = _YEAR_LAST.match(text)
    if not found:
        raise ValueError(text)
    first, mark, second, year = found.groups()
    if mark == ".":
        order = Order.DAY  # nobody writes months first with points
    elif order is None and min(int(first), int(second)) <= _MONTHS_A_YEAR:
        raise UnusableError("ambiguous date", text)
    month, number = (second, first) if order is Order.DAY else (first, second)
    return date(int(year), int(month), int(number)), text[found.end() :].strip(" T,")


def _year_first(year: str, *parts: str | None) -> date:
    month, number = (int(part) for part in parts if part)
    return date(int(year), month, number)


def _era(name: str, year: str, *parts: str | None) -> date:
    month, number = (int(part) for part in parts if part)
    begins = _ERAS[_ERA_LETTERS.get(name) or name.upper()]
    told = date(begins.year - 1 + (1 if year == "元" else int(year)), month, number)
    if told < begins:
        raise ValueError(told)
    return told


def _day_named(number: str, month: str, year: str) -> date:
    return _named(month, number, year)


def _named(month: str, number: str, year: str) -> date:
    return date(int(year), _MONTHS.index(month[:3].casefold()) + 1, int(number))


def _clock(text: str) -> tuple[time, tzinfo | None]:
    found = _CLOCK.fullmatch(text)
    if not found:
        raise ValueError(text)
    hour = int(found["hour"])
    half = {"午前": "a", "午後": "p"}.get(found["half"] or "", (found["noon"] or " ")[0].casefold().strip())
    if half:
        if hour > _HALF_DAY or (hour == 0 and not found["half"]):
            raise ValueError(text)
        hour = hour % _HALF_DAY + (_HALF_DAY if half == "p" else 0)
    return time(hour, int(found["minute"]), int(found["second"] or 0)), _zone(found["zone"])


def _zone(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text[0] not in "+-":
        return UTC
    away = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(away if text[0] == "+" else -away)
