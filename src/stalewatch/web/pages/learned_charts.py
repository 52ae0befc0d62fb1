"""The charts of what a history teaches: the chance by days open, and what other limits would have done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from stalewatch.delivery.wording.learning_words import say
from stalewatch.delivery.wording.reader import Reader
from stalewatch.domain.learning.suggesting import LEAST_AT_RISK, Day
from stalewatch.services.learning.backtests import Backtest
from stalewatch.services.learning.limits import Learned
from stalewatch.web.pages.charts import Chart, Series, line

_BEHIND: Final = 1.25
"""How far a curve goes on behind the day of closing out, where next to nothing is won any more."""
_TALL: Final = 1.02
"""How far the lines of warn, limit and close-out reach, of the highest chance."""


def trade_off(found: Mapping[str, Backtest], reader: Reader) -> list[Chart]:
    """Precision, recall and nagged winners against the limit, and the days of warning.

    Args:
        found: by limit, in words.
    """
    labels = list(found)
    horizon = reader.number(next(iter(found.values())).horizon)
    shares = [
        Series(say("chart_precision", reader, horizon=horizon), [one.score.precision.value for one in found.values()]),
        Series(say("chart_recall", reader), [one.score.recall.value for one in found.values()], "fine"),
        Series(say("chart_nagged", reader), [one.nagged.value for one in found.values()], "soon"),
    ]
    leads = [None if one.score.lead is None else one.score.lead.p50 for one in found.values()]
    return [
        line(shares, labels, title=say("chart_trade", reader), unit="rate", reader=reader),
        line([Series(say("chart_lead_days", reader), leads)], labels, title=say("chart_lead", reader), unit="days",
             reader=reader),
    ]  # fmt: skip


def curve(name: str, one: Learned, reader: Reader) -> Chart:
    """The remaining chance to win by days open, with warn, limit and close-out where they stand."""
    found = one.found
    last = _last(one)
    chance = [None if np.isnan(value) else float(value) for value in found.curve.chance[: last + 1]]
    top = max((value for value in chance if value is not None), default=1.0) * _TALL
    series = [Series(say("chart_chance", reader), chance)]
    posts = (("warn", found.warn, "soon"), ("limit", found.limit, "late"), ("close", found.close_out, "hold"))
    for word, day, tone in posts:
        if day is not None and day.day <= last:
            series.append(Series(say(f"chart_{word}", reader, day=day.day), _post(day, last, top), tone))
    labels = [reader.number(day) for day in range(last + 1)]
    return line(series, labels, title=say("chart_curve", reader, group=name), unit="rate", reader=reader)


def _last(one: Learned) -> int:
    """The last day that is drawn: some way behind what is suggested, as far as enough is known."""
    found = one.found
    known = np.flatnonzero(found.curve.table.at_risk >= LEAST_AT_RISK)
    days = [day.day for day in (found.warn, found.limit, found.close_out) if day is not None]
    behind = round(_BEHIND * max(days, default=0)) if found.close_out is not None else len(found.curve.chance)
    return max([min(int(known[-1]) if len(known) else 0, behind), *days])


def _post(day: Day, last: int, top: float) -> list[float | None]:
    """A line that rises on one day: from nothing there to the top on the next."""
    if last == 0:
        return [top]
    base = min(day.day, last - 1)
    return [0.0 if place == base else top if place == base + 1 else None for place in range(last + 1)]
