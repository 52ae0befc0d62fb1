"""One clock as the slow judge finds it, and what it says at a moment: rules.md, "state = the first that holds"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from stalewatch.domain.deadlines import State
from tests.domain.calendar_oracle import Wait
from tests.domain.condition_oracle import BEYOND


@dataclass(frozen=True)
class SlowClock:
    """One clock; `base` is its state as far as it does not depend on the time, WATCHING if it runs."""

    rule: str
    subject: str | None
    base: State
    anchor: datetime | None = None
    warn_at: datetime | None = None
    breach_at: datetime | None = None
    limit: int = -1
    estimated: bool = False
    excepted_until: datetime | None = None
    waits: tuple[Wait, ...] = ()
    unclear_until: datetime | None = None

    def state(self, now: datetime) -> State:  # noqa: PLR0911  # one line per state
        """The first that holds, in the order of rules.md."""
        if self.base <= State.NOT_APPLICABLE:
            return self.base
        if self.excepted_until is not None and now < self.excepted_until:
            return State.EXCEPTED
        if self.unclear_until is not None and now < self.unclear_until:
            return State.CANNOT_JUDGE
        if self.base is not State.WATCHING or self.warn_at is None or self.breach_at is None:
            return self.base
        if any(start <= now < end for start, end in self.waits):
            return State.PAUSED
        if now >= self.breach_at:
            return State.BREACHED
        return State.AT_RISK if now >= self.warn_at else State.WATCHING

    def edges(self) -> list[datetime]:
        """The moments at which the state may change by itself."""
        found = [self.excepted_until, self.unclear_until] if self.base > State.NOT_APPLICABLE else []
        if self.base is State.WATCHING:
            found += [self.warn_at, self.breach_at, *(side for wait in self.waits for side in wait)]
        return [moment for moment in found if moment is not None and moment != BEYOND]
