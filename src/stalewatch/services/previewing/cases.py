"""The most urgent records of many frames: what is late before what is at risk before what will be late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from heapq import nsmallest
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stalewatch.domain.calendar import Calendar
from stalewatch.domain.deadlines import State
from stalewatch.domain.instants import OUTSIDE, Instants, Mask
from stalewatch.domain.language.model import Rule
from stalewatch.services.previewing.fates import Fate, Seen


class Standing(IntEnum):
    """How a record stands, the most urgent first."""

    LATE = 0
    AT_RISK = 1
    SOON = 2

    @property
    def word(self) -> str:
        """As the API and `--json` write it."""
        return self.name.lower()


_DUE_BITS: Final = 59
_LATEST: Final = (1 << _DUE_BITS) - 1


@dataclass(frozen=True, slots=True)
class Reason:
    """One clock of a record that is late, at risk, or soon will be late.

    Attributes:
        due: the deadline, in microseconds since the epoch.
        limit: index into the rule's `within`.
        fate: None for a clock of which nothing is to be said yet.
    """

    rule: Rule
    subject: str | None
    state: State
    due: int
    limit: int
    fate: Fate | None


@dataclass(frozen=True, slots=True)
class Case:
    """One record with the reasons for which it is listed, the first due first."""

    id: str
    object: str
    connection: str
    owner: str | None
    standing: Standing
    calendar: Calendar
    reasons: tuple[Reason, ...]
    urgency: int = 0

    @property
    def fate(self) -> Fate | None:
        """What would be said of the record; None for one that is neither late nor at risk."""
        spoken = State.BREACHED if self.standing is Standing.LATE else State.AT_RISK
        fates = [one.fate for one in self.reasons if one.state is spoken and one.fate is not None]
        return min(fates, default=None)


@dataclass(frozen=True, slots=True)
class Told:
    """The clocks of one rule on a frame: how they stand, what would be said of them, which are late before long."""

    seen: Seen
    fate: NDArray[np.int8]
    soon: Mask


def urgency(told: Sequence[Told], size: int) -> Instants:
    """Per record how urgent it is, the smallest number first; OUTSIDE where there is nothing to tell.

    Late ones by severity and then by their deadline, the others by their deadline.
    """
    found = np.full(size, OUTSIDE, np.int64)
    for one in told:
        verdict = one.seen.verdict
        grave = 2 - verdict.rule.severity.rank
        for standing, mask in ((Standing.LATE, one.seen.late), (Standing.AT_RISK, one.seen.at_risk),
                               (Standing.SOON, one.soon)):  # fmt: skip
            where = np.flatnonzero(mask)
            due = np.clip(verdict.deadlines.breach_at[where], 0, _LATEST)
            rank = 4 * standing + (grave if standing is Standing.LATE else 0)
            np.minimum.at(found, verdict.row[where], due + (rank << _DUE_BITS))
    return found


def standings(urgent: Instants) -> NDArray[np.int64]:
    """The standing behind each urgency."""
    return urgent >> (_DUE_BITS + 2)


@dataclass(slots=True)
class MostUrgent:
    """Keeps the most urgent cases.

    Attributes:
        limit: how many are kept; None keeps all.
        total: how many there were.
    """

    limit: int | None
    total: int = 0
    kept: list[Case] = field(default_factory=list)

    def rows(self, urgent: Instants) -> NDArray[np.intp]:
        """The records of a frame that may be among the most urgent of all."""
        listed = np.flatnonzero(urgent != OUTSIDE)
        self.total += len(listed)
        if self.limit is not None and len(self.kept) >= self.limit:
            listed = listed[urgent[listed] <= self.kept[-1].urgency] if self.limit else listed[:0]
        if self.limit is None or len(listed) <= self.limit:
            return listed
        return listed[np.argsort(urgent[listed], kind="stable")[: self.limit]]

    def add(self, cases: Sequence[Case]) -> None:
        """Some more cases of which only the most urgent stay."""
        both = [*self.kept, *cases]
        self.kept = nsmallest(
            len(both) if self.limit is None else self.limit, both, key=lambda one: (one.urgency, one.id)
        )


def reasons_of(told: Sequence[Told], rows: NDArray[np.intp], size: int) -> dict[int, list[Reason]]:
    """By record of the frame the reasons for which it is listed, the first due first."""
    chosen = np.zeros(size, np.bool_)
    chosen[rows] = True
    found: dict[int, list[Reason]] = {}
    for one in told:
        verdict, state = one.seen.verdict, one.seen.state
        listed = (one.seen.late | one.seen.at_risk | one.soon) & chosen[verdict.row]
        for place in np.flatnonzero(listed).tolist():
            subject = None if verdict.subject is None else str(verdict.subject[place])
            fate = int(one.fate[place])
            found.setdefault(int(verdict.row[place]), []).append(
                Reason(
                    verdict.rule,
                    subject,
                    State(int(state[place])),
                    int(verdict.deadlines.breach_at[place]),
                    int(verdict.limit[place]),
                    Fate(fate) if fate else None,
                )
            )
    return {row: sorted(reasons, key=lambda one: (one.due, one.rule.id)) for row, reasons in found.items()}
