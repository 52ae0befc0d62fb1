"""When each kind of work has to be looked for, as one worker of several sees it.

A kind that follows a clock rings at each multiple of its interval. Every other one is looked for when the database said
that something will be due, and every few seconds all the same: a person, a page or another machine may have made
something due meanwhile. What is due but cannot be done yet is asked for at growing intervals, so that nobody spins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from stalewatch.domain.instants import SECOND
from stalewatch.engine.jobs import Job
from stalewatch.engine.performing import LONGEST_SLEEP, Performed

LOOK: Final = 5.0
"""Seconds from one look for new work to the next."""
AT_ONCE: Final = 0.01
SLOT: Final = SECOND // 10
"""Microseconds within which the calls of several workers for one kind count as one."""
FIRST: Final = 0.5
"""Seconds after which work that is still due is called for again; twice as many the next time."""


@dataclass(slots=True)
class Alarm:
    """One kind of work: when to look for it next. Moments are seconds of a clock that nobody sets.

    Attributes:
        slot: the last multiple of its interval for which it rang.
    """

    job: Job
    at: float = 0.0
    patience: float = FIRST
    slot: int | None = None

    def strikes(self, at: int) -> int | None:
        """The number of the interval that has begun at an instant, if it has not rung for it."""
        assert self.job.every is not None  # noqa: S101 - asked only of kinds that follow a clock
        slot = at // self.job.every
        if slot == self.slot:
            return None
        self.slot = slot
        return slot

    def sleeps(self, at: int, now: float) -> None:
        """Look again when the next interval begins, but not later than in a while: clocks can be set."""
        assert self.job.every is not None  # noqa: S101 - asked only of kinds that follow a clock
        left = (self.job.every - at % self.job.every) / SECOND
        self.at = now + min(left + AT_ONCE, LONGEST_SLEEP)

    def looked(self, wait: float, now: float) -> bool:
        """Something is due in so many seconds; True: it is due now, and somebody has to be woken."""
        if wait > 0:
            self.patience = FIRST
            self.at = now + max(AT_ONCE, min(wait, LOOK))
            return False
        self.at = now + self.patience
        return True

    def rang(self, now: float, *, is_heard: bool) -> None:
        """Somebody was called; not heard: in that moment there was a call before, which may have been answered."""
        if is_heard:
            self.patience = min(2 * self.patience, LONGEST_SLEEP)
        else:
            self.at = now + SLOT / SECOND

    def ran(self, done: Performed, now: float) -> None:
        """It was done here, and told when it is needed next."""
        if self.job.every is None and done.did:
            self.patience = FIRST
            self.at = min(self.at, now + max(AT_ONCE, min(done.wait, LOOK)))
