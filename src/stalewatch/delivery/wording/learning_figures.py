"""Figures of what a history teaches, as people read them; "" where there is none."""

from __future__ import annotations

from stalewatch.delivery.wording.learning_words import say
from stalewatch.delivery.wording.reader import Reader
from stalewatch.domain.learning.intervals import Rate
from stalewatch.domain.learning.scoring import Score


def percent(share: float) -> str:
    """A share with one decimal: those of a rule are compared."""
    return f"{100 * share:.1f}%"


def rate(one: Rate) -> str:
    """A share; "" where there is none."""
    return "" if one.value is None else percent(one.value)


def interval(one: Rate) -> str:
    """Its interval; "" where there is none."""
    found = one.interval
    return "" if found is None else f"{percent(found.low)}–{percent(found.high)}"


def ahead(one: Score, reader: Reader) -> str:
    """The median of the days by which losses were flagged before; "" where there are none."""
    return "" if one.lead is None else say("days", reader, days=reader.number(round(one.lead.p50, 1)))
