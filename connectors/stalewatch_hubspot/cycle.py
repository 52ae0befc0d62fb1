"""What changed in a window: five searches when nothing did, and whatever belongs to what did."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from stalewatch.sdk.records import Rejected
from stalewatch_hubspot import queries
from stalewatch_hubspot.api import chunks
from stalewatch_hubspot.gathering import Gatherer, Piece, ancestors, inverted
from stalewatch_hubspot.loading import BLOCK, PART, Loader
from stalewatch_hubspot.memory import Notebook
from stalewatch_hubspot.place import MINUTE, to_ms
from stalewatch_hubspot.queries import CONTACTS, DEALS, HISTORY_BATCH, LEADS, LIFECYCLE, TASKS, Kind
from stalewatch_hubspot.rows import Row
from stalewatch_hubspot.values import maybe

SHORT: Final = 2 * MINUTE
MANY: Final = 66
"""Rows in a window up to which the overlap with the last ones costs no further page."""


class Window:
    """A span of the server's time; its end is the server's time at the first answer.

    It begins before the last one ended, for what search did not show in time. Of kinds that are `busy` it begins only
    `SHORT` before, or the same rows would be read thrice; what comes later than that is found by the hourly window.
    """

    def __init__(self, low: int, server_now: Callable[[], int], *, before: int = 0, busy: Collection[str] = ()) -> None:
        self.low, self._server_now = low, server_now
        self._before, self._busy = before, busy
        self.high: int | None = None

    def begins(self, kind: Kind) -> int:
        """Where the window of a kind begins."""
        return max(self.low, self._before - SHORT) if kind.name in self._busy else self.low

    def close(self) -> int:
        """Fix the end, once; returns it."""
        self.high = self._server_now() if self.high is None else self.high
        return self.high


class Cycle:
    """One incremental pull.

    Attributes:
        end: the end of the window, once the first answer told the time.
        busy: kinds of which more than a few records changed.
    """

    def __init__(self, gatherer: Gatherer, book: Notebook, window: Window) -> None:
        self._gather, self._window = gatherer, window
        self._bonds, self._seen = book.bonds, book.seen
        self._rejected: list[Rejected] = []
        self._merged: set[str] = set()
        self.busy: list[str] = []

    @property
    def end(self) -> int:
        """The end of the window; the search for deals fixes it."""
        return self._window.close()

    def pieces(self) -> Iterator[Piece]:
        """Everything that changed: activities first, so that no deal comes without its evidence."""
        deals = self._changed(DEALS, self._gather.deal_properties)
        acts = {kind: self._changed(kind, kind.properties) for kind in self._gather.kinds}
        leads = self._changed(LEADS, self._gather.lead_properties) if self._gather.reads_leads else []
        contacts = self._contacts()
        records = {kind: self._gather.records_of(kind, [row.id for row in rows]) for kind, rows in acts.items()}
        for row in deals:
            (self._bonds.open if self._gather.deals.is_open(row) else self._bonds.close)(row.id)
        self._note(acts, records)
        yield from self._small(deals, acts, records, leads, contacts)

    # ------------------------------------------------------------------------------------------------ what changed

    def _changed(self, kind: Kind, properties: Sequence[str]) -> list[Row]:
        """The rows of a kind that changed in the window and were not read yet, in the order of ids."""
        window, names = self._window, list(dict.fromkeys((*properties, kind.modified)))
        found: dict[str, Row] = {}
        filters = lambda: queries.modified(kind, window.begins(kind), window.high)  # noqa: E731  # asked anew for each page
        for page in self._gather.api.keyset(kind, filters, names, belongs=lambda row: self._is_inside(kind, row)):
            window.close()
            self._rejected += page.rejected
            self._gather.miss(kind, names, page.rows)
            found.update((row.id, row) for row in page.rows)
        fresh = [row for row in found.values() if self._seen.is_new(kind.name, row.id, row.get(kind.modified))]
        if len(fresh) > MANY:
            self.busy.append(kind.name)
        return sorted(fresh, key=lambda row: (len(row.id), row.id))

    def _contacts(self) -> list[Row]:
        """The contacts that changed, if anything follows from them: who takes part, or when leads were qualified."""
        if not (self._gather.reads_people or self._gather.reads_lifecycle):
            return []
        lifecycle = (LIFECYCLE,) if self._gather.reads_lifecycle else ()
        return self._changed(CONTACTS, (*CONTACTS.properties, *lifecycle))

    def _is_inside(self, kind: Kind, row: Row) -> bool:
        at = maybe(row.get(kind.modified))
        return at is not None and self._window.begins(kind) <= to_ms(at)

    def _note(self, acts: Mapping[Kind, Sequence[Row]], records: Mapping[Kind, Mapping[str, Sequence[str]]]) -> None:
        """Take in what open deals are associated with since; an activity that was read lately counts already."""
        for kind, rows in acts.items():
            for row in rows:
                created = maybe(row.createdAt)
                is_new = created is not None and to_ms(created) >= self._window.low
                if is_new and self._seen.is_stranger(kind.name, row.id):
                    for record in records[kind].get(row.id, ()):
                        self._bonds.add(record, kind.name, row.id)

    def _remember(self, kind: Kind, rows: Sequence[Row]) -> None:
        for row in rows:
            self._seen.note(kind.name, row.id, row.get(kind.modified), self.end)

    # -------------------------------------------------------------------------------------------------- the pages

    def _small(
        self, deals: Sequence[Row], acts: Mapping[Kind, Sequence[Row]],
        records: Mapping[Kind, Mapping[str, Sequence[str]]], leads: Sequence[Row], contacts: Sequence[Row],
    ) -> Iterator[Piece]:  # fmt: skip
        piece = Piece(rejected=self._rejected)
        waiting: list[Piece] = []
        for kind, rows in acts.items():
            for part in chunks(rows, BLOCK):
                self._gather.tell({kind: part}, records, piece)
                if len(piece.activities) >= BLOCK:
                    waiting.append(piece)
                    piece = Piece()
            self._remember(kind, rows)
        yield from waiting
        if self._gather.reads_leads:
            self._tell_leads(leads, contacts, piece)
            self._remember(LEADS, leads)
        also = self._also(deals, acts, records, contacts if self._gather.reads_people else ())
        self._remember(CONTACTS, contacts)
        yield from self._tell_deals([*deals, *also], {row.id for row in deals}, acts, records, piece)

    def _tell_deals(
        self, rows: Sequence[Row], changed: set[str], acts: Mapping[Kind, Sequence[Row]],
        records: Mapping[Kind, Mapping[str, Sequence[str]]], piece: Piece,
    ) -> Iterator[Piece]:  # fmt: skip
        dues = self._dues(rows, acts, records)
        moved = self._moved([row for row in rows if row.id in changed])
        whole = [row for row in rows if row.id in self._merged or self._is_merger(row)]
        # Those whose past is read stand together, so that no batch of histories goes out half empty.
        for block in chunks(sorted(rows, key=lambda row: row.id not in moved), BLOCK):
            contacts = self._gather.contacts_of([row.id for row in block])
            for part in chunks(block, PART):
                self._gather.tell_deals(part, piece, contacts=contacts, dues=dues)
                self._gather.tell_past([row for row in part if row.id in moved], piece)
                yield piece
                piece = Piece()
        self._remember(DEALS, [row for row in rows if row.id in changed])
        for chunk in chunks(whole, BLOCK):
            for one, _ in Loader(self._gather, self._bonds, is_resumed=True).whole(chunk):
                yield one
        for row in whole:
            for old in ancestors(row):
                self._bonds.close(old)
            if not self._gather.deals.is_open(row):
                self._bonds.close(row.id)
        yield piece

    def _moved(self, rows: Sequence[Row]) -> set[str]:
        """The deals whose stage changed. Room that is left in the last batch of histories is used for others."""
        found = [row.id for row in rows if self._is_moved(row)]
        others = [row.id for row in rows if row.id not in set(found)]
        return {*found, *others[: -len(found) % HISTORY_BATCH]}

    def _is_moved(self, row: Row) -> bool:
        entered = maybe(row.get("hs_v2_date_entered_current_stage"))
        return entered is None or to_ms(entered) >= self._window.low

    def _is_merger(self, row: Row) -> bool:
        """Whether a deal was made of others that are not known to be gone: what belonged to them is read with it.

        One that came into being in this window is, too; HubSpot may date it as the older of the two that it was.
        """
        old = ancestors(row)
        created = maybe(row.createdAt)
        is_fresh = created is None or to_ms(created) >= self._window.low
        return bool(old) and (is_fresh or any(one in self._bonds.deals for one in old))

    def _dues(
        self, rows: Sequence[Row], acts: Mapping[Kind, Sequence[Row]],
        records: Mapping[Kind, Mapping[str, Sequence[str]]],
    ) -> Mapping[str, Sequence[date]] | None:  # fmt: skip
        if not self._gather.wants.due or TASKS not in acts:
            return None
        known = {row.id for row in rows}
        about = {record for task in acts[TASKS] for record in records[TASKS].get(task.id, ())}
        return self._gather.all_dues(sorted(about & known))

    def _also(
        self, deals: Sequence[Row], acts: Mapping[Kind, Sequence[Row]],
        records: Mapping[Kind, Mapping[str, Sequence[str]]], contacts: Sequence[Row],
    ) -> list[Row]:  # fmt: skip
        """Deals that did not change, but something that is told with them did: a contact's role, a task.

        A contact that was made of two stands for both in everything that they did: its open deals are read whole.
        """
        wanted: set[str] = set()
        roles = {row.id: row.get("hs_buying_role") for row in contacts} if self._gather.reads_roles else {}
        fresh = [one for one, role in roles.items() if self._gather.roles.get(one) != role]
        self._gather.roles.update(roles)
        merged = [row.id for row in contacts if ancestors(row)]
        if fresh or merged:
            about = inverted(self._gather.api.links(CONTACTS.name, DEALS.name, dict.fromkeys((*fresh, *merged))))
            wanted |= about.keys()
            self._merged = {deal for deal, some in about.items() if deal in self._bonds.deals and set(merged) & {*some}}
        if self._gather.wants.due:
            tasks = acts.get(TASKS, ())
            wanted |= {record for task in tasks for record in records[TASKS].get(task.id, ())}
        missing = sorted(wanted - {row.id for row in deals})
        return self._gather.deal_rows(missing)

    def _tell_leads(self, leads: Sequence[Row], contacts: Sequence[Row], piece: Piece) -> None:
        """Leads that changed, and those of whose contacts one was qualified meanwhile: that moves no date of a lead."""
        entered = [row.id for row in contacts if self._is_recent(row.get(LIFECYCLE))]
        qualified = self._gather.api.links(CONTACTS.name, LEADS.name, entered) if entered else {}
        missing = sorted(set(inverted(qualified)) - {row.id for row in leads})
        rows = self._gather.lead_rows(missing)
        self._gather.tell_leads([*leads, *rows], piece)

    def _is_recent(self, told: str) -> bool:
        at = maybe(told)
        return at is not None and to_ms(at) >= self._window.low
