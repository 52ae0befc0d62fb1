"""KPIs as they are read: sums of what is kept of the days, by group, with their past and how sure they are.

    kpis(reports, group=GroupBy.TEAM, frm=..., to=..., filters=Filters(), now=..., visible=desk.visible(request))

It reads kept rows only (`kpi_keeping.py` keeps them), so it takes the same time whatever there is in the CRM.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

import msgspec
import numpy as np

from stalewatch.domain.instants import from_day, to_day
from stalewatch.domain.kpi.arithmetic import wilson
from stalewatch.domain.kpi.definitions import FACTORS, FOUR_WEEKS, PROPOSAL_VALUE, Kpi, Unit, definitions
from stalewatch.services.measuring.kpi_names import group_name, people_of
from stalewatch.services.reporting.reports import Filters, Reports, Visible, data_age
from stalewatch.store import kpis as store

MOST_POINTS: Final = 54
"""Points of a trend at the most: a year of weeks."""


class GroupBy(StrEnum):
    """What makes a group."""

    TEAM = "team"
    OWNER = "owner"
    PIPELINE = "pipeline"
    PARTNER = "partner"
    SEGMENT = "segment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One KPI of one group.

    Attributes:
        value: None where nothing is known, or there is nothing that it could be a figure of; never 0 then.
        over, of: value = over / of, in days, in the project's currency, or counted; of a total `over` is the value.
        unit: "rate" (0..1), "days", "money" or "count".
        days: the window that ends with the day, in days; 0: how things stood at the end of the day.
        small: the base is too small to conclude anything from.
        low, high: the 95 % interval of a rate.
        before: the value four weeks ago.
        trend: the value week by week, the last one being `value`.
    """

    kpi: str
    value: float | None
    over: int | float
    of: int | float
    unit: str
    better: str
    days: int
    small: bool
    low: float | None = None
    high: float | None = None
    before: float | None = None
    trend: tuple[tuple[date, float | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of a team, a person, a pipeline ...; a key of "" stands for records that have none."""

    key: str
    name: str
    figures: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class Backfill:
    """How much of the past is worked out: days done, of days wanted."""

    done: int
    wanted: int


@dataclass(frozen=True, slots=True)
class Kpis:
    """The groups by name, and all of them together.

    Attributes:
        as_of: the day at whose end things stood so; None as long as no day is kept.
        currency: of figures in money.
        backfill: None once the past is there.
    """

    group: GroupBy
    groups: tuple[Group, ...]
    all: Group
    as_of: date | None
    data_age_seconds: int | None
    currency: str = ""
    backfill: Backfill | None = None


Sums = Mapping[int, tuple[int, int]]
"""Number of a KPI -> over, of."""


def kpis(
    reports: Reports, *, group: GroupBy, frm: date, to: date, filters: Filters, now: int, visible: Visible | None,
    trends: bool = True,
) -> Kpis:  # fmt: skip
    """The KPIs of records that may be seen, as of the last day up to `to` that is kept.

    Args:
        frm: trends begin there; a trend has at most 54 points, one a week.
        filters: of which owners, team, pipeline and connection count.
        now: microseconds; only for the age of the data.
        trends: of each group; all of them together have theirs in any case.
    """
    known = definitions(reports.book.rules)
    with reports.db.read() as conn:
        work = store.work(conn)
        age, currency = data_age(conn, reports.sources, now), reports.book.judging.currency
        shown = _as_of(work, to)
        if shown is None:
            nothing = {name: _figure(kpi, None, None, ()) for name, kpi in known.items()}
            return Kpis(group, (), Group("", "", nothing), None, age, currency, _backfill(work))
        days, ends = _days(shown, to_day(frm)), (shown - FOUR_WEEKS, shown)
        narrowed = store.Narrowed(
            owners=filters.owners, team=filters.team, pipeline=filters.pipeline, connection=filters.connection
        )
        kept = store.read(conn, {*(days if trends else ()), *ends}, group.value, narrowed, visible)
        whole = kept if trends else store.read(conn, {*days, *ends}, store.ALL, narrowed, visible)
        numbers = store.names(conn)
        people = people_of(conn, {row.key for row in kept}) if group is GroupBy.OWNER else {}
    keys = {row.key: people[row.key].key if row.key in people else row.key for row in kept}
    sums, all_sums = _summed(kept, keys), _summed(whole, dict.fromkeys((row.key for row in whole), ""))
    read = _Reading(known, numbers, shown, days if trends else ())
    names = {key: group_name(reports, group.value, key, people) for key in set(keys.values())}
    found = [Group(key, name, read.figures(sums, key)) for key, name in names.items() if (shown, key) in sums]
    groups = tuple(sorted(found, key=lambda one: (not one.key, one.name, one.key)))
    together = Group("", "", replace(read, days=days).figures(all_sums, ""))
    return Kpis(group, groups, together, from_day(shown), age, currency, _backfill(work))


def _as_of(work: Any, to: date) -> int | None:
    """The last kept day up to `to`."""
    if work is None or work.kept_to is None:
        return None
    last = min(to_day(to), work.kept_to)
    return last if last >= work.kept_from else None


def _backfill(work: Any) -> Backfill | None:
    if work is None or work.kept_to is None or work.wanted_from is None or work.kept_from <= work.wanted_from:
        return None
    return Backfill(work.kept_to - work.kept_from + 1, work.kept_to - work.wanted_from + 1)


def _days(shown: int, first: int) -> Sequence[int]:
    """Week by week up to the day shown."""
    points = min(MOST_POINTS, max(0, shown - first) // 7 + 1)
    return [shown - 7 * back for back in reversed(range(points))]


def _summed(kept: Iterable[store.Kept], keys: Mapping[str, str]) -> dict[tuple[int, str], Sums]:
    """(day, group) -> sums. Exact: money beyond 2**53 is added as whole numbers."""
    texts: dict[tuple[int, str], list[str]] = {}
    for row in kept:
        texts.setdefault((row.day, keys[row.key]), []).append(row.figures)
    return {place: _added(some) for place, some in texts.items()}


def _added(texts: Sequence[str]) -> Sums:
    inner = [text[1:-1] for text in texts if len(text) > 2]
    triples = np.array(msgspec.json.decode(f"[{','.join(inner)}]", type=list[int]), np.int64).reshape(-1, 3)
    numbers, place = np.unique(triples[:, 0], return_inverse=True)
    sums = np.zeros((len(numbers), 2), np.int64)
    np.add.at(sums, place.reshape(-1), triples[:, 1:])
    return {number: (over, of) for number, (over, of) in zip(numbers.tolist(), sums.tolist(), strict=True)}


@dataclass(frozen=True, slots=True)
class _Reading:
    """Makes figures of sums."""

    known: Mapping[str, Kpi]
    numbers: Mapping[int, str]
    shown: int
    days: Sequence[int]

    def figures(self, sums: Mapping[tuple[int, str], Sums], key: str) -> dict[str, Figure]:
        """Every figure of a group."""
        told = {day: self._named(sums.get((day, key), {})) for day in {*self.days, self.shown, self.shown - FOUR_WEEKS}}
        found = {}
        for name, kpi in self.known.items():
            trend = tuple((from_day(day), _value(kpi, told[day].get(name))) for day in self.days)
            before = _value(kpi, told[self.shown - FOUR_WEEKS].get(name))
            found[name] = _figure(kpi, told[self.shown].get(name), before, trend)
        return found

    def _named(self, sums: Sums) -> dict[str, tuple[int, int]]:
        named = {self.numbers[number]: sum_ for number, sum_ in sums.items() if number in self.numbers}
        product = _product(*(named.get(factor, (0, 0)) for factor in FACTORS))
        return named if product is None else {**named, PROPOSAL_VALUE.name: product}


def _product(proposals: tuple[int, int], won: tuple[int, int], price: tuple[int, int]) -> tuple[int, int] | None:
    """What the proposals are worth, in hundredths, and how many there are; None where a factor is not known."""
    if not (proposals[1] and won[1] and price[1]):
        return None
    return round(Fraction(proposals[0] * won[0] * price[0], won[1] * price[1])), proposals[0]


def _value(kpi: Kpi, sums: tuple[int, int] | None) -> float | None:
    return None if sums is None else kpi.value(*sums)


def _figure(
    kpi: Kpi, sums: tuple[int, int] | None, before: float | None, trend: tuple[tuple[date, float | None], ...]
) -> Figure:
    over, of = sums or (0, 0)
    low, high = wilson(over, of) if kpi.unit is Unit.RATE and of > 0 else (None, None)
    shown_of = of / kpi.scale if kpi.name == "stalled_amount" else of
    return Figure(
        kpi=kpi.name, value=_value(kpi, sums), over=over if kpi.scale == 1 else over / kpi.scale, of=shown_of,
        unit=kpi.unit.value, better=kpi.better.value, days=kpi.days, small=kpi.is_small(of), low=low, high=high,
        before=before, trend=trend,
    )  # fmt: skip
