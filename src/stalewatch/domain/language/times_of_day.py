"""Times of the day and days of the week as configuration writes them: `09:00-18:00`, `mon-fri`, `12-29..01-03`."""

from __future__ import annotations

import re
from typing import Final

from stalewatch.domain.calendar_spec import YearlyRange
from stalewatch.domain.language.diagnostics import Findings, cure
from stalewatch.domain.language.nodes import Node, Scalar, Sequence

_TIME: Final = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])", re.ASCII)
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EVERY_DAY: Final = frozenset(range(7))
_DATE: Final = re.compile(r"(0[1-9]|1[0-2])-([0-3][0-9])", re.ASCII)
_LONGEST_MONTHS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def read_time(node: Node, findings: Findings) -> int | None:
    """Minutes after midnight of a time before 24:00; None, and a finding, if it is none."""
    minutes = _minutes(node.text) if isinstance(node, Scalar) else None
    if minutes is None or minutes >= 24 * 60:
        findings.report("not_a_time", node, cure("time_example"), text=_shown(node))
        return None
    return minutes


def read_hours(node: Node, findings: Findings) -> tuple[int, int] | None:
    """Minutes after midnight of both ends; the first is earlier, the second at most 24:00."""
    first, dash, last = node.text.partition("-") if isinstance(node, Scalar) else ("", "", "")
    opens, closes = _minutes(first.strip()), _minutes(last.strip())
    if not dash or opens is None or closes is None or closes <= opens:
        findings.report("not_hours", node, cure("hours_example"), text=_shown(node))
        return None
    return opens, closes


def read_weekdays(node: Node, findings: Findings) -> frozenset[int] | None:
    """Weekdays, 0 = Monday: `mon-fri`, `all`, or a list of days and ranges."""
    items = node.items if isinstance(node, Sequence) else (node,)
    found: frozenset[int] = frozenset()
    for item in items:
        days = _weekdays(item.text.lower()) if isinstance(item, Scalar) else None
        if days is None:
            findings.report("not_weekdays", item, cure("weekdays_example"), text=_shown(item))
            return None
        found |= days
    if not found:
        findings.report("not_weekdays", node, cure("weekdays_example"), text=_shown(node))
        return None
    return found


def read_closure(node: Node, findings: Findings) -> YearlyRange | None:
    """A date of each year, or a range of them, both ends included; the last may lie in the next year."""
    text = node.text if isinstance(node, Scalar) else ""
    first, _, last = text.partition("..")
    begins, ends = _month_and_day(first.strip()), _month_and_day((last or first).strip())
    if begins is None or ends is None:
        findings.report("not_a_closure", node, cure("closure_example"), text=_shown(node))
        return None
    return begins, ends


def _minutes(text: str) -> int | None:
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    minutes = int(found[1]) * 60 + int(found[2])
    return minutes if minutes <= 24 * 60 else None


def _weekdays(text: str) -> frozenset[int] | None:
    if text in ("all", "every day"):
        return _EVERY_DAY
    first, _, last = text.partition("-")
    if first not in _DAYS or (last or first) not in _DAYS:
        return None
    begins, ends = _DAYS.index(first), _DAYS.index(last or first)
    length = (ends - begins) % 7 + 1
    return frozenset((begins + step) % 7 for step in range(length))


def _month_and_day(text: str) -> tuple[int, int] | None:
    found = _DATE.fullmatch(text)
    if found is None or not 1 <= int(found[2]) <= _LONGEST_MONTHS[int(found[1]) - 1]:
        return None
    return int(found[1]), int(found[2])


def _shown(node: Node) -> str:
    return node.text if isinstance(node, Scalar) else "…"
