"""`reviews:` and `forecast:`: where the review of a week or a month is posted, and what a deal counts for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from stalewatch.domain.forecasting import USUAL, Weighting
from stalewatch.domain.language.diagnostics import cure
from stalewatch.domain.language.times_of_day import read_time
from stalewatch.domain.reviewing import Every, Posting
from stalewatch.settings.section import Section

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_KEYS: Final = {Every.WEEKLY: ("channel", "teams", "day", "at"), Every.MONTHLY: ("channel", "teams", "at")}


def read_reviews(section: Section | None, channels: Mapping[str, str]) -> Mapping[Every, Posting]:
    """The reviews that are posted; without the section none is.

    Args:
        channels: team -> channel, as `teams:` has them.
    """
    if section is None:
        return {}
    section.only("weekly", "monthly")
    found = {}
    for every in Every:
        inner = section.inner(every.value)
        if inner is not None:
            found[every] = _posting(inner, every, channels)
    return found


def read_weighting(section: Section | None) -> Weighting:
    """`forecast.weights`: a share for each category; what is not said weighs as it usually does."""
    inner = section.inner("weights") if section else None
    if section is not None:
        section.only("weights")
    if inner is None:
        return Weighting()
    inner.only(*USUAL)
    said = {name: inner.share(name) for name in USUAL}
    return Weighting(
        weights={name: USUAL[name] if share is None else round(100 * share) for name, share in said.items()}
    )


def _posting(section: Section, every: Every, channels: Mapping[str, str]) -> Posting:
    section.only(*_KEYS[every])
    usual = Posting()
    at, day = section.get("at"), section.word("day", DAYS) if every is Every.WEEKLY else None
    minute = None if at is None else read_time(at, section.findings)
    for node in section.scalars("teams"):
        if node.text not in channels:
            remedy = cure("one_of", names=", ".join(channels) or "–")
            section.findings.unknown("unknown_value", node, node.text, channels, remedy, field="teams")
    return Posting(
        channel=section.text("channel"),
        teams=section.names("teams"),
        weekday=usual.weekday if day is None else DAYS.index(day),
        minute=usual.minute if minute is None else minute,
    )
