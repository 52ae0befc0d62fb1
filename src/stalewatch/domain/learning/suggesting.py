"""Limits that a curve of chances suggests: when to warn, when it is late, when to close.

    warn       the first day t with W(t) < 0.75 W(0)
    limit      the first day t with W(t) < 0.5 W(0)
    close out  the first day t with W(t) < 0.05 W(0) and nothing won after it

How sure a day is, is told by drawing the history again and again from itself (Efron 1979), always the same draws for
the same seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.learning.intervals import Interval
from stalewatch.domain.learning.spells import Spells
from stalewatch.domain.learning.survival import Curve, Table, counted, curve

WARN: Final = 0.75
LATE: Final = 0.5
CLOSE: Final = 0.05
LEAST_WON: Final = 50
"""Fewer that were won show no curve."""
LEAST_AT_RISK: Final = 30
"""Fewer that are still open on a day say nothing of that day."""
DRAWS: Final = 400
PERCENTILES: Final = (75, 90)


class Lacking(StrEnum):
    """Why a history teaches nothing."""

    NONE = "none"
    FEW_WON = "few_won"
    NONE_ENDED_OTHERWISE = "none_lost_or_open"
    FEW_AT_RISK = "few_at_risk"
    NEVER_FALLS = "never_falls"


@dataclass(frozen=True, slots=True)
class Day:
    """A suggested day, with its interval: None where too many draws do not reach it."""

    day: int
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a history suggests.

    Attributes:
        lacking: why it suggests nothing; then the three days are None.
        warn, limit, close_out: days of age, each None where the curve does not reach it among enough records.
        percentiles: of the ages at which something was won, rounded up: what a limit by feeling often is.
        turns_up: the first day after the limit at which the chance is above the warning's share again: then a longer
            limit, or one for each stage, says more.
    """

    curve: Curve
    lacking: Lacking
    won: int
    lost: int
    open: int
    warn: Day | None = None
    limit: Day | None = None
    close_out: Day | None = None
    percentiles: tuple[int, ...] = ()
    turns_up: int | None = None


def suggest(spells: Spells, *, seed: int = 0, draws: int = DRAWS) -> Suggestion:
    """What a history suggests. The same spells and seed give the same answer."""
    found = curve(counted(spells))
    won, lost, still = int(spells.won.sum()), int(spells.lost.sum()), int(spells.open.sum())
    lacking = _lacking(found, won, lost + still)
    if lacking is not Lacking.NONE:
        return Suggestion(found, lacking, won, lost, still)
    warn, limit, close = (_enough(found.table, day) for day in _days(found))
    if limit is None:
        few = any(day is not None for day in _days(found)[:2])
        lacking = Lacking.FEW_AT_RISK if few else Lacking.NEVER_FALLS
        return Suggestion(found, lacking, won, lost, still)
    sure = _intervals(spells, seed, draws)
    days = [None if day is None else Day(day, one) for day, one in zip((warn, limit, close), sure, strict=True)]
    often = np.ceil(np.percentile(spells.age[spells.won], PERCENTILES)).astype(int)
    return Suggestion(
        found, Lacking.NONE, won, lost, still, warn=days[0], limit=days[1], close_out=days[2],
        percentiles=tuple(int(one) for one in often), turns_up=_turns_up(found, limit),
    )  # fmt: skip


def _lacking(found: Curve, won: int, others: int) -> Lacking:
    if won < LEAST_WON:
        return Lacking.FEW_WON
    if others == 0:
        return Lacking.NONE_ENDED_OTHERWISE
    return Lacking.NONE if found.table.at_risk[0] >= LEAST_AT_RISK else Lacking.FEW_AT_RISK


def _days(found: Curve) -> tuple[int | None, int | None, int | None]:
    """Warn, limit and close-out of a curve."""
    if not len(found.chance):
        return None, None, None
    warn, limit, close = (None if day < 0 else int(day) for day in _days_of_each(found))
    return warn, limit, close


def _days_of_each(found: Curve) -> list[NDArray[np.int64]]:
    """Warn, limit and close-out of each curve; -1 where it is not reached."""
    first = found.chance[..., :1]
    was_won = found.table.won > 0
    days = found.chance.shape[-1]
    last_won = np.where(was_won.any(axis=-1), days - 1 - np.argmax(was_won[..., ::-1], axis=-1), -1)
    after = np.arange(days) >= last_won[..., None]
    reached = [found.chance < share * first for share in (WARN, LATE)]
    reached.append((found.chance < CLOSE * first) & after)
    return [np.where(where.any(axis=-1), np.argmax(where, axis=-1), -1) for where in reached]


def _first(where: NDArray[np.bool_]) -> int | None:
    return int(np.argmax(where)) if where.any() else None


def _enough(table: Table, day: int | None) -> int | None:
    """The day, if enough records were still open on it to say so."""
    return None if day is None or table.at_risk[day] < LEAST_AT_RISK else day


def _turns_up(found: Curve, limit: int) -> int | None:
    again = (found.chance > WARN * found.chance[0]) & (found.table.at_risk >= LEAST_AT_RISK)
    again[: limit + 1] = False
    return _first(again)


def _intervals(spells: Spells, seed: int, draws: int) -> list[Interval | None]:
    """Of warn, limit and close-out: the middle 95 % of what the draws say."""
    cells, many = _cells(spells)
    dice = np.random.default_rng(seed)
    drawn = dice.multinomial(many.sum(), many / many.sum(), size=draws)
    return [_middle(days[days >= 0], draws) for days in _days_of_each(curve(_weighted(cells, drawn)))]


def _middle(days: NDArray[np.int64], draws: int) -> Interval | None:
    """None where a day was not reached in more of the draws than the interval leaves out."""
    if len(days) < 0.975 * draws:
        return None
    low, high = np.percentile(days, (2.5, 97.5))
    return Interval(float(low), float(high))


def _cells(spells: Spells) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The different (entry, age, end) there are, and how many spells each has: drawing them is drawing spells."""
    age = np.floor(spells.age).astype(np.int64)
    entry = np.ceil(spells.entry).astype(np.int64)
    ended = np.where(spells.won, 2, np.where(spells.lost, 1, 0))
    seen = entry <= age
    shape = (int(entry.max()) + 1, int(age.max()) + 1, 3)
    kinds, many = np.unique(np.ravel_multi_index((entry[seen], age[seen], ended[seen]), shape), return_counts=True)
    return np.column_stack(np.unravel_index(kinds, shape)), many


def _weighted(cells: NDArray[np.int64], weights: NDArray[np.int64]) -> Table:
    """The tables of events of so many spells of each kind, a row for each row of weights."""
    entry, age, ended = cells.T
    days = int(age.max()) + 1
    at_risk = np.cumsum(_summed(weights, entry, days + 1) - _summed(weights, age + 1, days + 1), axis=1)[:, :days]
    won, lost = (_summed(weights[:, ended == kind], age[ended == kind], days) for kind in (2, 1))
    return Table(at_risk, won, lost)


def _summed(weights: NDArray[np.int64], day: NDArray[np.int64], days: int) -> NDArray[np.int64]:
    """Per row of weights the sum of each day."""
    sums = np.zeros((len(weights), days), np.int64)
    if not len(day):
        return sums
    if (day[1:] < day[:-1]).any():
        order = np.argsort(day, kind="stable")
        day, weights = day[order], weights[:, order]
    named, first = np.unique(day, return_index=True)
    sums[:, named] = np.add.reduceat(weights, first, axis=1)
    return sums
