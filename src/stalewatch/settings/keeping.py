"""`retention:`, how long what we remember is kept; `webhooks:`, who is told of events; `heartbeat:`, who is told that
all is well."""

from __future__ import annotations

import re
from typing import Final

from stalewatch.domain.hooks import EventType, Hook
from stalewatch.domain.instants import DAY
from stalewatch.domain.language.diagnostics import cure
from stalewatch.domain.language.nodes import Scalar
from stalewatch.domain.retention import YEAR, Retention
from stalewatch.settings.project import Beating
from stalewatch.settings.section import Section

_WRITTEN: Final = re.compile(r"([0-9]{1,5}) ?([dwy])", re.ASCII)
_UNITS: Final = {"d": DAY, "w": 7 * DAY, "y": YEAR}
_LEAST: Final = {"changes": 30 * DAY, "outbox": 14 * DAY, "audit": YEAR}
"""Shorter would take away what is still at work: a message is tried for 7 days and may be reopened after that."""
SHORTEST_SECRET: Final = 24
"""Characters: Standard Webhooks ask for 24 bytes."""
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


def read_webhooks(root: Section) -> tuple[Hook, ...]:
    """The list; an address stands in it once."""
    found: dict[str, Hook] = {}
    lines: dict[str, int] = {}
    for section in root.rows("webhooks"):
        section.only("url", "secret", "previous", "events", "allow_custom_host")
        section.need("url", "secret")
        free = section.flag("allow_custom_host")
        address = section.address("url", ("https", "http") if free else ("https",))
        secrets = tuple(text for key in ("secret", "previous") if (text := section.text(key)))
        _long_enough(section)
        events = frozenset(EventType(one) for one in _events(section))
        if address is None or not secrets:
            continue
        hook = Hook(url=address.geturl(), secrets=secrets, events=events, allow_custom_host=free)
        if hook.target in found:
            thing = dict.fromkeys(("en", "ja"), "webhook")
            section.findings.report(
                "duplicate_name",
                section.at("url"),
                cure("keep_one", line=lines[hook.target]),
                thing=thing,
                name=address.hostname or "",
            )
        found[hook.target] = hook
        lines.setdefault(hook.target, section.node.span.line)
    return tuple(found.values())


def read_heartbeat(section: Section | None) -> Beating | None:
    """The section; None without it."""
    if section is None:
        return None
    section.only("url", "allow_custom_host")
    section.need("url")
    free = section.flag("allow_custom_host")
    address = section.address("url", ("https", "http") if free else ("https",))
    return None if address is None else Beating(url=address.geturl(), allow_custom_host=free)


def _events(section: Section) -> list[str]:
    known = [one.value for one in EventType]
    for item in section.scalars("events"):
        if item.text not in known:
            remedy = cure("one_of", names=", ".join(known))
            section.findings.unknown("unknown_value", item, item.text, known, remedy, field="events")
    return [item.text for item in section.scalars("events") if item.text in known]


def _long_enough(section: Section) -> None:
    """A short secret can be guessed from one message."""
    for key in ("secret", "previous"):
        node = section.get(key)
        text = section.text(key)
        if node is not None and text is not None and len(text) < SHORTEST_SECRET:
            section.findings.report(
                "too_short", node, cure("at_least_characters", many=SHORTEST_SECRET), text="…", key=key
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
