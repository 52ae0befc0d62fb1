"""The nightly comparison: which deals that we hold for open does the portal not show as open any more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from stalewatch.sdk.connector import Finding, Level
from stalewatch_hubspot import queries
from stalewatch_hubspot.api import chunks
from stalewatch_hubspot.gathering import Gatherer, Piece
from stalewatch_hubspot.loading import BLOCK, PART, Loader
from stalewatch_hubspot.memory import Bonds
from stalewatch_hubspot.queries import DEALS
from stalewatch_hubspot.rows import Row

HALF: Final = 0.5
"""A comparison by which more than this share would have vanished is not believed."""


class Reconcile:
    """Compares ids.

    Attributes:
        open_ids: of every deal that is shown as open, once `pieces` is through.
        doubt: why the comparison was not believed, in words; nothing is told as deleted then.
    """

    def __init__(self, gatherer: Gatherer, bonds: Bonds) -> None:
        self._gather, self._bonds = gatherer, bonds
        self.open_ids: frozenset[str] | None = None
        self.doubt: str | None = None
        self._there: set[str] = set()

    def pieces(self) -> Iterator[Piece]:
        """What follows from `look`: deals that were deleted or merged, and open ones that were not known."""
        there, known = self._there, set(self._bonds.deals)
        vanished = known - there
        if len(vanished) > HALF * len(known):
            self.open_ids = frozenset(there)  # whoever stores them will not believe it either, and says so
            self.doubt = f"the portal shows {len(there):,} open deals where {len(known):,} were known"
            return
        yield from self._explained(sorted(vanished), there)
        if known and not self._bonds.is_partial:
            yield from self._discovered(sorted(there - known))
        for deal in there:
            self._bonds.deals.setdefault(deal, [None, None])
        self._bonds.is_partial = False
        self.open_ids = frozenset(there)

    def findings(self) -> list[Finding]:
        """What `doctor` is to show of it, in whatever process it runs: the doubt, or nothing."""
        cure = "Nothing was taken for deleted. Look whether the token still sees all deals."
        found = Finding(subject="comparison of ids", level=Level.WARNING, message=self.doubt or "", cure=cure)
        return [found] if self.doubt else []

    def look(self) -> Iterator[None]:
        """Read the ids of all open deals, step by step."""
        for page in self._gather.api.keyset(DEALS, queries.OPEN, ("hs_object_id",)):
            self._there.update(row.id for row in page.rows)
            self._there.update(one.ref for one in page.rejected)  # an odd row is a deal that is there
            yield

    def _explained(self, vanished: list[str], there: set[str]) -> Iterator[Piece]:
        """Look at each that is missing: search forgets deals for minutes, and a merged one has another id."""
        for part in chunks(vanished, PART):
            rows = self._gather.deal_rows(part)
            alive = {row.id: row for row in rows}
            heirs = [row for row in rows if row.id not in part]
            missing = [deal for deal in part if deal not in alive]
            there.update(row.id for row in rows if self._gather.deals.is_open(row))
            piece = Piece(gone=[row.id for row in self._archived(missing)])
            self._gather.tell_deals([row for row in rows if row.id in part], piece)
            if piece.gone or piece.deals:
                yield piece
            yield from self._whole(heirs)
            for deal in {*part, *(row.id for row in heirs)} - there:
                self._bonds.close(deal)

    def _archived(self, ids: list[str]) -> list[Row]:
        """Those in the bin. One that is neither there nor in the bin was deleted for good, or is hidden from us: that
        it is missing in `open_ids` says all that is known of it."""
        return self._gather.api.read(DEALS, ids, ("hs_object_id",), archived=True).rows if ids else []

    def _discovered(self, ids: list[str]) -> Iterator[Piece]:
        for part in chunks(ids, BLOCK):
            yield from self._whole(self._gather.deal_rows(part))

    def _whole(self, rows: list[Row]) -> Iterator[Piece]:
        if rows:
            for piece, _ in Loader(self._gather, self._bonds, is_resumed=True).whole(rows):
                yield piece
