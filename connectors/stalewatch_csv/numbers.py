"""Amounts as people and programs write them. Which mark begins the decimals is decided once for a column."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache
from typing import Final

from stalewatch_csv.unusable import UnusableError

LARGEST: Final = Decimal("1e15")


class Mark(StrEnum):
    """What stands before the decimals; the words are those of the option `decimal`."""

    POINT = "point"
    COMMA = "comma"


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """How the numbers of one column are read; `mark` is None if nobody could say what its points mean."""

    mark: Mark | None = Mark.POINT


PLAIN: Final = NumberColumn()

_SYMBOLS: Final = {
    "¥": ("JPY", "CNY"), "円": ("JPY",), "元": ("CNY",), "€": ("EUR",), "£": ("GBP",), "₩": ("KRW",), "₹": ("INR",),
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN"),
    "\\": ("JPY",),
}  # fmt: skip
"""Currencies by their sign. Where a yen sign stands, Shift_JIS has the byte of a backslash."""
_DOLLARS: Final = {"US": "USD", "A": "AUD", "C": "CAD", "CA": "CAD", "NZ": "NZD", "S": "SGD", "HK": "HKD", "NT": "TWD"}
_AROUND: Final = re.compile(
    r"(?P<open>\()?(?P<sign>[-+−△▲])?\s*+(?P<before>[A-Z]{3}|[A-Z]{0,2}[¥\\€£₩₹$])?\s*+(?P<sign2>[-+−△▲])?\s*+"
    r"(?P<digits>[\d.,'’ ]*\d(?:E[+-]?\d+)?)"
    r"\s*+(?P<sign3>-)?\s*+(?P<after>[A-Z]{3}|[¥€£₩₹$円元%])?(?P<close>\))?"
)
"""Its parts, with any spaces between them, which each are read once: nothing else may have them (`*+`)."""
_NEGATIVE: Final = frozenset("-−△▲")
_GROUPED: Final = re.compile(r"\d{1,3}(?:[.,'’ ]\d{2,3})*[.,'’ ]\d{3}")
_LONE: Final = re.compile(r"[1-9]\d{0,2}([.,])\d{3}")


class NumberEvidence:
    """Looks at every cell of a column and says in the end what its points and commas mean."""

    __slots__ = ("_commas", "_points", "_thousand")

    def __init__(self) -> None:
        self._points = self._commas = self._thousand = False

    def see(self, text: str) -> None:
        """Take one filled cell into account."""
        if text.isdigit():
            return
        mark = _told(unicodedata.normalize("NFKC", text))
        self._points |= mark is Mark.POINT
        self._commas |= mark is Mark.COMMA
        self._thousand |= mark == "1.000"

    def column(self, given: Mark | None) -> NumberColumn:
        """How to read the column; `given` decides what its own cells do not, or contradict each other in."""
        if self._points != self._commas:
            return NumberColumn(Mark.POINT if self._points else Mark.COMMA)
        return NumberColumn(given or (None if self._commas or self._thousand else Mark.POINT))


def _told(text: str) -> Mark | str | None:
    """What a cell says of the decimal mark of its column; "1.000" if it could be either."""
    found = _AROUND.fullmatch(text.strip())
    digits = found["digits"] if found else ""
    point, comma = digits.rfind("."), digits.rfind(",")
    if point < 0 and comma < 0:
        return None
    if point >= 0 and comma >= 0:
        return Mark.POINT if point > comma else Mark.COMMA
    sign, is_point = (".", True) if point >= 0 else (",", False)
    if digits.count(sign) > 1:
        return Mark.COMMA if is_point else Mark.POINT
    if _LONE.fullmatch(digits):
        return "1.000" if is_point else None  # no money has thousandths: a lone comma before three digits groups
    return Mark.POINT if is_point else Mark.COMMA


def money(text: str, name: str = "amount", column: NumberColumn = PLAIN) -> Decimal:
    """A finite decimal number below 10^15 either side of zero, without its currency, sign of percent, and grouping.

    Raises:
        UnusableError: if it is no number, or one that could be read in two ways.
    """
    try:
        number = Decimal(text) if column.mark is Mark.POINT else _money(text, name, column)
    except InvalidOperation:
        number = _money(text, name, column)
    if not number.is_finite() or abs(number) >= LARGEST:
        raise UnusableError(f"{name} is not a number", text)
    return number


@lru_cache(maxsize=1 << 12)
def _money(text: str, name: str, column: NumberColumn) -> Decimal:
    found = _AROUND.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if not found or bool(found["open"]) != bool(found["close"]):
        raise UnusableError(f"{name} is not a number", text)
    if column.mark is None and ("." in found["digits"] or "," in found["digits"]):
        raise UnusableError(f"ambiguous number in {name}", text)
    decimals, grouping = (",", ".") if column.mark is Mark.COMMA else (".", ",")
    whole, mark, rest = found["digits"].partition(decimals)
    if not whole.isdigit():
        if not _GROUPED.fullmatch(whole) or decimals in whole or (grouping in whole and len(set(whole) - _DIGITS) > 1):
            raise UnusableError(f"{name} is not a number", text)
        whole = "".join(filter(str.isdigit, whole))
    try:
        number = Decimal(f"{whole}.{rest}" if mark else whole)
    except InvalidOperation as error:
        raise UnusableError(f"{name} is not a number", text) from error
    signs = [found[sign] for sign in ("sign", "sign2", "sign3") if found[sign]]
    if len(signs) > 1:
        raise UnusableError(f"{name} is not a number", text)
    return -number if found["open"] or (signs and signs[0] in _NEGATIVE) else number


_DIGITS: Final = frozenset("0123456789")


def currency_of(text: str, ours: str) -> str | None:
    """The currency that an amount names itself, ISO 4217; of a sign that many share, the project's if it is one."""
    found = _AROUND.fullmatch(unicodedata.normalize("NFKC", text).strip())
    told = (found["before"] or found["after"]) if found else None
    if not told or told == "%":
        return None
    if told.isalpha() and told.isascii():
        return told
    if len(told) > 1:
        return _DOLLARS.get(told[:-1], told)
    shared = _SYMBOLS[told]
    return ours if ours in shared else shared[0]


def whole(text: str, name: str, column: NumberColumn = PLAIN) -> int:
    """A whole number; `3.0` is one."""
    number = money(text, name, column)
    if number != number.to_integral_value():
        raise UnusableError(f"{name} is not a whole number", text)
    return int(number)
