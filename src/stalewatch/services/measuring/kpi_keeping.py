"""Keep the KPIs of every day: the one that has just ended, and, piece by piece, those before it.

One row is the work (store/kpis.py), claimed like every other, so that of several processes one does it. A run is one
piece: the days that ended since, else a week of the past, until half a year is there. To work a day out again changes
nothing, unless late history has come of it meanwhile: then it is told as it is known now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2s
from typing import Any, Final

import numpy as np

from stalewatch.clock import Clock
from stalewatch.domain.instants import HOUR, MINUTE, to_us
from stalewatch.domain.kpi.definitions import REVISION
from stalewatch.domain.kpi.reads import measured, tracked
from stalewatch.services.judging.sources import Sources
from stalewatch.services.measuring.kpi_days import Measuring, last_ended
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.syncing.stopping import Stopped
from stalewatch.store import connections, kpis, leases
from stalewatch.store.engine import Connection, Database
from stalewatch.store.errors import LeaseLost

BACK: Final = 182
"""Days of the past that are worked out when KPIs are new, or other ones: 26 weeks."""
AT_ONCE: Final = 7
"""Days worked out in one run: what is read of the records serves all of them."""
PATIENCE: Final = 6 * HOUR
"""So long after a day's end it is worked out, though a connection was not read since."""
_LEASE: Final = 15 * MINUTE
_AGAIN: Final = 10 * MINUTE


@dataclass(frozen=True, slots=True)
class DaysKept:
    """What a run did: the days `first` to `last` (numbers) were worked out; both None if nothing was due.

    Attributes:
        left: days of the past that are still to come.
    """

    first: int | None = None
    last: int | None = None
    left: int = 0


@dataclass(frozen=True, slots=True)
class Keeping:
    """Keeps the KPIs of a project.

    Attributes:
        sources: the connections that are configured.
    """

    db: Database
    clock: Clock
    book: Rulebook
    sources: Sources
    is_stopping: Callable[[], bool] = lambda: False

    def run(self) -> DaysKept:
        """Work out the next piece, if one is due and nobody else does it."""
        now = to_us(self.clock.now())
        with self.db.write() as conn:
            kpis.begin(conn, now)
            claimed = leases.claim(conn, leases.KPIS, due=now, lease_us=_LEASE)
        if not claimed:
            return DaysKept()
        try:
            return self._work(claimed[0], now)
        except LeaseLost:  # it took too long, and another process does the same
            return DaysKept()

    def until(self) -> int:
        """Microseconds until there may be something to do."""
        with self.db.read() as conn:
            row = kpis.work(conn)
        return 0 if row is None or row.due_at is None else max(0, row.due_at - to_us(self.clock.now()))

    def _work(self, row: Any, now: int) -> DaysKept:
        with self.db.read() as conn:
            last = self._ready(conn, now)
        plan = _Plan.of(row, self._version, last)
        days = plan.next()
        if days is None:
            with self.db.write() as conn:
                leases.finish(conn, leases.KPIS, row.id, row.fence, due_at=self._next(plan, now))
            return DaysKept()
        since = self._tracked(row, now)
        try:
            found = Measuring(self.db, self.book, self.sources, since, self.is_stopping).tallies(days)
        except Stopped:
            with self.db.write() as conn:
                leases.release(conn, leases.KPIS, row.id, row.fence)
            return DaysKept()
        after = plan.with_days(days)
        due = now if after.next() is not None else self._next(after, now)
        with self.db.write() as conn:
            leases.finish(
                conn, leases.KPIS, row.id, row.fence, due_at=due, tracked=since, version=after.version,
                kept_from=after.kept_from, kept_to=after.kept_to, wanted_from=after.wanted_from, kept_at=now,
            )  # fmt: skip
            for number, tally in found.items():
                kpis.keep(conn, number, dict(tally.kept()))
        return DaysKept(days[0], days[-1], after.left)

    @property
    def _version(self) -> str:
        """A digest of all that the meaning of a figure depends on."""
        rules = self.book.rules
        objects = {
            obj: {name: kind.values for name, kind in kinds.items()} for obj, kinds in rules.catalogue.objects.items()
        }
        digest = blake2s(digest_size=12)
        for part in (
            REVISION,
            rules.scores,
            rules.bands,
            sorted(objects.items()),
            self.book.calendars.default.spec.zone,
        ):
            digest.update(repr(part).encode("utf-8", "surrogatepass") + b"\x00")
        return digest.hexdigest()

    def _ready(self, conn: Connection, now: int) -> int | None:
        """The last day that is over, and since which every connection was read; None: nothing was ever read."""
        rows = [row for row in connections.read(conn) if row.id in self.sources and row.first_sync_at is not None]
        if not rows:
            return None
        calendar = self.book.calendars.default
        read = min(row.data_at if row.data_at is not None and self.sources[row.id] is not None else now for row in rows)
        return last_ended(calendar, max(min(read, now), now - PATIENCE))

    def _next(self, plan: _Plan, now: int) -> int:
        """When to look again: when the day after the last kept one is over; every ten minutes while data is missing."""
        if plan.kept_to is None:
            return now + _AGAIN
        over = int(self.book.calendars.default.midnight(np.array([plan.kept_to + 2]))[0])
        return max(over + MINUTE, now + _AGAIN) if over < now else over + MINUTE

    def _tracked(self, row: Any, now: int) -> dict[str, int]:
        """Since when the past of each field is kept: of one that is measured only now, since now."""
        known: Mapping[str, int] = row.tracked or {}
        objects = self.book.rules.catalogue.objects
        names = {name for obj in objects for name in measured(self.book.rules, obj) | tracked(self.book.rules, obj)}
        first = known.get("", 0) if row.kept_to is None else now
        return {**known, **{name: first for name in sorted(names) if name not in known}}


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which days are kept, and which are to be.

    Attributes:
        last: the last day that can be told.
    """

    version: str
    last: int | None
    kept_from: int | None = None
    kept_to: int | None = None
    wanted_from: int | None = None

    @classmethod
    def of(cls, row: Any, version: str, last: int | None) -> _Plan:
        """The plan of a stored row; what other definitions have kept is to be worked out anew."""
        if row.version != version or row.kept_to is None or (last is not None and row.kept_to > last):
            return cls(version, last)
        return cls(version, last, row.kept_from, row.kept_to, row.wanted_from)

    def next(self) -> list[int] | None:
        """The next days to work out, ascending; None if there are none."""
        if self.last is None:
            return None
        if self.kept_to is None or self.kept_from is None or self.wanted_from is None:
            return [self.last]
        if self.kept_to < self.last:
            return list(range(self.kept_to + 1, min(self.last, self.kept_to + AT_ONCE) + 1))
        if self.kept_from > self.wanted_from:
            return list(range(max(self.wanted_from, self.kept_from - AT_ONCE), self.kept_from))
        return None

    def with_days(self, days: list[int]) -> _Plan:
        """The plan once these days are kept."""
        first, last = days[0], days[-1]
        kept_from = first if self.kept_from is None else min(first, self.kept_from)
        kept_to = last if self.kept_to is None else max(last, self.kept_to)
        wanted = last - BACK + 1 if self.wanted_from is None else self.wanted_from
        return _Plan(self.version, self.last, kept_from, kept_to, wanted)

    @property
    def left(self) -> int:
        """Days of the past that are still to come."""
        return 0 if self.kept_from is None or self.wanted_from is None else max(0, self.kept_from - self.wanted_from)
