"""Deals made up with dice, as frames for the judge and as plain columns for its peers: a seed gives the same deals."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.calendar import Calendar
from stalewatch.domain.clocks import Judge
from stalewatch.domain.frame import Column, Events, Frame, History
from stalewatch.domain.instants import DAY, Mask
from stalewatch.domain.language.model import Field, FieldType
from stalewatch.domain.needs import needs

START: Final = 1_750_000_000_000_000
"""The first instant of the year in which everything happens: June 2025."""
YEAR: Final = 365 * DAY
NOW: Final = START + 240 * DAY
FIRST_DATE, LAST_DATE = 20_000, 20_500
WAITING, CHANGED = 0.15, 0.5
"""Shares of the deals that wait for a customer, and that changed in a field whose past a rule asks for."""
_EMPTY: Final = -10_000
"""Days since something that never was."""


def frame(judge: Judge, size: int, seed: int) -> Frame:
    """Deals with every field that the rules read, a fifth of the values missing, and what is asked of their past."""
    dice = np.random.default_rng(seed)
    needed = needs(judge.rules, judge.calendars)["deal"]
    kinds = judge.rules.catalogue.objects["deal"]
    columns = {name: _column(kinds[name], size, dice, name in needed.values) for name in sorted(needed.fields)}
    return Frame(
        object="deal",
        size=size,
        columns=columns,
        history={name: _history(kinds[name], columns[name], dice) for name in sorted(needed.history)},
        events={kind: _events(size, dice) for kind in sorted(needed.events)},
    )


def _column(kind: Field, size: int, dice: np.random.Generator, reads_text: bool) -> Column:
    share = WAITING if kind.name.startswith("hold_") else 0.8
    values = _values(kind, size, dice, reads_text)
    return Column(values, np.ones(size, np.bool_) if kind.type is FieldType.BOOL else dice.random(size) < share)


def _values(kind: Field, size: int, dice: np.random.Generator, reads_text: bool) -> NDArray[Any]:
    match kind.type:
        case FieldType.DATETIME:
            return dice.integers(START, START + YEAR, size)
        case FieldType.DATE:
            return dice.integers(FIRST_DATE, LAST_DATE, size)
        case FieldType.CHOICE:
            return dice.integers(0, len(kind.values), size).astype(np.int32)
        case FieldType.BOOL:
            return np.ones(size, np.bool_)
        case FieldType.INT | FieldType.MONEY:
            return dice.integers(0, 10 if kind.type is FieldType.INT else 50_000_000, size).astype(np.float64)
        case _:
            words = np.array(["call", "us_sales", "send the offer"], np.object_)
            return words[dice.integers(0, 3, size)] if reads_text else np.zeros(0, np.object_)


def _history(kind: Field, column: Column, dice: np.random.Generator) -> History:
    """One change of every other deal, or of each that waits, to the value it has now."""
    size = len(column.present)
    row = np.flatnonzero(column.present if kind.name.startswith("hold_") else dice.random(size) < CHANGED)
    at = dice.integers(START, START + YEAR, len(row))
    values = column.values[row] if len(column.values) else np.full(len(row), "call", np.object_)
    return History(row, at, values, column.present[row])


def _events(size: int, dice: np.random.Generator) -> Events:
    """Up to two events a deal."""
    row = (
        np.sort(dice.choice(np.repeat(np.arange(size), 2), size, replace=False)) if size > 1 else np.zeros(1, np.int64)
    )
    at = np.sort(dice.integers(START, START + YEAR, len(row)))
    return Events(row, np.array([f"e{number}" for number in range(len(row))], np.object_), at, at - DAY // 24)


# ----------------------------------------------------------------------------------------------- for the peers


def write_columns(frames: list[Frame], calendar: Calendar, stages: tuple[str, ...], path: Path) -> None:
    """The deals of the ten rules as plain columns; starts are counted out as days, for peers without a calendar."""
    parts = [_plain(one, calendar) for one in frames]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    np.savez(path, allow_pickle=False, stages=np.array(stages), **columns)


def _plain(deals: Frame, calendar: Calendar) -> dict[str, NDArray[Any]]:
    columns = deals.columns
    counted = _Counted(calendar)

    def number(name: str, empty: int) -> NDArray[Any]:
        return np.where(columns[name].present, columns[name].values, empty).astype(np.int64)

    def since(*names: str) -> tuple[NDArray[np.int64], Mask]:
        values = np.stack([np.where(columns[name].present, columns[name].values, 0) for name in names])
        return values.max(axis=0), np.logical_or.reduce(values > 0)

    entered, created, close = columns["stage_entered_at"], columns["created_at"], columns["close_date"]
    customer = columns["last_customer_activity_at"]
    answered = np.where(customer.present, customer.values, created.values)
    flags = ("next_step", "pain", "impact", "decision_process", "decision_date", "competitors", "metrics")
    return {
        "stage": number("stage", -1),
        "stage_bd": counted.business(entered.values, entered.present),
        "silent_d": counted.days(*since("created_at", "last_meeting_at", "next_meeting_at")),
        "customer_bd": counted.business(answered, customer.present | created.present),
        "close_bd": counted.from_date(close.values, close.present),
        "created_bd": counted.business(created.values, created.present),
        "seller_touches": number("seller_touches_since_customer", 0),
        "stakeholders": number("stakeholders", 99),
        "amount": number("amount", 0),
        "close_date_pushes": number("close_date_pushes", 0),
        "champions": number("roles.champion", 99),
        "has_decision_criteria": columns["decision_criteria"].present,
        "has_seller_activity": columns["last_seller_activity_at"].present,
        **{f"has_{name}": columns[name].present for name in flags},
    }


class _Counted:
    """How many days have closed by NOW since each start."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        days = np.arange(LAST_DATE + 500)
        business = calendar.is_business_day(days)
        self._through = np.cumsum(business)
        self._before: NDArray[np.int64] = self._through - business
        closed = calendar.closes_at(days) <= NOW
        self._closed, self._last = int((business & closed).sum()), int(days[closed].max())

    def business(self, at: NDArray[np.int64], present: Mask) -> NDArray[np.int64]:
        """Business days that ended since the local date of each instant."""
        day = self._calendar.local_day(np.where(present, at, START))
        return np.where(present, self._closed - self._through[day], _EMPTY)

    def days(self, at: NDArray[np.int64], present: Mask) -> NDArray[np.int64]:
        """Days that ended since the local date of each instant."""
        day = self._calendar.local_day(np.where(present, at, START))
        return np.where(present, self._last - day, _EMPTY)

    def from_date(self, day: NDArray[np.int64], present: Mask) -> NDArray[np.int64]:
        """Business days that ended since the morning of each date."""
        return np.where(present, self._closed - self._before[np.where(present, day, 0)], _EMPTY)
