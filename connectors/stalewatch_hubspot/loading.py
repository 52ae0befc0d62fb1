"""The first load, and reading some deals whole: each page brings deals with everything that belongs to them."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from stalewatch.sdk.records import Rejected
from stalewatch_hubspot import queries
from stalewatch_hubspot.api import chunks
from stalewatch_hubspot.gathering import Gatherer, Piece, inverted
from stalewatch_hubspot.memory import Bonds
from stalewatch_hubspot.place import Load
from stalewatch_hubspot.queries import CONTACTS, DEALS, LEADS, MEETINGS, TASKS, Kind
from stalewatch_hubspot.rows import Row

BLOCK: Final = 1_000
PART: Final = 200
Links = Mapping[Kind, Mapping[str, Sequence[str]]]


class Loader:
    """Reads deals and leads whole.

    Attributes:
        total: of the records that a load will bring, as far as it is known.
        open_ids: of the deals that were loaded.
        meetings: of the deals that `look` looked at. late: those of them that have other associations now.
        is_whole: whether every row could be read.
    """

    def __init__(self, gatherer: Gatherer, bonds: Bonds, *, is_resumed: bool = False) -> None:
        self._gather, self._bonds = gatherer, bonds
        self._is_resumed = is_resumed
        self._met: dict[Kind, list[array[int]]] = {kind: [] for kind in gatherer.kinds}
        self.total: int | None = None
        self.open_ids: set[str] = set()
        self.is_whole = True
        self.meetings: set[str] = set()
        self.late: list[str] = []
        self._odd: list[Rejected] = []

    def pieces(self, load: Load, *, leads: bool) -> Iterator[tuple[str, Piece, str]]:
        """What is left of a load, deals before leads, in pieces, each with its kind and its last id."""
        if load.kind == DEALS.name:
            yield from ((DEALS.name, piece, last) for piece, last in self.deals(load.last))
        if leads:
            start = load.last if load.kind == LEADS.name else "0"
            yield from ((LEADS.name, piece, last) for piece, last in self.leads(start))

    def deals(self, last: str) -> Iterator[tuple[Piece, str]]:
        """All open deals above an id, in pieces, each with its last id."""
        found = self._rows(DEALS, queries.OPEN, self._gather.deal_properties, last)
        for block in chunks(found, BLOCK):
            self.open_ids.update(row.id for row in block)
            yield from self.whole(block)

    def leads(self, last: str) -> Iterator[tuple[Piece, str]]:
        """All leads above an id, in pieces, each with its last id."""
        for block in chunks(self._rows(LEADS, (), self._gather.lead_properties, last), BLOCK):
            yield from self.whole_leads(block)

    def whole(self, rows: Sequence[Row]) -> Iterator[tuple[Piece, str]]:
        """Some deals (at most `BLOCK`) with everything that belongs to them."""
        ids = [row.id for row in rows]
        links, contacts = self.links(ids)
        self._bind(ids, links, contacts)
        told: dict[Kind, set[str]] = {kind: set() for kind in links}
        for part in chunks(rows, PART):
            piece = Piece(rejected=self.odd())
            tasks = self._tell_activities(part, links, told, piece)
            dues: dict[str, list[date]] | None = None
            if self._gather.wants.due and TASKS in links:
                dues = {row.id: [] for row in part} | self._gather.dues_of(tasks, inverted(links[TASKS]))
            self._gather.tell_deals(part, piece, contacts=contacts, dues=dues)
            self._gather.tell_past(part, piece)
            yield piece, part[-1].id
        self._meet(links)

    def whole_leads(self, rows: Sequence[Row]) -> Iterator[tuple[Piece, str]]:
        """Some leads with their activities."""
        ids = [row.id for row in rows]
        kinds = [kind for kind in self._gather.kinds if kind is not TASKS]
        links = {kind: self._gather.api.links(LEADS.name, kind.name, ids) for kind in kinds}
        told: dict[Kind, set[str]] = {kind: set() for kind in links}
        for part in chunks(rows, PART):
            piece = Piece(rejected=self.odd())
            self._tell_activities(part, links, told, piece)
            self._gather.tell_leads(part, piece)
            yield piece, part[-1].id
        self._meet(links)

    def odd(self) -> list[Rejected]:
        """The rows that could not be read and were not told yet."""
        told, self._odd = self._odd, []
        return told

    def links(self, ids: Sequence[str]) -> tuple[Links, Mapping[str, Sequence[str]] | None]:
        """What deals are associated with: activities by kind, and contacts if anybody asks for them."""
        api = self._gather.api
        links = {kind: api.links(DEALS.name, kind.name, ids) for kind in self._gather.kinds}
        return links, api.links(DEALS.name, CONTACTS.name, ids) if self._gather.reads_people else None

    def look(self, ids: Sequence[str]) -> Iterator[None]:
        """Find those of these open deals that are associated with other things than was known, step by step."""
        for chunk in chunks(ids, BLOCK):
            links, contacts = self.links(chunk)
            self.late += self._bind(chunk, links, contacts)
            self.meetings.update(f"meeting-{one}" for ends in links.get(MEETINGS, {}).values() for one in ends)
            yield

    # ------------------------------------------------------------------------------------------------- the parts

    def _rows(self, kind: Kind, filters: queries.Filters, properties: Sequence[str], last: str) -> Iterator[Row]:
        seen: set[str] = set()
        is_own = self._gather.deals.is_open if kind is DEALS else lambda _: True
        for page in self._gather.api.keyset(kind, filters, properties, last=last, belongs=is_own):
            if self.total is None:
                self.total = page.total
            self._gather.miss(kind, properties, page.rows)
            self._odd += page.rejected
            self.is_whole &= not page.rejected
            for row in sorted(page.rows, key=lambda row: int(row.id)):
                if row.id not in seen and is_own(row):
                    yield row
            seen = {row.id for row in page.rows}

    def _bind(self, ids: Sequence[str], links: Links, contacts: Mapping[str, Sequence[str]] | None) -> list[str]:
        return [
            deal
            for deal in ids
            if self._bonds.differs(
                deal,
                [(kind.name, one) for kind, ends in links.items() for one in ends.get(deal, ())],
                None if contacts is None else contacts.get(deal, ()),
            )
        ]

    def _tell_activities(
        self, part: Sequence[Row], links: Links, told: Mapping[Kind, set[str]], piece: Piece
    ) -> Sequence[Row]:
        """Add the activities of some records that were not told yet; returns the tasks of all of them."""
        wanted: dict[Kind, list[str]] = {}
        records: dict[Kind, Mapping[str, Sequence[str]]] = {}
        for kind, ends in links.items():
            mine = dict.fromkeys(one for row in part for one in ends.get(row.id, ()))
            wanted[kind] = [one for one in mine if one not in told[kind]]
            told[kind].update(wanted[kind])
            records[kind] = self._records(kind, wanted[kind], inverted(ends))
        rows, rejected = self._gather.read_activities(wanted)
        piece.rejected += rejected
        self._gather.tell(rows, records, piece)
        return rows.get(TASKS, ())

    def _records(
        self, kind: Kind, ids: Sequence[str], known: Mapping[str, Sequence[str]]
    ) -> Mapping[str, Sequence[str]]:
        """The records of activities. One that may belong to a record outside of this block is asked for."""
        unsure = [one for one in ids if self._is_resumed or self._was_met(kind, one)]
        asked = self._gather.records_of(kind, unsure) if unsure else {}
        return {one: list(dict.fromkeys((*known.get(one, ()), *asked.get(one, ())))) for one in ids}

    def _meet(self, links: Links) -> None:
        for kind, ends in links.items():
            ids = sorted({int(one) for some in ends.values() for one in some if one.isdigit() and int(one) < 2**63})
            self._met[kind].append(array("q", ids))

    def _was_met(self, kind: Kind, id_: str) -> bool:
        number = int(id_) if id_.isdigit() else -1
        for ids in self._met[kind]:
            at = bisect_left(ids, number)
            if at < len(ids) and ids[at] == number:
                return True
        return False
