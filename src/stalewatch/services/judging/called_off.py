"""Meetings ahead that were called off: why there is no next meeting although the calendar shows one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from stalewatch.domain.deadlines import State
from stalewatch.domain.explain import CalledOff
from stalewatch.domain.language.model import Rule, RuleSet
from stalewatch.domain.language.reads import fields_read
from stalewatch.sdk.records import MeetingState
from stalewatch.store import activities
from stalewatch.store.engine import Connection

_READS: Final = "next_meeting_at"
_RUNNING: Final = (State.WATCHING, State.AT_RISK, State.BREACHED, State.PAUSED)


def ahead(conn: Connection, ids: Collection[str], now: int) -> Mapping[str, tuple[CalledOff, ...]]:
    """Those of these records after a moment (microseconds), the first one first; records without any are left out."""
    found: dict[str, tuple[CalledOff, ...]] = {}
    for record, at, state in activities.called_off(conn, ids, now):
        found[record] = (*found.get(record, ()), CalledOff(at, MeetingState(state)))
    return found


def of_rule(rule: Rule, rules: RuleSet, state: State, known: tuple[CalledOff, ...]) -> tuple[CalledOff, ...]:
    """Those that a reader would take for the next meeting: where a clock runs that one would stop or move."""
    return known if known and state in _RUNNING and _READS in fields_read(rule, rules).judged else ()
