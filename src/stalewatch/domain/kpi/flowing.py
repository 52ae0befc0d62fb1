"""KPIs of what happened to deals in the weeks that end with a day. docs/kpis.md says each in words."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.frame import Frame
from stalewatch.domain.instants import DAY, NEVER, SECOND, Instants, Mask
from stalewatch.domain.kpi.beside import Beside
from stalewatch.domain.kpi.definitions import FOUR_WEEKS, GAPS, QUARTER
from stalewatch.domain.kpi.moment import Moment, whole_cents
from stalewatch.domain.kpi.standing import letters
from stalewatch.domain.kpi.tally import P, Tally
from stalewatch.domain.kpi.visits import ended_visits, runs
from stalewatch.domain.language.refs import fields

_TO_ACT: Final = Duration(5, Unit.BUSINESS_DAY)
_TO_WRITE: Final = DAY
_WRITTEN: Final = ("next_step", "meeting_notes")


def flowing(moment: Moment, beside: Beside, tally: Tally[P]) -> None:
    """Count what happened to the deals of a moment."""
    _endings(moment, tally)
    _reasons(moment, beside, tally)
    _gap(moment, tally)
    _visits(moment, beside, tally)
    _ignored(moment, beside, tally)
    _written_up(moment, tally)


def _endings(moment: Moment, tally: Tally[P]) -> None:
    ended, won = moment.ended(QUARTER), moment.ending.is_won
    tally.share("win_rate", ended, won)
    created, amount = moment.column("created_at"), moment.column("amount")
    length = np.maximum(moment.ending.at - created.values, 0) // SECOND
    tally.mean("deal_length", ended & won & created.present, length)
    tally.mean("unit_price", ended & won & amount.present, whole_cents(amount))


def _reasons(moment: Moment, beside: Beside, tally: Tally[P]) -> None:
    """What somebody said goes before what was only concluded."""
    lost = moment.ended(QUARTER) & moment.is_lost
    size, end = moment.frame.size, moment.day.end
    said = beside.losses.said(end, size, assumed=False)
    if "loss_reason" in moment.frame.columns:
        said = said | moment.column("loss_reason").present
    assumed = beside.losses.said(end, size, assumed=True) & ~said
    for source, hit in (("reported", said), ("assumed", assumed), ("none", ~said & ~assumed)):
        tally.share(f"loss_reason.{source}", lost, hit)


def _gap(moment: Moment, tally: Tally[P]) -> None:
    """Won, of the deals that ended with few, some or many letters of MEDDIC missing."""
    rules = moment.program.rules
    score = rules.scores.get("meddic")
    if score is None or score.watch != moment.whole.object or not score.items:
        return
    read = frozenset(name for _, item in score.items for name in fields(item, rules))
    missing = len(score.items) - np.sum(letters(moment, "meddic", score), axis=0)
    base = moment.ended(QUARTER) & moment.known(*read)
    for gap, (least, most) in GAPS.items():
        tally.share(f"meddic_gap.{gap}", base & (missing >= least) & (missing <= most), moment.ending.is_won)


def _visits(moment: Moment, beside: Beside, tally: Tally[P]) -> None:
    whole, day = moment.whole, moment.day
    if not moment.fed("stage").any():
        return
    stages = moment.program.rules.catalogue.objects[whole.object]["stage"].values
    entries = runs(whole.columns["stage"], whole.history.get("stage"), whole.columns["created_at"], day.end)
    visits = ended_visits(entries, moment.ending)
    counted = day.holds(visits.ended, QUARTER) & moment.there[visits.row] & (visits.began >= beside.stages_from)
    row, stage, led_on = visits.row[counted], visits.stage[counted], visits.led_on[counted].astype(np.int64)
    spent = np.maximum(visits.ended - visits.began, 0)[counted] // SECOND
    dated = visits.began[counted] > 0  # 0 stands for "we do not know since when"
    tally.numbers("stage_pass", row, led_on)
    tally.numbers("time_in_stage", row[dated], spent[dated])
    for code, name in enumerate(stages):
        mine = stage == code
        tally.numbers(f"stage_pass.{name}", row[mine], led_on[mine])
        tally.numbers(f"time_in_stage.{name}", row[mine & dated], spent[mine & dated])
    if "proposal" in stages:
        is_proposal = (entries.stage == stages.index("proposal")) & day.holds(entries.at, QUARTER)
        sent = np.bincount(entries.row[is_proposal], minlength=whole.size).astype(np.int64)
        base = np.flatnonzero((moment.is_open | moment.ended(QUARTER)) & moment.fed("stage"))
        if day.end >= beside.stages_from:
            tally.numbers("proposals", base, sent[base])


def _ignored(moment: Moment, beside: Beside, tally: Tally[P]) -> None:
    """Alerts count on the day on which their five business days are over."""
    told = beside.told
    if not len(told.row):
        return
    due = np.full(len(told.row), NEVER, np.int64)
    for calendar, where in moment.calendars.taken(told.row).each():
        due[where] = calendar.add(told.told[where], _TO_ACT)
    acted = (told.acted != NEVER) & (told.acted <= due)
    decided = moment.day.holds(due, FOUR_WEEKS) & (acted | (told.ended > due)) & moment.there[told.row]
    tally.numbers("ignored_alerts", told.row[decided], (~acted[decided]).astype(np.int64))


def _written_up(moment: Moment, tally: Tally[P]) -> None:
    """Meetings count on the day on which their 24 hours are over."""
    meetings = moment.whole.events.get("meeting")
    read = [name for name in _WRITTEN if moment.fed(name).any()]
    if meetings is None or "next_step" not in read:
        return
    due = meetings.at + _TO_WRITE
    written = moment.fed("next_step")[meetings.row]
    base = moment.day.holds(due, FOUR_WEEKS) & written & moment.there[meetings.row]
    hit = base.copy()
    for name in read:
        # Where there is no field for notes, the next step is all that can be written.
        entered = _entered(moment.whole, name, meetings.row, meetings.began, due)
        hit &= entered | ~moment.fed(name)[meetings.row]
    tally.numbers("input_timeliness", meetings.row[base], hit[base].astype(np.int64))


def _entered(frame: Frame, name: str, row: NDArray[np.int64], since: Instants, until: Instants) -> Mask:
    """Of some records whether the field took another value in a span of time; to write the same again is no change."""
    history = frame.history.get(name)
    if history is None or not len(history.row):
        return np.zeros(len(row), np.bool_)
    first = np.ones(len(history.row), np.bool_)
    first[1:] = history.row[1:] != history.row[:-1]
    created = frame.columns["created_at"]
    begun = np.where(created.present, created.values, 0)[history.row]
    both = history.present[1:] & history.present[:-1]
    differs = np.ones(len(history.row), np.bool_)
    unequal = np.asarray(history.values[1:] != history.values[:-1], np.bool_)
    differs[1:] = (history.present[1:] != history.present[:-1]) | (both & unequal)
    changed = np.flatnonzero(np.where(first, history.at > begun, differs))
    rows, at = history.row[changed], history.at[changed]
    begin, end = np.searchsorted(rows, row, "left"), np.searchsorted(rows, row, "right")
    found = np.zeros(len(row), np.bool_)
    for step in range(int((end - begin).max(initial=0))):
        place = np.minimum(begin + step, len(rows) - 1)
        found |= (begin + step < end) & (at[place] >= since) & (at[place] <= until)
    return found
