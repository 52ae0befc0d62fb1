"""A business calendar as files describe it: `{tz, hours, days, holidays, closed}`."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from stalewatch.domain.calendar_spec import CalendarError, Spec, YearlyRange
from stalewatch.domain.calendar_workdays import public_holidays
from stalewatch.domain.calendar_zone import zone_named
from stalewatch.domain.language.diagnostics import Findings, cure
from stalewatch.domain.language.nodes import Mapping, Node, Scalar, is_empty
from stalewatch.domain.language.shapes import check_keys, items_of, text_of
from stalewatch.domain.language.times_of_day import read_closure, read_hours, read_weekdays

CALENDAR_KEYS: Final = ("tz", "hours", "days", "holidays", "closed")
_NONE: Final = ("off", "none", "false", "no holidays")


def read_calendar(node: Mapping, defaults: Spec, findings: Findings) -> Spec:
    """The calendar of a mapping; what it does not say, or says wrongly, is as in `defaults`."""
    check_keys(node, CALENDAR_KEYS, {"en": "a calendar", "ja": "カレンダー"}, findings)
    spec = replace(defaults, zone=read_zone(node.get("tz"), findings) or defaults.zone)
    hours, days = node.get("hours"), node.get("days")
    if hours is not None and (found := read_hours(hours, findings)):
        spec = replace(spec, opens=found[0], closes=found[1])
    if days is not None and (weekdays := read_weekdays(days, findings)):
        spec = replace(spec, days=weekdays)
    if "holidays" in node:
        spec = replace(spec, holidays=_holidays(node.get("holidays"), findings))
    if "closed" in node:
        spec = replace(spec, closed=_closed(node.get("closed"), findings))
    return spec


def read_zone(node: Node | None, findings: Findings) -> str | None:
    """The IANA name of a time zone; None if the key is not there, or, with a finding, if there is no such zone."""
    name = text_of("tz", node, findings)
    if name is None or node is None:
        return None
    try:
        zone_named(name)
    except CalendarError:
        findings.report("unknown_zone", node, cure("zone_example"), name=name)
        return None
    return name


def _holidays(node: Node | None, findings: Findings) -> str | None:
    if is_empty(node) or (isinstance(node, Scalar) and node.text.lower() in _NONE):
        return None
    place = text_of("holidays", node, findings)
    if place is None or node is None:
        return None
    try:
        public_holidays(place)
    except CalendarError:
        findings.report("unknown_holidays", node, cure("holidays_example"), name=place)
        return None
    return place


def _closed(node: Node | None, findings: Findings) -> tuple[YearlyRange, ...]:
    items = (node,) if isinstance(node, Scalar) and not is_empty(node) else items_of("closed", node, findings)
    return tuple(span for item in items if (span := read_closure(item, findings)))
