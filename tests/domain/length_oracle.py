"""Durations as rules write them, and how long they are beside each other: rules.md, "Durations" and "Warn"."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction
from typing import Final

from stalewatch.domain.durations import Duration, Unit

_HOURS: Final[Mapping[str, int]] = {"m": 1, "h": 60, "bh": 60}
_DATES: Final[Mapping[str, Fraction]] = {"d": Fraction(1), "w": Fraction(7), "bd": Fraction(7, 5)}
_JAPANESE: Final = {"営業日": "bd", "営業時間": "bh", "日": "d", "週間": "w", "時間": "h", "分": "m"}


def parsed(text: str) -> Duration:
    """`10bd`"""
    amount = text.rstrip("mhdwb営業日時間週分")
    unit = text[len(amount) :]
    return Duration(int(amount), Unit(_JAPANESE.get(unit, unit)))


def plain_time(duration: Duration) -> timedelta:
    """24 hours a day, 7 days for 5 business days."""
    return timedelta(minutes=float(duration.amount * _minutes(duration.unit)))


def _minutes(unit: Unit) -> Fraction:
    return Fraction(_HOURS[unit]) if unit in _HOURS else _DATES[unit] * 24 * 60


def in_one_unit(left: Duration, right: Duration, open_minutes: int) -> tuple[Fraction, Fraction]:
    """1w = 7d = 5bd, 1d = 24h, 1bd = the calendar's open hours."""
    units = {left.unit, right.unit}
    if units <= set(_DATES) or not units & {Unit.BUSINESS_DAY, Unit.BUSINESS_HOUR}:
        return left.amount * _minutes(left.unit), right.amount * _minutes(right.unit)

    def open_time(one: Duration) -> Fraction:
        worked = _DATES[one.unit] / _DATES["bd"] * open_minutes if one.unit in _DATES else Fraction(_HOURS[one.unit])
        return one.amount * worked

    return open_time(left), open_time(right)
