"""What no window shows and a cycle looks at now and then: late associations, deleted meetings, deals that are gone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from stalewatch_hubspot.api import abreast, chunks
from stalewatch_hubspot.gathering import Gatherer, Piece
from stalewatch_hubspot.loading import BLOCK, Loader
from stalewatch_hubspot.memory import Notebook
from stalewatch_hubspot.queries import MEETINGS
from stalewatch_hubspot.reconcile import Reconcile

_SEARCHES: Final = 5
"""That go out while the associations of 1,000 deals are read: either has a limit of its own, and neither waits."""


@dataclass(frozen=True)
class Looker:
    """Looks by the hour at deals that have a deadline within the next day, as far as anybody knows; by night at all.

    Attributes:
        due_soon: those deals; None: nobody knows them, and all are looked at.
        server_now: the server's time.
    """

    gatherer: Gatherer
    book: Notebook
    reconcile: Reconcile
    due_soon: Callable[[], Collection[str]] | None
    server_now: Callable[[], datetime]

    def pieces(self, *, is_hourly: bool, is_nightly: bool) -> Iterator[Piece]:
        """What is found."""
        bonds = self.book.bonds
        loader, looked = Loader(self.gatherer, bonds, is_resumed=True), sorted(bonds.deals) if is_hourly else []
        if not is_nightly and self.due_soon is not None:
            looked = sorted(set(looked) & set(self.due_soon()))
        abreast(loader.look(looked), self.reconcile.look() if is_nightly else iter(()), _SEARCHES)
        if is_hourly:
            yield from self._late(loader, looked)
        if is_nightly:
            yield from self.reconcile.pieces()

    def _late(self, loader: Loader, looked: Sequence[str]) -> Iterator[Piece]:
        """What happened while no date moved: late associations, and meetings that were deleted."""
        gatherer, planned = self.gatherer, self.book.planned
        for part in chunks(loader.late, BLOCK):
            yield from (piece for piece, _ in loader.whole(gatherer.deal_rows(part)))
        if gatherer.facts.can_read(MEETINGS):
            deleted = Piece()
            missing = planned.missing(loader.meetings, set(looked), self.server_now())
            gatherer.tell_deleted(missing, deleted)
            yield deleted
