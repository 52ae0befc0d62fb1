"""Lessons as programs read them: numbers, names and None, nothing in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from stalewatch.domain.learning.intervals import Interval, Rate
from stalewatch.domain.learning.scoring import Score
from stalewatch.domain.learning.suggesting import Day, Lacking, Suggestion
from stalewatch.services.learning.backtests import Backtest
from stalewatch.services.learning.lessons import Lesson
from stalewatch.services.learning.limits import Learned


def lesson_data(one: Lesson, days: Mapping[str, object]) -> dict[str, Any]:
    """A lesson.

    Args:
        days: the dates of its history, by what they are.
    """
    spells = one.history.deals().spells
    return {
        "about": one.about, **days, "horizon_days": one.asked.horizon, "seed": one.asked.seed,
        "records": len(one.history.ids), "without_beginning": one.without_beginning, "counted": len(spells),
        "won": int(spells.won.sum()), "lost": int(spells.lost.sum()), "open": int(spells.open.sum()),
        "late_entries": one.late_entries, "left_out": dict(one.history.left_out), "has_stages": one.history.has_stages,
        "stages": list(one.order), "groups": [group_data(each) for each in one.learned],
    }  # fmt: skip


def group_data(one: Learned) -> dict[str, Any]:
    """What was learned of one group."""
    found = one.found
    return {
        "pipeline": one.group.pipeline, "stage": one.group.stage, "segment": one.group.segment,
        "won": found.won, "lost": found.lost, "open": found.open,
        "not_enough_history": None if found.lacking is Lacking.NONE else found.lacking.value,
        "warn": day_data(found.warn), "limit": day_data(found.limit), "close_out": day_data(found.close_out),
        "p75_won": _at(found.percentiles, 0), "p90_won": _at(found.percentiles, 1), "turns_up": found.turns_up,
        "chance": _chances(found), "limits": [{"days": day, **score_data(score)} for day, score in one.scores.items()],
    }  # fmt: skip


def backtest_data(one: Backtest) -> dict[str, Any]:
    """What would have been said."""
    return {
        **score_data(one.score), "horizon_days": one.horizon, "won_told_of": rate_data(one.nagged),
        "load": [{"owner": load.owner, "alerts": load.alerts, "median_a_week": load.median, "most_a_week": load.most}
                 for load in one.load],
        "quarters": [{"quarter": each.name, "alerts": each.alerts, "precision": rate_data(each.precision),
                      "recall": rate_data(each.recall)} for each in one.quarters],
    }  # fmt: skip


def score_data(one: Score) -> dict[str, Any]:
    """What flags would have been worth."""
    return {
        "flagged": one.flagged._asdict(), "late_entries": one.late_entries, "mature": one.mature._asdict(),
        "precision": rate_data(one.precision), "naive_precision": rate_data(one.naive),
        "base_rate": rate_data(one.base), "lift": one.lift, "recall": rate_data(one.recall),
        "zombies": rate_data(one.zombies),
        "lead_days": None if one.lead is None else one.lead._asdict(), "caught_early": rate_data(one.early),
        "amount": one.amount / 100,
    }  # fmt: skip


def rate_data(one: Rate) -> dict[str, Any]:
    """A share with its interval; None where there is nothing to have a share of."""
    return {"over": one.over, "of": one.of, "rate": one.value, "interval": _interval(one.interval)}


def day_data(one: Day | None) -> dict[str, Any] | None:
    """A suggested day with its interval."""
    return None if one is None else {"day": one.day, "interval": _interval(one.interval)}


def _interval(one: Interval | None) -> list[float] | None:
    return None if one is None else [one.low, one.high]


def _at(values: tuple[int, ...], place: int) -> int | None:
    return values[place] if place < len(values) else None


def _chances(found: Suggestion) -> list[float | None]:
    """The chance to be won after each day; None where nothing is left."""
    return [None if np.isnan(one) else round(float(one), 6) for one in found.curve.chance]
