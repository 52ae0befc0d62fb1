"""Thirty days of one seed, from due moment to due moment, through the real services."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, NamedTuple
from unittest.mock import patch

import sqlalchemy as sa

from stalewatch.clock import FixedClock
from stalewatch.domain.instants import DAY, HOUR, SECOND, to_us
from stalewatch.domain.writebacks import Writeback
from stalewatch.sdk.notifier import Style
from stalewatch.services.alerting import agenda
from stalewatch.services.alerting.agenda import Agenda
from stalewatch.services.operating.cycle import Cycle, Source
from stalewatch.services.operating.work import Work
from stalewatch.services.rules.rulebook import Rulebook
from tests.simulation import rules
from tests.simulation.company import Crm, Firm
from tests.simulation.happenings import LOST_RACES, QUIET, happens
from tests.simulation.ledger import Ledger
from tests.simulation.plan import Happening, Plan
from tests.simulation.stage import Killed, Theatre, the_same_names

MOST: Final = 1500
"""Steps of a month; who needs more turns round and round."""
LONG: Final = timedelta(minutes=6)
"""Longer than any lease."""
LAZY: Final = timedelta(hours=6)
"""A destination that waits for something else than the time is looked at again so often."""
FAR: Final = 40 * DAY
"""Nothing may hang on an engine's asking once a day."""
SOON: Final = 61 * SECOND
"""How often an engine would look."""


class Left(NamedTuple):
    """Microseconds until each kind of work is due, as the agenda says."""

    sync: int
    tick: int
    dispatch: int
    write: int

    @classmethod
    def of(cls, ahead: Agenda) -> Left:
        """As of now."""
        return cls(ahead.until_sync(), ahead.until_tick(), ahead.until_dispatch(), ahead.until_write())


class Broken(AssertionError):
    """Something that must always hold does not."""


@dataclass
class Play:
    """One seed's month.

    Attributes:
        story: what happened, a line each.
        checks: called after every step.
    """

    seed: int
    db: Theatre
    plan: Plan
    firm: Firm
    clock: FixedClock
    crm: Crm
    ledger: Ledger
    edition: int = 0
    lazy_until: datetime | None = None
    story: list[str] = field(default_factory=list)
    checks: Callable[[Play], None] = lambda _: None
    is_nested: bool = False
    due: Left | None = None
    waiting: deque[Happening] = field(default_factory=deque)
    steps: int = 0
    _cycles: dict[int, Cycle] = field(default_factory=dict)

    # ------------------------------------------------------------------------------------------- what there is

    @property
    def now(self) -> datetime:
        return self.clock.now()

    @property
    def us(self) -> int:
        return to_us(self.now)

    @property
    def book(self) -> Rulebook:
        return rules.book(self.plan.calendar, self.edition, self.plan.age, self.plan.pack)

    @property
    def speaking(self) -> Any:
        return rules.speaking(Style.IMMEDIATE if self.plan.at_once else Style.DIGEST, alone=self.plan.alone)

    @property
    def ages(self) -> dict[str, int | None]:
        return {"crm": self.plan.age * HOUR}

    def rows(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> list[Any]:
        """Rows of a table, in the order of its keys."""
        with self.db.read() as conn:
            return list(conn.execute(sa.select(table).where(*where).order_by(*table.primary_key)))

    def say(self, text: str) -> None:
        """One more line of the story."""
        self.story.append(f"{self.now:%m-%d %H:%M:%S} {'   ' * self.is_nested}{text}")

    # ------------------------------------------------------------------------------------------- the loop

    def run(self) -> Play:
        """All of the month; raises `Broken` where something does not hold."""
        with the_same_names(self.seed), patch.object(agenda, "FAR", FAR):
            for number in range(self.plan.deals):
                self.firm.begins(f"d{number}")
            self.waiting = deque(self.plan.happenings)
            while self.now < self.plan.end:
                self._survives(self._calms_down)
                self._survives(self.work)
                self.checks(self)
                self._jumps()
                self.steps += 1
                if self.steps > MOST:
                    raise Broken(f"still busy after {MOST} steps")
        return self

    def _jumps(self) -> None:
        """To the next moment at which something is due, in the engine's pace; what befalls us on the way befalls us.

        What leaves the database alone wakes nobody.
        """
        left, before = Left.of(Agenda(self.db, self.clock, self.ages)), self.us
        there = self.now + max(timedelta(microseconds=self._soonest(left)), timedelta(seconds=self.plan.pace))
        there = min(there, self.plan.end if self.ledger.calm else self.plan.calm_from)
        is_quiet = True
        while is_quiet and self.waiting and self.waiting[0].at <= there:
            one = self.waiting.popleft()
            self.clock.move_to(max(self.now, one.at))
            self._survives(partial(happens, self, one))
            is_quiet = one.what in QUIET
        if is_quiet:
            self.clock.move_to(max(self.now, there))
            self.due = Left(*(max(0, one - (self.us - before)) for one in left))

    def _soonest(self, left: Left) -> int:
        dispatch = left.dispatch
        if self.lazy_until is not None and self.lazy_until > self.now:
            dispatch = max(dispatch, (self.lazy_until - self.now) // timedelta(microseconds=1))
        return min(left.sync, left.tick, dispatch, left.write)

    def _calms_down(self) -> bool:
        """In the end everything works again, and an operator lets go on what was set aside."""
        if self.ledger.calm or self.now < self.plan.calm_from:
            return False
        self.ledger.calm = True
        self.ledger.revoked = self.ledger.blind = self.crm.away = False
        self.db.lives = self.db.sleeps = None
        self.crm.breaks, self.crm.loses = 0, []
        work = Work(self.db, self.clock, self.book, self.speaking, "operator")
        moved = work.release([one for one in work.pieces() if one.kind.value in ("connection", "destination", "write")])
        self.say(f"calm; {len(moved.done)} pieces released")
        self.due = None
        self._reads(self.cycle(), force=True)
        return True

    # ------------------------------------------------------------------------------------------- work

    def cycle(self) -> Cycle:
        """The cycle of one worker by today's rules."""
        if self.edition not in self._cycles:
            source = Source(
                type="memory", connect=lambda: self.crm, every=self.plan.every * HOUR, writeback=Writeback.FIELDS
            )
            self._cycles[self.edition] = Cycle(
                self.db, self.clock, self.book, self.speaking, self.ages, {"crm": source}, lambda: self.ledger
            )
        return self._cycles[self.edition]

    def begins_anew(self) -> None:
        """A worker that knows what the database knows and nothing else."""
        self._cycles = {}

    def work(self) -> bool:
        """Everything that is due; True if anything was."""
        cycle, ahead = self.cycle(), Agenda(self.db, self.clock, self.ages)
        due, self.due = self.due or Left.of(ahead), None
        did = False
        if not cycle.accepted.is_set() or due.sync == 0:
            self._reads(cycle)
            did = True
        if did or due.tick == 0 or self._may_speak(due):  # an engine has ticked a moment ago in any case
            ticked = cycle.tick()
            did |= ticked.looked > 0
            if ticked.looked:
                self.say(f"tick: {ticked.opened} opened, {ticked.resolved} resolved, {ticked.said} to be said")
        if did or self._may_speak(due):
            did |= self._dispatches(cycle, ahead)
        if due.write == 0:
            wrote = cycle.write()
            self.say(f"writes: {wrote.done} done, {wrote.unknown} without an answer")
            did = True
        return did

    def _may_speak(self, due: Left) -> bool:
        return (self.lazy_until is None or self.lazy_until <= self.now) and due.dispatch == 0

    def _reads(self, cycle: Cycle, *, force: bool = False) -> None:
        if not cycle.accepted.is_set():  # a process that has begun, or that got other rules
            cycle.prepare()
            cycle.recompute()
        done = cycle.sync(force=force)
        cycle.recompute()
        for one in done:
            self.say(f"sync: {one.records} records, {one.judged} judged{f', {one.error}' if one.error else ''}")

    def _dispatches(self, cycle: Cycle, ahead: Agenda) -> bool:
        if ahead.until_dispatch() > 0:
            return False
        done = cycle.dispatch()
        said = done.sent + done.edited + done.settled + done.refused + done.unknown
        is_idle = not (said or done.errors) and ahead.until_dispatch() <= SOON
        self.lazy_until = self.now + LAZY if is_idle else None
        return bool(said)

    def _survives(self, work: Callable[[], bool]) -> bool:
        """Whoever dies is started again."""
        try:
            return work()
        except Killed:
            self.say("the worker dies")
            self.begins_anew()
            return True
        except LOST_RACES as error:
            self.say(f"undone: {type(error).__name__}")
            return True

    def freezes(self) -> None:
        """While this worker stands still for longer than any lease, another one does its work."""
        if self.is_nested:
            return
        self.say("frozen; another worker goes on")
        kept, self._cycles = self._cycles, {}
        sleeping, self.db.sleeps = self.db.sleeps, None
        lives, self.db.lives = self.db.lives, None
        self.is_nested = True
        try:
            self.clock.advance(LONG)
            self.lazy_until = None
            self._survives(self.work)
        finally:
            self.is_nested = False
            self._cycles, self.db.sleeps, self.db.lives = kept, sleeping, lives
        self.say("awake again")
