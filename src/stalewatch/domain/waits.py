"""Waits: the intervals of a record that a rule's `pause` takes out of its clock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.calendar import Calendar
from stalewatch.domain.calendars import Chosen
from stalewatch.domain.conditions import Scope
from stalewatch.domain.durations import Duration, elapsed
from stalewatch.domain.frame import Frame
from stalewatch.domain.instants import Instants
from stalewatch.domain.language.model import Condition, FieldType, Pause, RuleSet
from stalewatch.domain.pauses import Pauses
from stalewatch.domain.timeline import states, truth


@dataclass(frozen=True, slots=True)
class Waits:
    """Intervals [start, end) of records, sorted by (record, start); they may overlap."""

    record: NDArray[np.int64]
    start: Instants
    end: Instants


def waits(pause: Pause, frame: Frame, rules: RuleSet, calendars: Chosen) -> Waits:
    """All waits of a frame's records that a pause names, each at most `max` long."""
    if pause.condition is not None:
        found = _while_true(pause.condition, frame, rules, calendars)
    else:
        found = _between(pause, frame, rules, calendars)
    real = found.start < found.end
    order = np.lexsort((found.start[real], found.record[real]))
    return Waits(found.record[real][order], found.start[real][order], found.end[real][order])


def _between(pause: Pause, frame: Frame, rules: RuleSet, calendars: Chosen) -> Waits:
    """[set_at, min(until at the calendar's open, set_at + max, ended)); a later value of the fields ends an
    earlier wait, and so does emptying them.
    """
    since, until = pause.since, pause.until
    if since is None or until is None:
        raise ValueError("a pause names two fields or a condition")
    started = frame.columns.get(since.name)
    names = [since.name, until.name]
    touched = np.zeros(frame.size, np.bool_) if started is None else started.present.copy()
    for name in names:
        if name in frame.history:
            touched[frame.history[name].row] = True
    past = states(frame, names, touched)
    scope = Scope(past.frame, rules, calendars.taken(past.record))
    begin, planned = scope.column(since.name), scope.column(until.name)
    both = begin.present & planned.present
    opens = planned.values
    if until.type is FieldType.DATE:
        opens = scope.per_calendar(planned.values.astype(np.int64), Calendar.opens_at)
    start = np.where(both, begin.values, 0).astype(np.int64)
    end = np.minimum(np.minimum(opens, past.until), start + elapsed(pause.most))
    return Waits(past.record[both], start[both], end[both].astype(np.int64))


def _while_true(condition: Condition, frame: Frame, rules: RuleSet, calendars: Chosen) -> Waits:
    past, holds = truth(condition, frame, rules, calendars, np.ones(frame.size, np.bool_))
    return Waits(past.record[holds], past.at[holds], past.until[holds])


def pauses_of(found: Waits, most: Duration, record: NDArray[np.int64], anchor: Instants) -> Pauses:
    """The waits as each clock sees them: after its anchor, merged, together at most `most`.

    Args:
        record: the record of each clock.
        anchor: each clock's start; clocks without one must not be passed in.
    """
    low = np.searchsorted(found.record, record, side="left")
    count = np.searchsorted(found.record, record, side="right") - low
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
