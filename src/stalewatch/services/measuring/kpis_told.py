"""KPIs as the API tells them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from stalewatch.services.measuring.kpis import Figure, Group, Kpis


class KpiFigureTold(msgspec.Struct, frozen=True, kw_only=True):
    """One KPI of one group.

    `value` is null where it is not known, or where there is nothing that it could be a figure of. `unit` is rate
    (0..1), days, money (in `currency`) or count. `over` and `of` are what it is worked out of; `days` is the window
    that ends with the day, 0 for how things stood at its end. `small`: too little to conclude from. `low` and `high`
    are the 95 % interval of a rate, `before` the value four weeks ago, `trend` the value of each week: [date, value].
    """

    kpi: str
    value: float | None
    over: float
    of: float
    unit: str
    better: str
    days: int
    small: bool
    low: float | None
    high: float | None
    before: float | None
    trend: list[tuple[str, float | None]]


class KpiGroupTold(msgspec.Struct, frozen=True):
    """A team, a person, a pipeline, a segment or a partner; a key of "" stands for records that have none."""

    key: str
    name: str
    figures: list[KpiFigureTold]


class KpiPastTold(msgspec.Struct, frozen=True):
    """How many of the days of the past are worked out already."""

    done: int
    wanted: int


class KpisTold(msgspec.Struct, frozen=True, kw_only=True):
    """The KPIs of each group, and of all of them together, at the end of the day `as_of` (null: none is kept yet)."""

    group: str
    items: list[KpiGroupTold]
    all: KpiGroupTold
    currency: str
    past: KpiPastTold | None
    as_of: str | None
    data_age_seconds: int | None


def kpis_told(found: Kpis, only: str | None = None) -> KpisTold:
    """All of it, or the figures of one KPI and those that divide it (`stage_pass`, `stage_pass.proposal`)."""
    past = None if found.backfill is None else KpiPastTold(found.backfill.done, found.backfill.wanted)
    return KpisTold(
        group=found.group.value, items=[_group(one, only) for one in found.groups], all=_group(found.all, only),
        currency=found.currency, past=past, as_of=None if found.as_of is None else found.as_of.isoformat(),
        data_age_seconds=found.data_age_seconds,
    )  # fmt: skip


COLUMNS = ("group", "name", *(name for name in KpiFigureTold.__struct_fields__ if name != "trend"), "as_of")


def rows(told: KpisTold) -> Iterator[dict[str, Any]]:
    """A row for each figure of each group, and at the end those of all together, under the group "*"."""
    for key, group in [*((one.key, one) for one in told.items), ("*", told.all)]:
        for figure in group.figures:
            yield {**msgspec.structs.asdict(figure), "group": key, "name": group.name, "as_of": told.as_of}


def _group(group: Group, only: str | None) -> KpiGroupTold:
    return KpiGroupTold(group.key, group.name, list(_figures(group.figures.values(), only)))


def _figures(figures: Iterable[Figure], only: str | None) -> Iterator[KpiFigureTold]:
    for one in figures:
        if only is None or one.kpi == only or one.kpi.startswith(f"{only}."):
            yield KpiFigureTold(
                kpi=one.kpi, value=one.value, over=one.over, of=one.of, unit=one.unit, better=one.better,
                days=one.days, small=one.small, low=one.low, high=one.high, before=one.before,
                trend=[(day.isoformat(), value) for day, value in one.trend],
            )  # fmt: skip
