"""Explanations for lists: out of a stored clock and its record, without judging anew."""

from __future__ import annotations

from typing import Any

import numpy as np

from stalewatch.domain.calendar import Calendar
from stalewatch.domain.deadlines import State
from stalewatch.domain.entries import Entry, deadlines
from stalewatch.domain.explain import CalledOff, Explanation
from stalewatch.domain.instants import NEVER, OUTSIDE
from stalewatch.services.judging import called_off
from stalewatch.services.judging.beginnings import Told, beginning
from stalewatch.services.judging.explaining import BUSINESS, pause_reason
from stalewatch.services.rules.rulebook import Rulebook


def of_entry(
    book: Rulebook, row: Any, entry: Entry, calendar: Calendar, by: Told, crm: str, now: int,
    off: tuple[CalledOff, ...] = (),
) -> Explanation:  # fmt: skip
    """The form for lists, out of a stored clock and its record alone: all but what is still missing.

    Args:
        by: who says when the record's fields changed (`beginnings.told`).
        crm: the type of the record's connection.
        off: meetings of the record that were called off (`called_off.ahead`).
    """
    rule = book.by_id[entry.rule]
    clocks = deadlines([entry])
    moment = np.array([now], np.int64)
    limit = rule.within[entry.limit].duration if entry.limit >= 0 else None
    counted = limit is not None and limit.unit in BUSINESS and entry.runs
    skipped = int(calendar.holidays_between(clocks.anchor, clocks.breach_at)[0]) if counted else 0
    pauses = clocks.pauses
    waits = 0 if pauses is None else int(calendar.paused_dates(clocks.anchor, clocks.breach_at, pauses)[0])
    begun = beginning(rule, book.rules, row, entry.anchor, calendar, by, now, estimated=entry.estimated)
    state = State(int(clocks.state(moment)[0]))
    return Explanation(
        rule_id=rule.id,
        rule_title=rule.title,
        state=state.word,
        subject=entry.subject,
        start=begun.start,
        started_by=begun.said,
        anchor=entry.anchor,
        source=begun.source,
        limit=limit,
        calendar=calendar.spec.name,
        zone=calendar.spec.zone,
        holidays_skipped=skipped,
        paused_dates=waits,
        pause_reason=pause_reason(rule, row),
        paused_until=None if (held := int(clocks.paused_until(moment)[0])) in (NEVER, OUTSIDE) else held,
        due=None if state is State.CANNOT_JUDGE else entry.breach_at,
        called_off=called_off.of_rule(rule, book.rules, state, off),
        connection=row.connection,
        crm=crm,
    )
