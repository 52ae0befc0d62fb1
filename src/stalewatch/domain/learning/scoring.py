"""Whether a limit, or a rule, would have been right: what became of what it flagged.

A spell is flagged when its breach came while it was still open. It is eligible when the breach came while it was
watched, and mature when the horizon after the breach lies within the history: only of those is it known what came.

    won in H     won, at most H after the breach          open after H   the rest of the mature ones
    precision    1 - won in H / mature                    naive precision  lost / (won + lost) of what is closed
    base rate    the same for every day on which a spell was open: what a flag on any day would have been worth
    lift         precision / base rate
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.instants import DAY, NEVER, Instants, Mask
from stalewatch.domain.learning.intervals import Rate
from stalewatch.domain.learning.spells import Spells

EARLY: Final = 2
"""Working days: a warning that comes later leaves no time to do anything."""

Workdays = Callable[[Instants, Instants], NDArray[np.int64]]
"""Working days between two instants each."""


class Lead(NamedTuple):
    """Days from the breach to the loss: the quartiles."""

    p25: float
    p50: float
    p75: float


class Ends(NamedTuple):
    """How many, and how they ended."""

    all: int
    won: int
    lost: int
    open: int


@dataclass(frozen=True, slots=True)
class Score:
    """What a limit or a rule would have done.

    Attributes:
        flagged: what it would have spoken of, and what became of it by the end of the history.
        late_entries: what was past its breach already when the watching began: it is in no rate.
        mature: those of which the horizon is known; won and lost within it, and open after it.
        precision: not won within the horizon, of the mature ones. naive: of what is closed, what was lost.
        base: not won within the horizon, over all days on which something was open.
        recall: of the recorded losses. zombies: of what is open for longer than anything that ever closed.
        lead: from the breach to the loss; None where nothing flagged was lost.
        early: of the recorded losses, those that were flagged two working days before or more.
        amount: of what is flagged, in hundredths of the project's currency.
    """

    flagged: Ends
    late_entries: int
    mature: Ends
    precision: Rate
    naive: Rate
    base: Rate
    recall: Rate
    zombies: Rate
    lead: Lead | None
    early: Rate
    amount: int

    @property
    def lift(self) -> float | None:
        """How much better than a flag on any day; None where one of the two is not known, or nothing is ever lost."""
        mine, any_day = self.precision.value, self.base.value
        return mine / any_day if mine is not None and any_day else None


def after_days(spells: Spells, days: float) -> Instants:
    """The breaches of a limit: so many days after each start; NEVER where the spell ended within the limit.

    Ages count in whole days where the history has dates: what ends on the day of the limit is within it.
    """
    return np.where(spells.age > days, spells.start + round(days * DAY), NEVER)


def flags(spells: Spells, breach: Instants) -> tuple[Mask, Mask]:
    """What is flagged, and of that what was past its breach before the watching began."""
    flagged = (breach != NEVER) & (breach < spells.end)
    late = flagged & (breach < spells.watched.since)
    return flagged & ~late, late


def score(
    spells: Spells,
    breach: Instants,
    *,
    horizon: float,
    amount: Instants | None = None,
    workdays: Workdays | None = None,
    closings: bool | None = None,
) -> Score:
    """What the flags at these instants would have been worth.

    Args:
        breach: when each spell would have been flagged, NEVER if not.
        horizon: days after the breach within which a win says that the flag was wrong.
        amount: of each spell, in hundredths.
        workdays: counts working days; None: every day is one.
        closings: whether anything ever closed: where nothing did, nobody knows what becomes of anything; None: as these
            spells say.
    """
    flagged, late = flags(spells, breach)
    within = round(horizon * DAY)
    known = bool((spells.won | spells.lost).any()) if closings is None else closings
    mature = flagged & (breach + within <= spells.watched.until) & known
    soon = spells.end - breach <= within
    won, lost = mature & spells.won & soon, mature & spells.lost & soon
    closed = flagged & ~spells.open
    losses = spells.lost & ~late
    early = flagged & spells.lost & (_between(breach, spells.end, flagged, workdays) >= EARLY)
    old = zombies(spells)
    return Score(
        flagged=_ends(spells, flagged),
        late_entries=int(late.sum()),
        mature=Ends(int(mature.sum()), int(won.sum()), int(lost.sum()), int((mature & ~won & ~lost).sum())),
        precision=Rate(int((mature & ~won).sum()), int(mature.sum())),
        naive=Rate(int((closed & spells.lost).sum()), int(closed.sum())),
        base=base_rate(spells, horizon),
        recall=Rate(int((flagged & losses).sum()), int(losses.sum())),
        zombies=Rate(int((flagged & old).sum()), int((old & ~late).sum())),
        lead=_lead(spells, breach, flagged & spells.lost),
        early=Rate(int(early.sum()), int(losses.sum())),
        amount=0 if amount is None else int(amount[flagged].sum()),
    )


def base_rate(spells: Spells, horizon: float) -> Rate:
    """Not won within the horizon, over all days at whose end a spell was open, as far as the horizon is known; of none
    where nothing ever closed."""
    if spells.open.all():
        return Rate(0, 0)
    first = np.ceil(spells.entry)
    known = np.floor((spells.watched.until - spells.start) / DAY - horizon)
    last = np.minimum(np.ceil(spells.age) - 1, known)
    days = np.maximum(0, last - first + 1)
    from_here = np.maximum(first, np.ceil(spells.age - horizon))
    won = np.where(spells.won, np.maximum(0, last - from_here + 1), 0)
    total = int(days.sum())
    return Rate(total - int(won.sum()), total)


def zombies(spells: Spells) -> Mask:
    """What is open for longer than anything that ever closed; where nothing did, nothing is."""
    closed = ~spells.open
    longest = spells.age[closed].max() if closed.any() else np.inf
    return spells.open & (spells.age > longest)


def _ends(spells: Spells, some: Mask) -> Ends:
    kinds = (spells.won, spells.lost, spells.open)
    return Ends(int(some.sum()), *(int((some & kind).sum()) for kind in kinds))


def _lead(spells: Spells, breach: Instants, some: Mask) -> Lead | None:
    if not some.any():
        return None
    days = (spells.end[some] - breach[some]) / DAY
    return Lead(*(float(one) for one in np.percentile(days, (25, 50, 75))))


def _between(breach: Instants, end: Instants, some: Mask, workdays: Workdays | None) -> NDArray[np.int64]:
    found = np.zeros(len(breach), np.int64)
    if some.any():
        begun, ended = breach[some], end[some]
        found[some] = (ended - begun) // DAY if workdays is None else workdays(begun, ended)
    return found
