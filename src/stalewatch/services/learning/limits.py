"""Limits that a history suggests: for whole deals, and for each stage of each pipeline where it says who entered which.

A segment has a limit of its own from fifty won on; with fewer it shares the one of its stage.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from stalewatch.domain.instants import Mask
from stalewatch.domain.learning.history import History, Names, Stays
from stalewatch.domain.learning.scoring import Score, after_days, score
from stalewatch.domain.learning.suggesting import LEAST_WON, Lacking, Suggestion, suggest

MOST: Final = 60
"""Groups that are looked at: the largest. More are no table that anybody reads."""


@dataclass(frozen=True, slots=True)
class Group:
    """What a limit is for; None where it is for all of them.

    Attributes:
        stage: None: the whole deal.
    """

    pipeline: str | None = None
    stage: str | None = None
    segment: str | None = None


@dataclass(frozen=True, slots=True)
class Learned:
    """What the history of a group suggests.

    Attributes:
        scores: what flags at a day would have been worth, by day: at the suggested limit, and at the percentiles of
            what was won; empty where nothing is suggested.
    """

    group: Group
    found: Suggestion
    scores: Mapping[int, Score]


def learned(
    one: History, order: Mapping[str, int], *, horizon: float, seed: int = 0, scored: History | None = None
) -> list[Learned]:
    """Whole deals first, then stage by stage; of each the largest groups.

    Args:
        order: the place of each stage.
        horizon: days within which a win says that a flag was wrong.
        scored: the history on which the limits are tried; None: the one that they are learned from.
    """
    groups = [*_groups(one, one.deals(), staged=False)]
    if one.has_stages:
        groups += _groups(one, one.stays(order), staged=True)
    largest = sorted(range(len(groups)), key=lambda place: -len(groups[place][1].spells))[:MOST]
    chosen = [groups[place] for place in sorted(largest)]
    if scored is None:
        return [_learn(group, stays, stays, horizon, seed) for group, stays in chosen]
    tried = (scored.deals(), scored.stays(order))
    return [
        _learn(group, stays, in_group(scored, tried[group.stage is not None], group), horizon, seed)
        for group, stays in chosen
    ]


def _learn(group: Group, stays: Stays, tried: Stays, horizon: float, seed: int) -> Learned:
    found = suggest(stays.spells, seed=seed)
    if found.lacking is not Lacking.NONE or found.limit is None:
        return Learned(group, found, {})
    days = sorted({found.limit.day, *found.percentiles})
    return Learned(
        group, found, {day: score(tried.spells, after_days(tried.spells, day), horizon=horizon) for day in days}
    )


def in_group(one: History, stays: Stays, group: Group) -> Stays:
    """Those of some spells of a history that belong to a group."""
    mine = _is(_of(one.names.get("pipeline"), stays), group.pipeline)
    mine = mine & _is(_of(one.names.get("segment"), stays), group.segment) & _is(stays.stage, group.stage)
    return stays.only(mine)


def stage_order(one: History, known: Sequence[str]) -> dict[str, int]:
    """The place of each stage: as the catalogue has it, or, where a history has others, as deals went through them.

    A stage comes where deals that went through several entered it on average.
    """
    seen = set(one.visits.stage.tolist())
    if seen <= set(known):
        return {stage: place for place, stage in enumerate(known)}
    row = one.visits.row
    first = np.flatnonzero(np.append(True, row[1:] != row[:-1]))
    many = np.diff(np.append(first, len(row)))
    place = (np.arange(len(row)) - np.repeat(first, many)) / np.maximum(np.repeat(many, many) - 1, 1)
    several = np.repeat(many, many) > 1
    sums: dict[str, list[float]] = {stage: [] for stage in seen}
    for stage, where in zip(one.visits.stage[several].tolist(), place[several].tolist(), strict=True):
        sums[stage].append(where)
    mean = {stage: sum(places) / len(places) if places else 1.0 for stage, places in sums.items()}
    return {stage: number for number, stage in enumerate(sorted(seen, key=lambda one: (mean[one], one)))}


def _groups(one: History, stays: Stays, *, staged: bool) -> Iterator[tuple[Group, Stays]]:
    """Each pipeline, or stage of one, with all of it first and then the segments that have enough won ones."""
    pipelines, segments = (_of(one.names.get(name), stays) for name in ("pipeline", "segment"))
    named = sorted({name for name in pipelines if name is not None})
    if not staged and len(named) != 1:
        yield Group(), stays
    for pipeline in named or [None]:
        mine = _is(pipelines, pipeline)
        for stage in _in_order(stays.stage[mine]) if staged else [None]:
            there = mine & _is(stays.stage, stage) if staged else mine
            if staged or named:
                yield Group(pipeline, stage), stays.only(there)
            yield from _segments(Group(pipeline, stage), stays, there, segments)


def _segments(group: Group, stays: Stays, there: Mask, segments: Names) -> Iterator[tuple[Group, Stays]]:
    for segment in sorted({name for name in segments[there] if name is not None}):
        mine = there & _is(segments, segment)
        if int(stays.spells.won[mine].sum()) >= LEAST_WON:
            yield Group(group.pipeline, group.stage, segment), stays.only(mine)


def _of(names: Names | None, stays: Stays) -> Names:
    return np.full(len(stays.row), None, np.object_) if names is None else names[stays.row]


def _is(names: Names, wanted: str | None) -> Mask:
    return np.ones(len(names), np.bool_) if wanted is None else np.asarray(names == wanted, np.bool_)


def _in_order(names: Names) -> list[str]:
    return list(dict.fromkeys(str(name) for name in names))
