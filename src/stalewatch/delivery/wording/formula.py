"""The formula of one deadline with its numbers: what `rules explain --deal` shows under the sentence."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from stalewatch.domain.explain import Explanation
from stalewatch.domain.instants import from_us


def with_numbers(one: Explanation) -> str:
    """ "breach_at = calendar.add(2026-10-02 10:00, 14bd, 3 paused) = 2026-10-27 18:00 JST", the same in every language.

    Times are those of the record's calendar; "" without a deadline.
    """
    if one.anchor is None or one.due is None or one.limit is None:
        return ""
    paused = f", {one.paused_dates} paused" if one.paused_dates else ""
    due = _local(one.due, one.zone)
    breach = f"breach_at = {one.calendar}.add({_local(one.anchor, one.zone):%Y-%m-%d %H:%M}, {one.limit}{paused})"
    text = f"{breach} = {due:%Y-%m-%d %H:%M %Z}"
    return text if one.warn is None else f"{text}; warn_at = {_local(one.warn, one.zone):%Y-%m-%d %H:%M %Z}"


def _local(moment: int, zone: str) -> datetime:
    return from_us(moment).astimezone(ZoneInfo(zone))
