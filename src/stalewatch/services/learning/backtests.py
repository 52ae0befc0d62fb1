"""What a limit or a rule would have said over a history, and whether it would have been right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.instants import DAY, NEVER, Instants, Mask
from stalewatch.domain.learning.history import History
from stalewatch.domain.learning.intervals import Rate
from stalewatch.domain.learning.scoring import Score, Workdays, after_days, flags, score
from stalewatch.domain.learning.spells import Spells

Dates = Callable[[Instants], NDArray[np.int64]]
"""The local date of each instant, as its number."""
WEEK: Final = 7 * DAY
_MONDAY: Final = 4 * DAY
"""The first Monday after the epoch."""
_FAR: Final = 1.2
STEPS: Final = 24
"""Other limits that are tried beside the one asked for."""


@dataclass(frozen=True, slots=True)
class Alerts:
    """What would have been said: `row` is the deal's among those that have a clock, `at` the moment of the alert."""

    row: NDArray[np.int64]
    at: Instants


@dataclass(frozen=True, slots=True)
class Load:
    """What somebody would have been sent a week.

    Attributes:
        owner: None: nobody's.
        median, most: alerts a week, over the weeks in which they had anything open.
    """

    owner: str | None
    alerts: int
    median: float
    most: int


@dataclass(frozen=True, slots=True)
class Quarter:
    """One quarter of a year, by its name ("2026-Q1").

    Attributes:
        precision: not won within the horizon, of its alerts of which that is known.
        recall: of its losses those that had been flagged.
    """

    name: str
    alerts: int
    precision: Rate
    recall: Rate


@dataclass(frozen=True, slots=True)
class Backtest:
    """What would have been said, and what it would have been worth.

    Attributes:
        nagged: of the won deals those that were flagged before.
    """

    score: Score
    nagged: Rate
    load: Sequence[Load]
    quarters: Sequence[Quarter]
    horizon: float


def of_limit(
    one: History, days: int, *, horizon: float, workdays: Workdays | None = None, owners: Owners | None = None,
    dates: Dates | None = None,
) -> Backtest:  # fmt: skip
    """A limit on whole deals: each is flagged so many days after its beginning, if it is still open."""
    spells = one.deals().spells
    breach = after_days(spells, days)
    rows = np.flatnonzero(breach != NEVER)
    return of_alerts(
        one, Alerts(rows.astype(np.int64), breach[rows]), horizon=horizon, workdays=workdays, owners=owners,
        dates=dates,
    )  # fmt: skip


def of_alerts(
    one: History, alerts: Alerts, *, horizon: float, workdays: Workdays | None = None, owners: Owners | None = None,
    dates: Dates | None = None,
) -> Backtest:  # fmt: skip
    """Alerts of any kind. Whether one was right is counted for each; what was seen of losses, for each deal.

    Args:
        owners: those of the history, if they are known.
        dates: by which quarters are told; None: in UTC, which is right where a history has nothing but dates.
    """
    stays = one.deals()
    spells, told = stays.spells, stays.spells.only(alerts.row)
    first = np.full(len(spells), np.iinfo(np.int64).max, np.int64)
    np.minimum.at(first, alerts.row, alerts.at)
    first[first == np.iinfo(np.int64).max] = NEVER
    amount = one.amount[stays.row]
    by_deal = score(spells, first, horizon=horizon, amount=amount, workdays=workdays)
    by_alert = score(told, alerts.at, horizon=horizon, closings=not bool(spells.open.all()))
    whole = replace(
        by_deal, flagged=by_alert.flagged, late_entries=by_alert.late_entries, mature=by_alert.mature,
        precision=by_alert.precision, naive=by_alert.naive,
    )  # fmt: skip
    spoken, late = flags(told, alerts.at)
    seen, was_late = flags(spells, first)
    return Backtest(
        score=whole, nagged=Rate(int((seen & spells.won).sum()), int((spells.won & ~was_late).sum())),
        load=_loads(owners or owners_of(one), spells, alerts, spoken),
        quarters=_quarters(told, alerts.at, spoken & ~late, spells, seen & ~was_late, horizon, dates),
        horizon=horizon,
    )  # fmt: skip


def others(
    one: History, *, horizon: float, workdays: Workdays | None = None, dates: Dates | None = None
) -> dict[int, Backtest]:
    """What other limits on whole deals would have done: about so many, up to where hardly anything still closes."""
    spells = one.deals().spells
    closed = spells.age[~spells.open]
    if not len(closed):
        return {}
    last = max(1, int(_FAR * np.percentile(closed, 99)))
    days = sorted({max(1, round(last * step / STEPS)) for step in range(1, STEPS + 1)})
    owners = owners_of(one)
    return {
        day: of_limit(one, day, horizon=horizon, workdays=workdays, owners=owners, dates=dates) for day in days
    }  # fmt: skip


def tried_after(one: History, learn_until: int | None) -> History:
    """The same, of which only alerts after a moment count."""
    if learn_until is None:
        return one
    return replace(one, watched=replace(one.watched, since=max(one.watched.since, learn_until)))


# ------------------------------------------------------------------------------------------------ load, quarters


@dataclass(frozen=True, slots=True)
class Owners:
    """Who owns each deal that has a clock: `code` is the place of their name."""

    names: Sequence[str | None]
    code: NDArray[np.int64]


def owners_of(one: History) -> Owners:
    """Worked out once for as many tries as there are."""
    column = one.names.get("owner")
    owners = [None] * len(one.ids) if column is None else column.tolist()
    names = sorted(set(owners), key=lambda name: (name is not None, name or ""))
    place = {name: number for number, name in enumerate(names)}
    code = np.fromiter(map(place.__getitem__, owners), np.int64, len(owners))
    return Owners(names, code[one.deals().row])


def _loads(owners: Owners, spells: Spells, alerts: Alerts, spoken: Mask) -> list[Load]:
    """Those who would have been told most first."""
    rows = alerts.row[spoken]
    if not len(rows):
        return []
    begins, ends = (_week(at) for at in (np.maximum(spells.start, spells.watched.since), spells.end - 1))
    week = _week(alerts.at[spoken])
    low = int(min(begins.min(), week.min()))
    shape = len(owners.names), int(max(ends.max(), week.max())) - low + 2
    counts = _table(owners.code[rows], week - low, shape)
    kept = ends >= begins
    change = _table(owners.code[kept], begins[kept] - low, shape) - _table(
        owners.code[kept], ends[kept] + 1 - low, shape
    )
    worked = (np.cumsum(change, axis=1) > 0) | (counts > 0)
    found = [
        Load(
            owners.names[one],
            int(counts[one].sum()),
            float(np.median(counts[one][worked[one]])),
            int(counts[one].max()),
        )
        for one in np.flatnonzero(counts.any(axis=1)).tolist()
    ]
    return sorted(found, key=lambda load: (-load.alerts, load.owner or ""))


def _week(at: Instants) -> NDArray[np.int64]:
    return (at - _MONDAY) // WEEK


def _table(row: NDArray[np.int64], column: NDArray[np.int64], shape: tuple[int, int]) -> NDArray[np.int64]:
    """How often each pair stands there."""
    return np.bincount(row * shape[1] + column, minlength=shape[0] * shape[1]).reshape(shape)


def _quarters(
    told: Spells, at: Instants, spoken: Mask, spells: Spells, seen: Mask, horizon: float, dates: Dates | None
) -> list[Quarter]:
    """Alerts by the quarter in which they would have come, losses by that in which they were lost."""
    within = round(horizon * DAY)
    known = spoken & (at + within <= told.watched.until) & (not spells.open.all())
    wrong = known & told.won & (told.end - at <= within)
    losses = np.flatnonzero(spells.lost & (spells.end >= spells.watched.since))
    rows = np.flatnonzero(spoken)
    alerted, lost = quarter_of(at[rows], dates), quarter_of(spells.end[losses], dates)
    known, wrong, caught = known[rows], wrong[rows], seen[losses]
    found = []
    for number in np.union1d(alerted, lost).tolist():
        mine, gone = alerted == number, lost == number
        found.append(Quarter(
            f"{number // 4}-Q{number % 4 + 1}", int(mine.sum()),
            Rate(int((known & ~wrong & mine).sum()), int((known & mine).sum())),
            Rate(int((caught & gone).sum()), int(gone.sum())),
        ))  # fmt: skip
    return found


def quarter_of(at: Instants, dates: Dates | None = None) -> NDArray[np.int64]:
    """Four times the year and the quarter's place in it."""
    days = at // DAY if dates is None else dates(at)
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return months // 3 + 4 * 1970
