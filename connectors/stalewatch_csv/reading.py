"""One reading of a folder: its files as a stream of opportunities with all that happened to them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from stalewatch.sdk.connector import ConnectionSettings
from stalewatch.sdk.records import Activity, Deal, FieldChange, Person, Rejected, StageVisit
from stalewatch_csv.columns import DealColumns, field_types, known_headings
from stalewatch_csv.deals import DealReader
from stalewatch_csv.evidence import HappeningReader, meaning, together, visit
from stalewatch_csv.footers import BadRow, Row, is_sum
from stalewatch_csv.mapping import DEALS, EVENTS, STAGES, FileMapping
from stalewatch_csv.people import People
from stalewatch_csv.spool import Spool
from stalewatch_csv.survey import Form, survey
from stalewatch_csv.tables import Table
from stalewatch_csv.unusable import UnusableError, printable
from stalewatch_csv.values import Translator

_DUPLICATE: Final = "duplicate deal_id"
_COLUMNS: Final = {STAGES: ("entered_at", "stage"), EVENTS: ("at", "kind")}
_LONGEST_DETAIL: Final = 80


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One opportunity, the people its row tells of, and everything that the files say happened to it."""

    deal: Deal
    people: list[Person]
    visits: list[StageVisit]
    activities: list[Activity]
    changes: list[FieldChange]

    @property
    def weight(self) -> int:
        """How many rows it stands for."""
        return 1 + len(self.visits) + len(self.activities) + len(self.changes)


class Reading:
    """Reads the files of one connection, from the first row to the last."""

    def __init__(self, settings: ConnectionSettings, mapping: FileMapping, files: Mapping[str, Path]) -> None:
        types = field_types(settings)
        self._files = files
        self._mapping = mapping
        self._currency = settings.currency
        self.table = Table(files[DEALS], known_headings(mapping, types), mapping.codec)
        self.types = types
        self.columns = DealColumns(self.table.header, mapping, types)
        self._translate = Translator(types, mapping.words, mapping.zone, stock=self.columns.vendor is not None)
        self._stages = self._translate.words("stage")
        self._used = self._unread = 0
        self._tables = {role: self._table(role) for role in _COLUMNS if role in files}
        self._happenings = {role: self._reader(role) for role in self._tables}

    def stream(self) -> Iterator[Found | Rejected]:
        """Yield every opportunity once, and every row that cannot be used; raises like `Table.rows`."""
        with Spool() as spool:
            for role in self._happenings:
                yield from self._gather(role, spool)
            yield from self._opportunities(spool)
            for role in self._happenings:
                for line, deal in spool.strangers(role):
                    yield self._rejected(role, line, "no such deal in the deals file", deal)

    @property
    def is_whole(self) -> bool:
        """After `stream` ended: True if the deals file holds deals and each of its rows was read.

        Only then can a deal that it does not name be said to be gone.
        """
        return self._used > 0 and self._unread == 0

    @property
    def missing(self) -> list[str]:
        """The optional files that are not there."""
        return [role for role in _COLUMNS if role not in self._files]

    def _table(self, role: str) -> Table:
        return Table(self._files[role], {"deal_id", "value", *_COLUMNS[role]}, self._mapping.codec)

    def _reader(self, role: str) -> HappeningReader:
        return HappeningReader(self._tables[role].header, *_COLUMNS[role])

    def _forms(self, table: Table, days: Collection[int], amounts: Collection[int] = ()) -> Mapping[int, Form]:
        blocks = table.blocks(again=True)
        return survey(blocks, days, amounts, order=self._mapping.order, mark=self._mapping.mark)

    def _gather(self, role: str, spool: Spool) -> Iterator[Rejected]:
        reader, table = self._happenings[role], self._tables[role]
        moments = self._translate.moments(self._forms(table, [reader.at])[reader.at])
        for block in table.blocks():
            happenings = []
            for row in block:
                try:
                    happening = reader.read(_good(row), moments)
                    if role == EVENTS:
                        meaning(happening, self._translate)
                except UnusableError as error:
                    yield self._rejected(role, row.line, error.reason, error.detail)
                else:
                    happenings.append(happening)
            spool.keep(role, happenings)

    def _opportunities(self, spool: Spool) -> Iterator[Found | Rejected]:
        people = People()
        forms = self._forms(self.table, *self.columns.surveyed(self.types))
        reader = DealReader(self.columns, self._mapping, self._translate, forms, self._currency)
        for row in self.table.rows():
            if is_sum(row.cells):
                continue
            try:
                found = self._found(reader, _good(row).cells, row.line, spool, people)
            except UnusableError as error:
                self._unread += error.reason != _DUPLICATE
                yield self._rejected(DEALS, row.line, error.reason, error.detail)
            else:
                self._used += 1
                yield found

    def _found(self, reader: DealReader, cells: list[str], line: int, spool: Spool, people: People) -> Found:
        deal_id = reader.id_of(cells)
        first = spool.claim(deal_id, line)
        if first is not None:
            raise UnusableError(_DUPLICATE, f"{deal_id} stands in row {first} already")
        owner = reader.owner_of(cells)
        deal = reader.read(cells, deal_id, owner.id)
        told = self._told(deal_id, spool)
        return Found(
            deal=deal,
            people=people.meet(owner),
            visits=self._visits(deal_id, spool),
            activities=together([fact for fact in told if isinstance(fact, Activity)]) if told else [],
            changes=[fact for fact in told if isinstance(fact, FieldChange)],
        )

    def _visits(self, deal_id: str, spool: Spool) -> list[StageVisit]:
        if STAGES not in self._happenings:
            return []
        return [visit(happening, self._stages) for happening in spool.about(STAGES, deal_id)]

    def _told(self, deal_id: str, spool: Spool) -> list[Activity | FieldChange]:
        if EVENTS not in self._happenings:
            return []
        return [meaning(happening, self._translate) for happening in spool.about(EVENTS, deal_id)]

    def _rejected(self, role: str, line: int, reason: str, detail: str) -> Rejected:
        return Rejected(ref=f"{self._files[role].name}:{line}", reason=reason, detail=_shortened(detail))


def _good(row: Row | BadRow) -> Row:
    if isinstance(row, BadRow):
        raise UnusableError(row.reason, row.detail)
    return row


def _shortened(detail: str) -> str:
    text = printable(detail[: 2 * _LONGEST_DETAIL])
    return text if len(text) <= _LONGEST_DETAIL else f"{text[: _LONGEST_DETAIL - 1]}…"
