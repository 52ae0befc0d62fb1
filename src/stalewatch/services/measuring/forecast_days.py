"""The forecast as it stood at the end of each day: kept once a day, and worked out for the weeks before we came.

What is kept are sums, by the weights of that day: of the last fortnight every day, of older weeks the Sunday.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final, NamedTuple

import numpy as np

from stalewatch.clock import Clock
from stalewatch.domain.forecasting import OMITTED, Rate, quarter
from stalewatch.domain.instants import DAY, from_day, to_us
from stalewatch.services.measuring.chores import FORECAST, claimed
from stalewatch.services.measuring.weighing import KEPT, Weights, weights
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import changes, facts
from stalewatch.store import forecast_days as store
from stalewatch.store.engine import Connection, Database

WEEKS: Final = 26
"""How far back the past is worked out when nothing is kept yet."""
SPAN: Final = "forecast.days"
"""The fact that says which days are kept: the first and the last."""
_EVERY_DAY: Final = 14
_YEAR: Final = 365 * DAY
_SUNDAY: Final = 6
_FIELDS: Final = ("stage", "amount", "close_date", "forecast_category")
_MOST: Final = 9 * 10**18
"""Sums beyond it are kept as this: no database holds more."""


class _Cell(NamedTuple):
    """What a kept row is of."""

    connection: str
    object: str
    owner: str
    pipeline: str
    category: str
    quarter: str


@dataclass(slots=True)
class _Sums:
    team: str | None = None
    deals: int = 0
    without_amount: int = 0
    unweighted: int = 0
    amount: int = 0
    weighted: Decimal = Decimal(0)
    stalled_deals: int = 0
    stalled_amount: int = 0
    stalled_weighted: Decimal = Decimal(0)


class _State(NamedTuple):
    """The fields of a deal that changed over time, as they were at a moment."""

    stage: str | None
    amount: int | None
    close_date: int | None
    forecast_category: str | None


@dataclass(frozen=True, slots=True)
class Days:
    """Keeps the forecast of days."""

    db: Database
    clock: Clock
    book: Rulebook

    def keep(self) -> int:
        """Work out every day that has ended and is not kept yet; returns how many. One process does it for all."""
        now = to_us(self.clock.now())
        today = int(self.book.calendars.default.local_day(np.array([now], np.int64))[0])
        if not self._lacking(today):
            return 0
        kept = 0
        with claimed(self.db, FORECAST) as holding:
            if holding is not None:
                kept = self._keep(self._lacking(today), today, now, holding)
        return kept

    def _lacking(self, today: int) -> list[int]:
        """The days that have ended and are not kept."""
        with self.db.read() as conn:
            span = facts.read(conn, SPAN)
        return _wanted(None if span is None else span[1], today)

    def _keep(self, wanted: Sequence[int], today: int, now: int, holding: Callable[[Connection], None]) -> int:
        if not wanted:
            return 0
        with self.db.read() as conn:
            found, rates = self._measured(conn, wanted, now)
        for day in wanted:
            with self.db.write() as conn:
                holding(conn)
                store.keep(conn, day, found[day])
        with self.db.write() as conn:
            holding(conn)
            span = facts.read(conn, SPAN)
            facts.write(conn, KEPT, {stage: [rate.won, rate.closed] for stage, rate in rates.items()})
            facts.write(conn, SPAN, [wanted[0] if span is None else span[0], wanted[-1]])
            old = [day for day in store.days(conn) if day < today - _EVERY_DAY and not _is_sunday(day)]
            store.forget(conn, old)
        return len(wanted)

    def _measured(
        self, conn: Connection, days: Sequence[int], now: int
    ) -> tuple[Mapping[int, list[dict[str, Any]]], Mapping[str, Rate]]:
        """The rows of these days, and the win rates of the stages in the year up to now."""
        ends = {day: int(at) for day, at in zip(days, self._ends(days), strict=True)}
        weighing, watched = weights(conn, self.book), store.watched_since(conn)
        found: dict[int, dict[_Cell, _Sums]] = {day: defaultdict(_Sums) for day in days}
        rates: dict[str, Rate] = {}
        for piece in store.deals_since(conn, min(*ends.values(), now - _YEAR)):
            ids = [row.id for row in piece]
            past = _pasts(changes.read(conn, ids, _FIELDS))
            late = _spans(store.breaches(conn, ids))
            for row in piece:
                for day, end in ends.items():
                    if _was_open(row, end):
                        state = _state(row, past.get(row.id, {}), end)
                        _add(found[day], row, state, weighing, _is_late(late.get(row.id, ()), end))
                _count(rates, row, past.get(row.id, {}), now, self._stages)
        rows = {day: list(_rows(day, found[day], watched is not None and ends[day] > watched)) for day in days}
        return rows, rates

    @property
    def _stages(self) -> frozenset[str]:
        field = self.book.rules.catalogue.objects["deal"].get("stage")
        return frozenset(field.values if field else ())

    def _ends(self, days: Sequence[int]) -> Iterable[int]:
        """The first instant after each date."""
        midnights = self.book.calendars.default.midnight(np.array(days, np.int64) + 1)
        return [int(at) for at in midnights]


def _wanted(last: int | None, today: int) -> list[int]:
    """Of the days that have ended: each of the last fortnight after the last one kept, and the Sundays before."""
    if last is None:
        return [day for day in range(today - WEEKS * 7, today) if _is_sunday(day) or day == today - 1]
    return [day for day in range(last + 1, today) if _is_sunday(day) or day >= today - _EVERY_DAY]


def _is_sunday(day: int) -> bool:
    return from_day(day).weekday() == _SUNDAY


def _was_open(row: Any, end: int) -> bool:
    """Whether a deal was there and open in the last moment before `end`."""
    if row.created_at is not None and row.created_at >= end:
        return False
    if row.gone_at is not None and row.gone_at < end:
        return False
    return bool(row.is_open) or (row.closed_at is not None and row.closed_at >= end)


def _pasts(rows: Iterable[Any]) -> dict[str, dict[str, list[tuple[int, Any]]]]:
    """record -> field -> (since when, value), upwards."""
    found: dict[str, dict[str, list[tuple[int, Any]]]] = {}
    for record, field, at, _, value, _source in rows:
        found.setdefault(record, {}).setdefault(field, []).append((at, value))
    return found


def _state(row: Any, past: Mapping[str, Sequence[tuple[int, Any]]], end: int) -> _State:
    """What a deal looked like just before `end`; a field that never changed is as it is now."""
    values = {}
    for name in _FIELDS:
        told = past.get(name)
        if told is None:
            values[name] = getattr(row, name)
            continue
        place = bisect_right(told, end - 1, key=lambda change: change[0])
        values[name] = told[place - 1][1] if place else None
    return _State(**values)


def _spans(rows: Iterable[Any]) -> dict[str, list[tuple[int, int | None]]]:
    found: dict[str, list[tuple[int, int | None]]] = {}
    for row in rows:
        found.setdefault(row.record_id, []).append((row.breach_at, row.resolved_at))
    return found


def _is_late(spans: Iterable[tuple[int, int | None]], end: int) -> bool:
    return any(began < end and (ended is None or ended >= end) for began, ended in spans)


def _add(found: dict[_Cell, _Sums], row: Any, state: _State, weighing: Weights, late: bool) -> None:
    if state.forecast_category == OMITTED:
        return
    percent = weighing.percent(state.forecast_category, state.stage, row.fields)
    category = state.forecast_category if state.forecast_category in weighing.categories else ""
    closes = "" if state.close_date is None else _quarter(state.close_date)
    cell = _Cell(row.connection, row.object, row.owner or "", row.pipeline or "", category or "", closes)
    sums = found[cell]
    sums.team = row.team
    amount = state.amount if isinstance(state.amount, int) else None
    weighted = Decimal(0) if amount is None or percent is None else Decimal(amount) * percent / 100
    sums.deals += 1
    sums.without_amount += amount is None
    sums.unweighted += amount is not None and percent is None
    sums.amount += amount or 0
    sums.weighted += weighted
    if late:
        sums.stalled_deals += 1
        sums.stalled_amount += amount or 0
        sums.stalled_weighted += weighted


def _quarter(day: int) -> str:
    try:
        return quarter(from_day(day)).key
    except (ValueError, OverflowError):  # beyond the years that dates have
        return ""


def _rows(day: int, found: Mapping[_Cell, _Sums], is_known: bool) -> Iterator[dict[str, Any]]:
    for cell, sums in found.items():
        yield {
            "day": day, **cell._asdict(), "team": sums.team, "deals": sums.deals,
            "without_amount": sums.without_amount, "unweighted": sums.unweighted,
            "amount": _kept(sums.amount), "weighted": _kept(sums.weighted),
            "stalled_deals": sums.stalled_deals if is_known else None,
            "stalled_amount": _kept(sums.stalled_amount) if is_known else None,
            "stalled_weighted": _kept(sums.stalled_weighted) if is_known else None,
        }  # fmt: skip


def _kept(amount: int | Decimal) -> int:
    return max(-_MOST, min(_MOST, int(Decimal(amount).to_integral_value(ROUND_HALF_EVEN))))


def _count(
    rates: dict[str, Rate], row: Any, past: Mapping[str, Sequence[tuple[int, Any]]], now: int, stages: frozenset[str]
) -> None:
    """A deal that closed within a year counts for every stage that it ever was in."""
    if row.is_open or row.closed_at is None or not now - _YEAR <= row.closed_at <= now:
        return
    if row.outcome not in ("won", "lost"):
        return
    seen = {value for _, value in past.get("stage", ())} | {row.stage}
    for stage in seen & stages:
        before = rates.get(stage, Rate(0, 0))
        rates[stage] = Rate(before.won + (row.outcome == "won"), before.closed + 1)
