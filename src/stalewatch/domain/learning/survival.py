"""The chance to be won from here, by the age of a spell (Aalen and Johansen 1978: competing ends, delayed entry).

Of those that were watched at the age of t days, n(t), some are won on that day and some are lost:

    n(t) = #{entry <= t <= age}     h_won(t) = won(t) / n(t)     h_lost(t) = lost(t) / n(t)
    S(t) = S(t-1) (1 - h_won(t) - h_lost(t))                     still open after day t
    F(t) = sum of S(u-1) h_won(u) for u <= t                     won by day t
    W(t) = (F(end) - F(t)) / S(t)                                won after day t, of those still open

Days are whole: an age of 4.7 days is one of 4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.learning.spells import Spells

Counts = NDArray[np.int64]
Shares = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Table:
    """Per day of age from 0 on: how many were watched, how many of them were won and lost on that day."""

    at_risk: Counts
    won: Counts
    lost: Counts


@dataclass(frozen=True, slots=True)
class Curve:
    """Per day of age from 0 on.

    Attributes:
        chance: W, the chance to be won after that day for what is still open then; NaN where nothing is left.
        open: S, the share that is still open after that day.
    """

    table: Table
    chance: Shares
    open: Shares


def counted(spells: Spells) -> Table:
    """The table of events, day by day, up to the greatest age; empty without spells."""
    if not len(spells):
        none = np.zeros(0, np.int64)
        return Table(none, none, none)
    age = np.floor(spells.age).astype(np.int64)
    entry = np.ceil(spells.entry).astype(np.int64)
    seen = entry <= age
    days = int(age.max()) + 1
    come = np.bincount(np.minimum(entry[seen], days), minlength=days + 1)
    gone = np.bincount(age[seen] + 1, minlength=days + 1)
    at_risk = np.cumsum(come - gone)[:days]
    won = np.bincount(age[seen & spells.won], minlength=days)
    lost = np.bincount(age[seen & spells.lost], minlength=days)
    return Table(at_risk, won, lost)


def curve(table: Table) -> Curve:
    """The chances that a table of events shows; of several tables at once, a row each, if it has two dimensions."""
    at_risk = np.maximum(table.at_risk, 1)
    won, lost = table.won / at_risk, table.lost / at_risk
    left = np.cumprod(1 - won - lost, axis=-1, dtype=np.float64)
    before = np.concatenate([np.ones_like(left[..., :1]), left[..., :-1]], axis=-1)
    by_then = np.cumsum(before * won, axis=-1)
    to_come = by_then[..., -1:] - by_then
    chance = np.divide(to_come, left, out=np.full(left.shape, np.nan), where=left > 0)
    return Curve(table, chance, left)
