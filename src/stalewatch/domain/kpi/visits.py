"""Visits of deals to their stages: since when, until when, and whether they led on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.frame import Column, History
from stalewatch.domain.instants import NEVER, Instants, Mask

_NOTHING = History(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.bool_))


class Ending(NamedTuple):
    """How each deal ended: `at` is NEVER while it is open."""

    at: Instants
    is_won: Mask


class Visits(NamedTuple):
    """Visits that ended, a row each.

    Attributes:
        stage: index into the catalogue's stages.
        led_on: to a later stage, or to a won deal.
    """

    row: NDArray[np.int64]
    stage: NDArray[np.int64]
    began: Instants
    ended: Instants
    led_on: Mask


class Runs(NamedTuple):
    """Entries of stages, each once: to write the same stage again is no entry. A stage below 0 is none that we know."""

    row: NDArray[np.int64]
    stage: NDArray[np.int64]
    at: Instants


def runs(stage: Column, history: History | None, created: Column, until: int) -> Runs:
    """Every entry up to an instant, by deal and time.

    Args:
        stage: as it is now; a deal whose stage never changed is in it since it was created.
    """
    past = history if history is not None else _NOTHING
    silent = stage.present & created.present
    silent[past.row] = False
    alone = np.flatnonzero(silent)
    known = past.at <= until
    row = np.concatenate([past.row[known], alone])
    at = np.concatenate([past.at[known], created.values[alone]])
    codes = np.where(past.present, past.values, -1).astype(np.int64)
    place = np.concatenate([codes[known], stage.values[alone].astype(np.int64)])
    order = np.argsort(row, kind="stable")
    row, at, place = row[order], at[order], place[order]
    fresh = np.ones(len(row), np.bool_)
    fresh[1:] = (row[1:] != row[:-1]) | (place[1:] != place[:-1])
    entered = fresh & (at <= until)
    return Runs(row[entered], place[entered], at[entered])


def ended_visits(entries: Runs, ending: Ending) -> Visits:
    """The visits that ended: with the next stage, or with the deal.

    One that ended with a stage that nobody knows led on if its deal was won; while that deal is open it counts not.
    """
    row, stage, began = entries
    following = np.zeros(len(row), np.bool_)
    following[:-1] = row[1:] == row[:-1]
    after = np.roll(stage, -1)
    is_moved = following & (after >= 0)
    ended = np.where(following, np.roll(began, -1), ending.at[row])
    has_ended = (ended != NEVER) & (stage >= 0) & (is_moved | (ending.at[row] != NEVER))
    led_on = np.where(is_moved, after > stage, ending.is_won[row])
    return Visits(row[has_ended], stage[has_ended], began[has_ended], ended[has_ended], led_on[has_ended])
