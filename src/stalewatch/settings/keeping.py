"""`retention:`, how long what we remember is kept."""

from __future__ import annotations

import re
from typing import Final

from stalewatch.domain.instants import DAY
from stalewatch.domain.language.diagnostics import cure
from stalewatch.domain.language.nodes import Scalar
from stalewatch.domain.retention import YEAR, Retention
from stalewatch.settings.section import Section

_WRITTEN: Final = re.compile(r"([0-9]{1,5}) ?([dwy])", re.ASCII)
_UNITS: Final = {"d": DAY, "w": 7 * DAY, "y": YEAR}
_LEAST: Final = {"changes": 30 * DAY, "outbox": 14 * DAY, "audit": YEAR}
"""Shorter would take away what is still at work: a message is tried for 7 days and may be reopened after that."""
_LONGEST: Final = 100 * YEAR


def read_retention(section: Section | None) -> Retention:
    """The section, with what it does not say as it usually is; `off` keeps for ever."""
    usual = Retention()
    if section is None:
        return usual
    section.only(*_LEAST)
    return Retention(
        changes=_span(section, "changes", usual.changes),
        outbox=_span(section, "outbox", usual.outbox),
        audit=_span(section, "audit", usual.audit),
    )


def _span(section: Section, key: str, usual: int | None) -> int | None:
    node = section.get(key)
    if node is None or section.is_off(key):
        return usual if node is None else None
    text = node.text.strip() if isinstance(node, Scalar) else "[…]"
    found = _WRITTEN.fullmatch(text)
    span = int(found[1]) * _UNITS[found[2]] if found else None
    if span is None or span > _LONGEST:
        section.findings.report("not_a_duration", node, cure("retention_example"), text=text)
        return usual
    if span < _LEAST[key]:
        least = _LEAST[key] // DAY
        section.findings.report("too_short", node, cure("at_least_days", days=least), text=text, key=key)
    return span
