"""What stands on the wire: every value is a string, moments are ISO 8601 with milliseconds, in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from stalewatch_sandbox.hubspot.schema import Type

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970 of a moment with a time zone."""
    return (moment - _EPOCH) // _MILLISECOND


def moment_at(ms: int) -> datetime:
    """The moment, in UTC. Raises OverflowError outside the years 1 to 9999."""
    return _EPOCH + timedelta(milliseconds=ms)


def stamp(ms: int) -> str:
    """As answers write a moment: 2026-04-01T00:00:00.123Z."""
    return moment_at(ms).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def read_moment(text: str) -> int | None:
    """Milliseconds of what a client wrote for a moment or a date: digits, or ISO 8601; None if it is neither."""
    try:
        return int(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return milliseconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def written(value: object) -> str:
    """Any value as the wire has it; None is the empty string, which empties a property."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime():
            return stamp(milliseconds(value))
        case date():
            return value.isoformat()
        case _:
            return str(value)


def normalized(text: str, type_: Type) -> str | None:
    """How the portal keeps what a client wrote; None if it is not of that type. The empty string is always right."""
    if not text:
        return ""
    match type_:
        case Type.NUMBER:
            return text if read_number(text) is not None else None
        case Type.DATETIME:
            ms = read_moment(text)
            return None if ms is None else stamp(ms)
        case Type.DATE:
            ms = read_moment(text)
            return None if ms is None else moment_at(ms).date().isoformat()
        case Type.BOOL:
            return text.lower() if text.lower() in ("true", "false") else None
        case _:
            return text


def read_number(text: str) -> Decimal | None:
    """The number, or None if it is none."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def comparable(text: str, type_: Type) -> Decimal | int | str | None:
    """What filters and sorts compare: numbers, milliseconds, or text without regard to case; None: cannot be."""
    match type_:
        case Type.NUMBER:
            return read_number(text)
        case Type.DATETIME | Type.DATE:
            return read_moment(text)
        case Type.ENUMERATION:
            return text
        case _:
            return text.lower()
