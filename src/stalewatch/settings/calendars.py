"""`calendars:`: business calendars by name, and which record follows which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from stalewatch.domain.calendar_spec import Spec
from stalewatch.domain.language import nodes
from stalewatch.domain.language.calendars import read_calendar
from stalewatch.domain.language.diagnostics import cure
from stalewatch.settings.project import UNNAMED, CalendarSpecs, Choice
from stalewatch.settings.section import Section

_CHOOSE: Final = "choose"


def read_calendars(root: Section) -> CalendarSpecs:
    """The project's calendars; without any, Monday to Friday in UTC."""
    section = root.inner("calendars")
    if section is None:
        return CalendarSpecs()
    specs = {
        key.text: read_calendar(inner.node, replace(UNNAMED, name=key.text), inner.findings)
        for key, inner in _named(section)
    }
    if not specs:
        section.need(UNNAMED.name)
        return CalendarSpecs()
    places = {key.text: key.span for key, _ in _named(section)}
    return CalendarSpecs(specs=specs, choose=_choose(section, specs), named=True, places=places)


def _named(section: Section) -> list[tuple[nodes.Scalar, Section]]:
    calendars = nodes.Mapping(section.node.span, tuple(entry for entry in section.node if entry.name != _CHOOSE))
    return list(Section(section.name, calendars, section.findings).sections())


def _choose(section: Section, specs: Mapping[str, Spec]) -> tuple[Choice, ...]:
    rows = [choice for row in section.rows(_CHOOSE) if (choice := _choice(row, specs))]
    first = next(iter(specs))
    if not rows:
        return (_only(section, specs),)
    if rows[-1].condition is not None:
        section.findings.report("no_last_calendar", section.at(_CHOOSE), cure("last_calendar", name=first))
    return tuple(rows)


def _only(section: Section, specs: Mapping[str, Spec]) -> Choice:
    """Without `choose` there is one calendar, or one that is called default."""
    names = list(specs)
    if len(names) > 1 and UNNAMED.name not in names:
        section.need(_CHOOSE)
    return Choice(calendar=UNNAMED.name if UNNAMED.name in names else names[0])


def _choice(row: Section, specs: Mapping[str, Spec]) -> Choice | None:
    row.need("use")
    name, node = row.text("use"), row.get("use")
    if name is None:
        return None
    if name not in specs:
        if isinstance(node, nodes.Scalar):
            row.findings.unknown("unknown_calendar", node, name, specs, cure("define_it", key="calendars"))
        return None
    is_conditional = any(entry.name != "use" for entry in row.node)
    return Choice(calendar=name, condition=row.node if is_conditional else None)
