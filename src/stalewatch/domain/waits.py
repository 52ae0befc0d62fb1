"""Waits: the intervals of a record that a rule's `pause` takes out of its clock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.calendar import Calendar
from stalewatch.domain.calendars import Chosen
from stalewatch.domain.conditions import Scope
from stalewatch.domain.durations import Duration, elapsed
from stalewatch.domain.instants import NEVER, OUTSIDE, Instants
from stalewatch.domain.language.model import Condition, FieldType, Pause
from stalewatch.domain.language.refs import fields
from stalewatch.domain.pauses import Pauses
from stalewatch.domain.timeline import changed, states


@dataclass(frozen=True, slots=True)
class Waits:
    """Intervals [start, end) of records, sorted by (record, start); they may overlap.

    `first[i]:first[i+1]` are the positions of record i.
    """

    first: NDArray[np.int64]
    start: Instants
    end: Instants


_Found = tuple[NDArray[np.int64], Instants, Instants]
"""Record, start and end of each wait."""


def waits(pause: Pause, scope: Scope, chosen: Chosen) -> Waits | None:
    """All waits of a frame's records that a pause names, each at most `max` long; None if there are none."""
    if pause.condition is not None:
        record, start, end = _while_true(pause.condition, scope, chosen)
    else:
        record, start, end = _between(pause, scope, chosen)
    real = np.flatnonzero(start < end)
    if not len(real):
        return None
    record, start, end = record[real], start[real], end[real]
    order = np.lexsort((start, record))
    first = np.zeros(scope.size + 1, np.int64)
    np.cumsum(np.bincount(record, minlength=scope.size), out=first[1:])
    return Waits(first, start[order], end[order])


def _between(pause: Pause, scope: Scope, chosen: Chosen) -> _Found:
    """[set_at, min(until at the calendar's open, set_at + max, ended)); a later value of the fields ends an
    earlier wait, and so does emptying them.
    """
    since, until = pause.since, pause.until
    if since is None or until is None:
        raise ValueError("a pause names two fields or a condition")
    frame, names = scope.frame, (since.name, until.name)
    started = frame.columns.get(since.name)
    touched = changed(frame, names)
    past = states(frame, names, touched if started is None else touched | started.present)
    then = Scope(past.frame, scope.rules, chosen.taken(past.record), scope.program)
    begin, planned = then.column(since.name), then.column(until.name)
    begins, opens = begin.values.astype(np.int64), planned.values.astype(np.int64)
    if since.type is FieldType.DATE:
        begins = then.per_calendar(begins, Calendar.closes_at)
    if until.type is FieldType.DATE:
        opens = then.per_calendar(opens, Calendar.opens_at)
    opens = np.where(opens == NEVER, OUTSIDE, opens)  # until when is not known: until it was ended
    both = begin.present & planned.present & (begins != OUTSIDE)
    start = np.where(both, begins, 0)
    end = np.minimum(np.minimum(opens, past.until), start + elapsed(pause.most))
    return past.record[both], start[both], end[both]


def _while_true(condition: Condition, scope: Scope, chosen: Chosen) -> _Found:
    past = states(scope.frame, fields(condition, scope.rules), np.ones(scope.size, np.bool_))
    then = Scope(past.frame, scope.rules, chosen.taken(past.record), scope.program)
    holds = then.holds(condition)
    return past.record[holds], past.at[holds], past.until[holds]


def pauses_of(found: Waits, most: Duration, record: NDArray[np.int64], anchor: Instants) -> Pauses | None:
    """The waits as each clock sees them: after its anchor, merged, together at most `most`; None without any.

    Args:
        record: the record of each clock.
        anchor: each clock's start; clocks without one must not be passed in.
    """
    low = found.first[record]
    count = found.first[record + 1] - low
    if not np.count_nonzero(count):
        return None
    clock = np.repeat(np.arange(len(record)), count)
    ordinal = np.arange(len(clock)) - np.repeat(np.cumsum(count) - count, count)
    source = np.repeat(low, count) + ordinal
    start = np.maximum(found.start[source], anchor[clock])
    end = found.end[source].copy()
    reached = anchor.copy()
    for turn in range(int(count.max(initial=0))):
        mine = ordinal == turn
        start[mine] = np.maximum(start[mine], reached[clock[mine]])
        end[mine] = np.maximum(end[mine], start[mine])
        reached[clock[mine]] = end[mine]
    return _capped(clock, start, end, elapsed(most), len(record))


def _capped(clock: NDArray[np.intp], start: Instants, end: Instants, most: int, size: int) -> Pauses:
    # An endless wait (its end is the greatest int64) would overflow the sums; nothing beyond `most` counts anyway.
    end = np.minimum(end, np.where(start > np.iinfo(np.int64).max - most, start, start + most))
    length = end - start
    total = np.cumsum(length)
    first_of_clock = np.searchsorted(clock, clock, side="left")
    used = total - length - (total - length)[first_of_clock] if len(clock) else length
    end = start + np.clip(most - used, 0, length)
    real = end > start
    first = np.zeros(size + 1, np.int64)
    np.cumsum(np.bincount(clock[real], minlength=size), out=first[1:])
    return Pauses(first, start[real], end[real])
