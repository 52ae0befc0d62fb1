"""The states that the changes of records make: what a rule would have seen at each moment at which anything changed.

A deadline needs no replay day by day: between two changes of a record nothing that a rule reads is another, so one row
for each of them, judged once, says when the rule would have spoken. A row holds what was known at its moment and
nothing later: values, and the past of fields and events up to then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.branchless import constant
from stalewatch.domain.frame import Column, Events, Frame, History
from stalewatch.domain.instants import Instants, Mask
from stalewatch.domain.unfolding import Moments, Past, by_record, moments, past, unfold

LIFE: Final = "#life"
"""The column that says whether a record was open."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was known of some records at each of their moments while they were open.

    Attributes:
        record: the row of the frame that each is about.
        at: since when it was so. until: when the next one began, the record ended, or the history did.
        frame: as the rules read it.
    """

    record: NDArray[np.int64]
    at: Instants
    until: Instants
    frame: Frame


def life(created: Column, closed: Column, outcome: History | None, still_open: int) -> History:
    """When records were open: from their creation to their end, or as the changes of their outcome say.

    Args:
        still_open: the code of the outcome of what is open.
    """
    born, ended = np.flatnonzero(created.present), closed.present & created.present
    if outcome is None:
        told = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.bool_)
    else:
        later = outcome.at > created.values[outcome.row]
        told = outcome.row[later], outcome.at[later], outcome.values[later] == still_open
        ended[told[0]] = False
    over = np.flatnonzero(ended)
    row = np.concatenate([born, told[0], over])
    at = np.concatenate([created.values[born], told[1], closed.values[over]])
    value = np.concatenate([np.ones(len(born), np.bool_), told[2], np.zeros(len(over), np.bool_)])
    order = by_record(row, at)
    return History(row[order], at[order], value[order], np.ones(len(row), np.bool_))


def seen(frame: Frame, alive: History, as_of: int, reads: Collection[str], untold: Collection[str]) -> Seen:
    """Unfold records into what was known of them at each moment up to an instant.

    Args:
        alive: when each was open.
        reads: the fields whose past the rules look back at.
        untold: fields whose past nobody kept: nobody can tell them.
    """
    told = {name: one for name, one in frame.history.items() if name in frame.columns and len(one.row)}
    kinds = {f"#{kind}": _as_history(one) for kind, one in frame.events.items()}
    among = moments(np.ones(frame.size, np.bool_), {LIFE: alive, **told, **kinds})
    pasts = {name: past(one, name, among, frame.size) for name, one in {LIFE: alive, **told, **kinds}.items()}
    until = np.full(len(among.at), as_of, np.int64)
    same = among.record[1:] == among.record[:-1]
    until[:-1][same] = np.minimum(among.at[1:][same], as_of)
    newest = pasts[LIFE].newest
    open_now = (newest >= 0) & alive.values[newest] & (among.at < as_of)
    kept = np.flatnonzero(open_now)
    here = Moments(among.record[kept], among.at[kept], {})
    cut = {name: _taken(one, kept) for name, one in pasts.items()}
    columns = {name: unfold(column, cut.get(name), here.record) for name, column in frame.columns.items()}
    columns["is_open"] = Column(np.ones(len(kept), np.bool_), np.ones(len(kept), np.bool_))
    missing = {name: mask[here.record] for name, mask in frame.unavailable.items()}
    missing |= {name: constant(True, len(kept), np.bool_) for name in untold if name in columns}
    return Seen(here.record, here.at, until[kept], replace(
        frame, size=len(kept), columns=columns, unavailable=missing, keys=(),
        history={name: _known(cut[name]) for name in told if name in reads},
        events={kind: _held(one, cut[f"#{kind}"]) for kind, one in frame.events.items()},
        unknown={name: cut[name].before for name in told},
    ))  # fmt: skip


def _as_history(one: Events) -> History:
    """Events as if they were changes: each makes a moment."""
    size = len(one.row)
    return History(one.row, one.at, np.zeros(size, np.bool_), np.ones(size, np.bool_))


def _taken(one: Past, rows: NDArray[np.intp]) -> Past:
    return Past(one.history, one.newest[rows], one.next[rows], one.before[rows])


def _spans(one: Past) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Per state its entries up to its moment: the state of each, and its place."""
    many = np.where(one.newest >= 0, one.newest - one.next + 1, 0)
    begin = np.cumsum(many) - many
    place = np.repeat(np.where(many > 0, one.next, 0) - begin, many) + np.arange(int(many.sum()))
    return np.repeat(np.arange(len(many)), many), place


def _known(one: Past) -> History:
    row, place = _spans(one)
    told = one.history
    return History(row, told.at[place], told.values[place], told.present[place])


def _held(events: Events, one: Past) -> Events:
    row, place = _spans(one)
    return Events(row, events.subject[place], events.at[place], events.began[place])


def with_past(frame: Frame, pasts: Mapping[str, History]) -> Frame:
    """A frame with the past of fields that follow from others."""
    return replace(frame, history={**frame.history, **{name: one for name, one in pasts.items() if len(one.row)}})


def entries_of(stage: History) -> History:
    """When each stage was entered, as the past of `stage_entered_at`; to write the same one again is no entry."""
    fresh = np.ones(len(stage.row), np.bool_)
    fresh[1:] = (stage.row[1:] != stage.row[:-1]) | (stage.values[1:] != stage.values[:-1])
    fresh &= stage.present
    return History(stage.row[fresh], stage.at[fresh], stage.at[fresh], stage.present[fresh])


def completed(past_of: History | None, now: Column) -> History:
    """The past of an instant that says itself since when it holds: where no change is known, from then on, and nothing
    is said of what it was before."""
    silent = now.present.copy()
    if past_of is not None:
        silent[past_of.row] = False
    rows = np.flatnonzero(silent)
    at, there = now.values[rows], np.ones(len(rows), np.bool_)
    if past_of is None:
        return History(rows, at, at, there)
    row = np.concatenate([past_of.row, rows])
    when = np.concatenate([past_of.at, at])
    order = by_record(row, when)
    values, present = np.concatenate([past_of.values, at]), np.concatenate([past_of.present, there])
    return History(row[order], when[order], values[order], present[order])


def without_past(past_of: History | None, now: Column) -> Mask:
    """The records that have a value of which nobody knows since when."""
    silent = now.present.copy()
    if past_of is not None:
        silent[past_of.row] = False
    return silent


def blind(untold: Collection[str], judged: Mapping[str, Collection[str]]) -> Iterator[tuple[str, list[str]]]:
    """The rules that cannot be tried on a past, each with the fields for want of whose past."""
    for rule, reads in judged.items():
        lacking = sorted(set(reads) & set(untold))
        if lacking:
            yield rule, lacking
