"""What letting time pass costs: nothing due, among few deals and many, and after many clocks fired; 100 and 10,000 due.

Beside what is due stand statements written by hand that write the same rows (`_plain_tick`); beside 10,000 deals that
changed, whose clocks are worked out and stored, SQLAlchemy's ORM that stores a row per deal and rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter, process_time
from typing import Final

from bench import _due_store, _orm_clocks, _plain_tick, _stored
from bench._databases import databases, migrated
from bench._due_store import OURS, PLAIN
from bench.measuring import say
from stalewatch.clock import FixedClock
from stalewatch.domain.instants import DAY, HOUR, to_us
from stalewatch.domain.policies import Speaking
from stalewatch.services.alerting.tick import Ticked, tick
from stalewatch.services.judging import arming
from stalewatch.services.judging.sources import coverage
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store.engine import Database

FEW: Final = 10_000
MANY: Final = 1_000_000
FIRED: Final = 200_000
TURNS: Final = 3
LOOKS: Final = 101
NOW: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
_FILLED: Final = 100_000
"""Deals beside those that are due: so many more than are due that a storm guard lets them go."""

_CHANGED: Final = f"""
UPDATE deals SET stage_entered_at = stage_entered_at + {HOUR}, last_meeting_at = last_meeting_at + {HOUR},
  created_at = created_at + {HOUR}
"""  # noqa: S608 - a number of ours


def main() -> None:
    """On SQLite and on PostgreSQL."""
    book = _due_store.rulebook()
    with databases() as some:
        for kind, url in some:
            with migrated(url) as db:
                few = _Life(kind, db, book)
                few.stored(FEW)
                before = few.idle(f"{FEW:,} deals")
            with migrated(url) as db:
                many = _Life(kind, db, book)
                many.stored(MANY)
                after = many.idle(f"{MANY:,} deals")
                say(f"{after / before:8.2f}x  {kind}: an idle tick with {MANY // FEW} times the deals")
                many.fired()
                after = many.idle(f"{MANY:,} deals, after {FIRED:,} clocks fired")
                say(f"{after / before:8.2f}x  {kind}: the same after {FIRED:,} clocks fired")
                for size in (100, FEW):
                    many.due(size)
            with migrated(url) as db:
                _rearmed(kind, db, book)


@dataclass(slots=True)
class _Life:
    """A database whose clock goes on from measurement to measurement."""

    kind: str
    db: Database
    book: Rulebook
    now: datetime = NOW
    number: int = 0

    def stored(self, size: int) -> None:
        """So many deals whose clocks ring tomorrow."""
        _due_store.begin(self.db, self.book, to_us(NOW))
        with self.db.write() as conn:
            _due_store.insert_clocks(conn, OURS, 10 * MANY, size, to_us(NOW) + DAY, self.book.version)
        _due_store.settle(self.db)
        self.tick()

    def fired(self) -> None:
        """Clocks that ring and are set anew; SQLite and PostgreSQL both keep where they stood before for a while."""
        at = self._later(timedelta(minutes=1))
        _due_store.paused(self.db, self.book, self._numbers(FIRED), FIRED, at)
        done = self.tick()
        assert (done.looked, done.opened) == (FIRED, 0), done

    def idle(self, what: str) -> float:
        """Seconds of a tick that finds nothing, the median of many."""
        self._later(timedelta(seconds=5))
        wall, spent = [], []
        for _ in range(LOOKS):
            began, cpu = perf_counter(), process_time()
            done = self.tick()
            wall.append(perf_counter() - began)
            spent.append(process_time() - cpu)
            assert done.looked == 0
        say(
            f"           {self.kind}: an idle tick with {what}: {median(wall) * 1e3:.2f} ms, "
            f"{median(spent) * 1e3:.2f} ms of the processor"
        )
        return median(wall)

    def due(self, size: int) -> None:
        """So many that fall due at once, and the same by hand."""
        if size == FEW:
            _due_store.judged(self.db, self.book, OURS, self._numbers(_FILLED), _FILLED, to_us(NOW) + 300 * DAY)
        moments = [to_us(self.now) + (turn + 1) * HOUR // 10 for turn in range(TURNS)]
        for at in moments:
            for connection in (OURS, PLAIN):
                _due_store.judged(self.db, self.book, connection, self._numbers(size), size, at)
        _due_store.settle(self.db)
        ours, theirs, spent = [], [], []
        for at in moments:
            before = to_us(self.now)
            self._later(timedelta(microseconds=at - before))
            cpu = process_time()
            ours.append(_timed(lambda: self._opened(size)))
            spent.append(process_time() - cpu)
            theirs.append(_timed(lambda: _plain_tick.tick(self.db, before, at)))  # noqa: B023 - called at once
        ratio = median(one / other for one, other in zip(ours, theirs, strict=True))
        say(
            f"{ratio:8.2f}x  {self.kind}: a tick with {size:,} due: {median(ours) * 1e3:.1f} ms "
            f"({median(spent) * 1e3:.1f} ms of our processor) against {median(theirs) * 1e3:.1f} ms (the rows by hand)"
        )

    def tick(self) -> Ticked:
        return tick(self.db, FixedClock(self.now), self.book, Speaking(), {OURS: None})

    def _opened(self, size: int) -> None:
        done = self.tick()
        assert (done.opened, done.said, done.stormed) == (size, size, 0), done

    def _later(self, passed: timedelta) -> int:
        self.now += passed
        return to_us(self.now)

    def _numbers(self, many: int) -> int:
        self.number += many
        return self.number - many


def _rearmed(kind: str, db: Database, book: Rulebook) -> None:
    now = to_us(NOW)
    _stored.fill(db, FEW, now, book.rules.catalogue)
    ids = [f"{OURS}:{number:08}" for number in range(FEW)]
    told: list[int] = []

    def rearm() -> None:
        with db.write() as conn:
            told.append(len(arming.judge(conn, book, "deal", ids, coverage(conn), now).changed))

    rearm()
    ours, spent = [], []
    for _ in range(TURNS):
        with db.write() as conn:
            conn.exec_driver_sql(_CHANGED)
        cpu = process_time()
        ours.append(_timed(rearm))
        spent.append(process_time() - cpu)
    theirs = _orm_clocks.seconds(db, book, TURNS)
    say(
        f"{theirs / median(ours):8.2f}x  {kind}: {told[-1]:,} of {FEW:,} changed deals judged and armed again: "
        f"{median(ours) * 1e3:.0f} ms ({median(spent) * 1e3:.0f} ms of our processor) against {theirs * 1e3:.0f} ms "
        "(SQLAlchemy's ORM, a row per deal and rule, nothing judged)"
    )


def _timed(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began
