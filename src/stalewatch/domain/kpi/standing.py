"""KPIs of how deals stand at the end of a day. docs/kpis.md says each in words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.instants import Mask
from stalewatch.domain.kpi.beside import Beside
from stalewatch.domain.kpi.definitions import AT_STAGE
from stalewatch.domain.kpi.moment import Moment, whole_cents
from stalewatch.domain.kpi.tally import P, Tally
from stalewatch.domain.language.model import Score
from stalewatch.domain.language.refs import fields

_BAND = "price_band"


def standing(moment: Moment, beside: Beside, tally: Tally[P]) -> None:
    """Count how the deals of a moment stand."""
    waiting = beside.waits.holding(moment.day.end, moment.frame.size)
    _close_date(moment, tally)
    _next_meeting(moment, beside, waiting, tally)
    if moment.day.end >= moment.watched_from:
        _stalled(moment, beside, waiting, tally)
    for name, score in moment.program.rules.scores.items():
        if score.watch == moment.whole.object and score.items:
            _qualification(moment, name, score, tally)
    _stakeholders(moment, tally)


def _close_date(moment: Moment, tally: Tally[P]) -> None:
    """The day is over: whoever should have closed on it is overdue."""
    dates = moment.column("close_date")
    tally.share("overdue_close_date", moment.is_open & dates.present, dates.values <= moment.day.number)


def _next_meeting(moment: Moment, beside: Beside, waiting: Mask, tally: Tally[P]) -> None:
    """A meeting was planned that had not ended.

    The meetings themselves tell, from when their CRM wrote them down, which may be before anybody read it; what was
    noted then knows of those that were called off since. A source without meetings says when the next one is.
    """
    end, whole = moment.day.end, moment.whole
    has_meetings = _has_past(moment, "meeting_ends_at")
    has_meetings[beside.meetings.row] = True
    planned = beside.meetings.holding(end, whole.size)
    noted = moment.known("meeting_ends_at") & _is_after(moment, "meeting_ends_at")
    booked: Mask = np.where(has_meetings, planned | noted, _is_after(moment, "next_meeting_at"))
    told = has_meetings | moment.known("next_meeting_at") | ~_has_past(moment, "next_meeting_at")
    tally.share("no_next_meeting", moment.is_open & ~waiting & moment.fed("next_meeting_at") & told, ~booked)


def _is_after(moment: Moment, name: str) -> Mask:
    values, present = moment.column(name)
    found: Mask = present & (values > moment.day.end)
    return found


def _has_past(moment: Moment, name: str) -> Mask:
    """The records of which the field was ever set."""
    if name not in moment.whole.columns:
        return np.zeros(moment.whole.size, np.bool_)
    found: Mask = moment.whole.columns[name].present.copy()
    if name in moment.whole.history:
        found[moment.whole.history[name].row] = True
    return found


def _stalled(moment: Moment, beside: Beside, waiting: Mask, tally: Tally[P]) -> None:
    late = beside.late.holding(moment.day.end, moment.frame.size) & ~waiting
    tally.share("stalled", moment.is_open, late)
    amount = moment.column("amount")
    base = np.flatnonzero(moment.is_open & amount.present)
    cents = whole_cents(amount)[base]
    tally.numbers("stalled_amount", base, np.where(late[base], cents, 0), cents)


def _qualification(moment: Moment, name: str, score: Score, tally: Tally[P]) -> None:
    """How many letters of a score are known, all in all and one by one."""
    met = letters(moment, name, score)
    base = moment.is_open.copy()
    for (item, condition), hit in zip(score.items, met, strict=True):
        told = moment.known(*fields(condition, moment.program.rules))
        tally.share(f"qualification.{name}.{item}", moment.is_open & told, hit)
        base &= told
    rows = np.flatnonzero(base)
    many: NDArray[np.int64] = met.sum(axis=0, dtype=np.int64)
    tally.numbers(f"qualification.{name}", rows, many[rows], len(score.items))


def letters(moment: Moment, name: str, score: Score) -> NDArray[np.bool_]:
    """Which items of a score each deal meets: a row an item."""
    tests = moment.program.items(name)
    with np.errstate(all="ignore"):  # as in conditions: what is divided by zero is empty
        return np.array([test(moment.scope) for test in tests], np.bool_).reshape(len(score.items), -1)


def _stakeholders(moment: Moment, tally: Tally[P]) -> None:
    people, stage = moment.column("stakeholders"), moment.column("stage")
    values = moment.program.rules.catalogue.objects[moment.whole.object]["stage"].values
    wanted = [code for code, value in enumerate(values) if value in AT_STAGE]
    base = moment.is_open & people.present & stage.present & np.isin(stage.values, wanted)
    counts = np.where(people.present, people.values, 0).astype(np.int64)
    tally.mean("stakeholders", base, counts)
    band = moment.program.rules.bands.get(_BAND)
    if band is not None:
        found = moment.column(_BAND)
        for code, (name, _) in enumerate(band.rows):
            tally.mean(f"stakeholders.{name}", base & found.present & (found.values == code), counts)
