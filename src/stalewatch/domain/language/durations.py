"""Durations in rule files: `14d`, `10bd`, `24h`, `4bh`, `30m`, `2w`, and `14日`, `10営業日`, `24時間`, `4営業時間`."""

from __future__ import annotations

import re
from typing import Final

from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.language.diagnostics import Cure, Findings, cure
from stalewatch.domain.language.nearest import narrowed
from stalewatch.domain.language.nodes import Node, Scalar

_UNITS: Final = {
    **{unit.value: unit for unit in Unit},
    "分": Unit.MINUTE,
    "時間": Unit.HOUR,
    "日": Unit.DAY,
    "週": Unit.WEEK,
    "週間": Unit.WEEK,
    "営業日": Unit.BUSINESS_DAY,
    "営業時間": Unit.BUSINESS_HOUR,
}
_WRITTEN = re.compile(r"([0-9]{1,6}) ?([a-z]{1,2}|[分時間日週営業]{1,4})", re.ASCII)
_MONTHS = re.compile(r"([0-9]{1,3}) ?(?:months?|mo|[ヶか箇ケカ]?月)", re.ASCII)
_IN_WORDS = re.compile(r"([0-9]{1,6}) ?([a-z]+(?: [a-z]+)?|[日営業時間週分]+)", re.ASCII)
_WORDS: Final = {
    **dict.fromkeys(("minute", "min"), "m"),
    **dict.fromkeys(("hour", "hr", "hrs"), "h"),
    **dict.fromkeys(("day", "calendarday"), "d"),
    **dict.fromkeys(("week", "wk"), "w"),
    **dict.fromkeys(("businessday", "workday", "workingday", "weekday"), "bd"),
    **dict.fromkeys(("businesshour", "workinghour"), "bh"),
    "日間": "日",
    "営業日間": "営業日",
    "分間": "分",
}
"""Units as people write them out."""
_MOST_DAYS = 36_500
_LONGEST = {
    Unit.MINUTE: _MOST_DAYS * 24 * 60,
    Unit.HOUR: _MOST_DAYS * 24,
    Unit.DAY: _MOST_DAYS,
    Unit.WEEK: _MOST_DAYS // 7,
    Unit.BUSINESS_DAY: _MOST_DAYS * 5 // 7,
    Unit.BUSINESS_HOUR: _MOST_DAYS * 24,
}
"""A hundred years: beyond it the calendars have no tables, and nobody means it."""


def parse(text: str) -> Duration | None:
    """The duration that a text names; None if it names none, or one that cannot be counted (`0h`)."""
    found = _WRITTEN.fullmatch(text.strip())
    unit = _UNITS.get(found[2]) if found else None
    if found is None or unit is None:
        return None
    amount = int(found[1])
    if amount > _LONGEST[unit] or (amount == 0 and not unit.counts_dates):
        return None
    return Duration(amount, unit)


def read_duration(node: Node, findings: Findings, usual: Unit | None = None) -> Duration | None:
    """The duration of a node; None, and a finding, if it is none. A bare number most likely counts `usual` units."""
    if not isinstance(node, Scalar):
        findings.report("not_a_duration", node, cure("duration_example"), text="[…]")
        return None
    duration = parse(node.text)
    if duration is None:
        _report(node, usual, findings)
    return duration


def _report(node: Scalar, usual: Unit | None, findings: Findings) -> None:
    narrow = narrowed(node.text)
    if isinstance(node.value, int | float) and not isinstance(node.value, bool):
        remedy = cure("write", text=f"{node.text}{usual}") if usual else cure("unit", number=node.text)
        findings.report("needs_unit", node, remedy)
    elif narrow != node.text and parse(narrow):
        wide = next(char for char, plain in zip(node.text, narrow, strict=True) if char != plain)
        findings.report("full_width", node, cure("write", text=narrow), char=wide)
    elif re.fullmatch(r"0+ ?(h|m|bh|分|時間|営業時間)", node.text.strip()):
        findings.report("zero_duration", node, cure("zero_duration"), text=node.text)
    else:
        findings.report("not_a_duration", node, _meant(narrow), text=node.text)


def _meant(text: str) -> Cure:
    """What somebody who wrote `2 weeks`, `3ヶ月` or `1.5d` should write."""
    months = _MONTHS.fullmatch(text.strip())
    if months:
        return cure("months", days=int(months[1]) * 30)
    if re.match(r"[0-9]+[.,][0-9]", text):
        return cure("whole_duration")
    words = _IN_WORDS.fullmatch(text.strip().lower())
    unit = _WORDS.get(words[2].removesuffix("s").replace(" ", "")) if words else None
    if words and unit and parse(f"{words[1]}{unit}"):
        return cure("write", text=f"{words[1]}{unit}")
    known = _WRITTEN.fullmatch(text.strip())
    return cure("fewer_days") if known and known[2] in _UNITS else cure("duration_example")
