"""`pause:`, days that do not count: the record's waits, or while a condition holds; never without an end."""

from __future__ import annotations

from typing import Final

from stalewatch.domain.durations import Duration
from stalewatch.domain.language.conditions import parse_condition
from stalewatch.domain.language.diagnostics import Findings, cure
from stalewatch.domain.language.durations import read_duration
from stalewatch.domain.language.model import Pause, Ref
from stalewatch.domain.language.nodes import Mapping, Node, Scalar, is_empty
from stalewatch.domain.language.scope import Scope
from stalewatch.domain.language.shapes import check_keys, missing, wrong
from stalewatch.domain.language.starts import time_field
from stalewatch.domain.language.terms import THINGS

_KEYS: Final = ("until", "from", "while", "max")


def parse_pause(node: Node, scope: Scope, findings: Findings) -> Pause | None:
    """`{until: hold_until, from: hold_set_at, max: 60d}` or `{while: {...}, max: 60d}`."""
    if not isinstance(node, Mapping):
        wrong("pause", node, "mapping", findings, cure("write_pause"))
        return None
    check_keys(node, _KEYS, "pause", findings)
    most = _most(node, findings)
    held = node.get("while")
    if held is None:
        return _wait(node, most, scope, findings)
    condition = parse_condition(held, scope, findings)
    for entry in node:
        if entry.name in ("until", "from"):
            findings.report("unknown_key", entry.key, cure("pause_one"), name=entry.name, thing=THINGS["pause"])
    return Pause(most, condition=condition) if most and condition else None


def _most(node: Mapping, findings: Findings) -> Duration | None:
    most = node.get("max")
    if most is None:
        findings.report("pause_without_max", node, cure("pause_max"))
        return None
    return read_duration(most, findings)


def _wait(node: Mapping, most: Duration | None, scope: Scope, findings: Findings) -> Pause | None:
    until, since = node.get("until"), node.get("from")
    if until is None and "from" in node:
        missing("until", node, _KEYS, THINGS["pause"], findings)
    elif until is None:
        findings.report("missing_word", node, cure("pause_one"), thing=THINGS["pause"], key="until")
    elif since is None:
        findings.report("pause_without_from", node, cure("pause_from"))
    ends, begins = _time("until", until, scope, findings), _time("from", since, scope, findings)
    return Pause(most, until=ends, since=begins) if most and ends and begins else None


def _time(key: str, node: Node | None, scope: Scope, findings: Findings) -> Ref | None:
    if node is None:
        return None
    if not isinstance(node, Scalar) or is_empty(node):
        wrong(key, node, "name", findings)
        return None
    return time_field(node, scope, findings, cure("write_pause"), "pause_not_time")
