"""Once a month the limits that the history suggests are worked out anew; the review says where the rules differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import ceil, floor
from typing import Final

from stalewatch.clock import Clock
from stalewatch.domain.instants import to_us
from stalewatch.domain.learning.history import Found
from stalewatch.domain.learning.suggesting import Day
from stalewatch.domain.reviewing import Every, holding
from stalewatch.services.judging.sources import Sources
from stalewatch.services.learning.lessons import Asked, lesson
from stalewatch.services.learning.limits import Learned
from stalewatch.services.measuring.chores import claimed
from stalewatch.services.measuring.forecast import today_of
from stalewatch.services.reporting.reports import Reports
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import chores, connections
from stalewatch.store import suggestions as store
from stalewatch.store.engine import Database
from stalewatch.store.suggestions import Suggested

Read = Callable[[], Mapping[str, Found]]
"""Reads what is kept of deals and leads, by what it is about."""
LEARN: Final = chores.LEARN


@dataclass(frozen=True, slots=True)
class Monthly:
    """Learns from what a project keeps.

    Attributes:
        sources: the connections that are configured.
    """

    db: Database
    clock: Clock
    book: Rulebook
    sources: Sources
    read: Read

    def learn(self) -> int | None:
        """Work out this month's suggestions, if nobody did; how many there are, None if nothing was to be done.

        Not before every connection was read once: a part of a history suggests other limits. Whoever is interrupted
        leaves nothing behind, and the same history always suggests the same.
        """
        month = self._month()
        if not self._is_due(month):
            return None
        with claimed(self.db, LEARN) as holding:
            if holding is None or not self._is_due(month):
                return None
            found = [one for about, some in self.read().items() for one in self._learned(about, some)]
            with self.db.write() as conn:
                holding(conn)
                store.keep(conn, month, found)
            return len(found)
        return None

    def _month(self) -> str:
        today = today_of(Reports(self.db, self.book, self.sources), to_us(self.clock.now()))
        return holding(Every.MONTHLY, today).key

    def _is_due(self, month: str) -> bool:
        with self.db.read() as conn:
            if store.is_done(conn, month):
                return False
            began = {row.id for row in connections.read(conn) if row.first_sync_at is not None}
        return bool(self.sources) and began.issuperset(self.sources)

    def _learned(self, about: str, found: Found) -> Iterator[Suggested]:
        if not len(found.ids):
            return
        asked = Asked(as_of=to_us(self.clock.now()))
        for one in lesson(found, about, self.book.rules.catalogue, asked).learned:
            if one.found.limit is not None:
                yield _suggested(about, one, one.found.limit)


def _suggested(about: str, one: Learned, limit: Day) -> Suggested:
    group, found, sure = one.group, one.found, limit.interval
    return Suggested(
        about=about, pipeline=group.pipeline, stage=group.stage, segment=group.segment, day=limit.day,
        low=None if sure is None else floor(sure.low), high=None if sure is None else ceil(sure.high),
        won=found.won, lost=found.lost, open=found.open,
    )  # fmt: skip
