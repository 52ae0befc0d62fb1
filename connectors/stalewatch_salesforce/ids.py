"""Record ids: 15 characters that tell upper from lower case, or the same 15 with a checksum of three that does not."""

from __future__ import annotations

from typing import Final

DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_VALUES: Final = {digit: value for value, digit in enumerate(DIGITS)}
_SHORT: Final = 15
_WHOLE: Final = 18
_PREFIX: Final = 3

OPPORTUNITY: Final = "006"
LEAD: Final = "00Q"
CONTACT: Final = "003"
USER: Final = "005"
CUSTOMERS: Final = (CONTACT, LEAD)
"""What the ids of the customer's people begin with."""


def whole(id_: str) -> str:
    """The 18 characters of an id; what is no id of 15 characters stays as it is."""
    if len(id_) != _SHORT or not id_.isascii() or not id_.isalnum():
        return id_
    parts = (id_[start : start + 5] for start in (0, 5, 10))
    return id_ + "".join(_CHECK[sum(1 << place for place in range(5) if part[place].isupper())] for part in parts)


def is_whole(id_: str) -> bool:
    """Whether this can be an id in its long form."""
    return len(id_) == _WHOLE and id_.isascii() and id_.isalnum()


def is_of(id_: str, prefix: str) -> bool:
    """Whether this can be the long form of an id of the object whose ids begin so."""
    return id_.startswith(prefix) and is_whole(id_)


def beyond(first: str, last: str, times: float) -> str:
    """The id that lies so many times the distance from `first` to `last` behind `first`."""
    low, high = _number(first), _number(last)
    return whole(first[:_PREFIX] + _digits(low + round((high - low) * times)))


def distance(first: str, last: str) -> int:
    """How many ids there may be from one to the other."""
    return _number(last) - _number(first)


def ahead(id_: str, steps: float) -> str:
    """The id that lies so many ids behind this one."""
    return whole(id_[:_PREFIX] + _digits(_number(id_) + max(1, int(steps))))


def _number(id_: str) -> int:
    number = 0
    for digit in id_[_PREFIX:_SHORT]:
        number = number * len(DIGITS) + _VALUES.get(digit, 0)
    return number


def _digits(number: int) -> str:
    width = _SHORT - _PREFIX
    number = min(number, len(DIGITS) ** width - 1)
    text = ""
    for _ in range(width):
        number, rest = divmod(number, len(DIGITS))
        text = DIGITS[rest] + text
    return text
