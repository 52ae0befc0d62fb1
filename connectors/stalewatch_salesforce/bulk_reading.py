"""The first reading of what is too large for pages of two thousand: bulk jobs in place of chains.

Which objects that are is counted once. Their jobs are made at the beginning, so that Salesforce works on all of them
while the small objects are read; the cursor names them, and the page of its result that each stands at. A page is
counted when it has been handed over, and only then the cursor goes on behind it: a process that dies begins its page
again. Children are no part of a bulk query; they are read as objects of their own, before their parents.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from stalewatch.sdk.connector import Page
from stalewatch.sdk.errors import TryLater
from stalewatch_salesforce.bulk import Fetched, JobLost, Jobs, Ticket
from stalewatch_salesforce.bulk_csv import Columns, Piece
from stalewatch_salesforce.bulk_shelf import Shelf
from stalewatch_salesforce.children import CHILDREN, Children
from stalewatch_salesforce.composite import MOST_QUERIES, Part, ask
from stalewatch_salesforce.decoding import document
from stalewatch_salesforce.errors import Fault, Next
from stalewatch_salesforce.harvest import Batch
from stalewatch_salesforce.org import EMAIL, EVENT, HISTORY, LEAD, OPPORTUNITY, TASK
from stalewatch_salesforce.place import Place
from stalewatch_salesforce.queries import address, select
from stalewatch_salesforce.reading import Found, Reading
from stalewatch_salesforce.remedies import TOO_SLOW
from stalewatch_salesforce.rows import Records

LARGE: Final = 60_000
"""Rows of an object from which on its jobs cost less than its pages."""
MOST_FAILURES: Final = 2
"""Jobs of an object that may fail before it is read by pages."""
PATIENCE: Final = 3_600.0
"""Seconds after which a pull leaves a job alone; the next one asks after it."""
_LARGE_ONES: Final = (OPPORTUNITY, HISTORY, EVENT, TASK, EMAIL, LEAD)
_PAUSES: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Seconds between two questions after a job; the last stays."""


class _Count(msgspec.Struct):
    totalSize: int  # noqa: N815  # the name is Salesforce's


@dataclass(frozen=True, slots=True)
class BulkReading:
    """Reads the large objects of one pull.

    Attributes:
        spare: called before each page; raises TryLater while the quota is nearly spent.
    """

    reading: Reading
    spare: Callable[[], None]

    # ------------------------------------------------------------------------------------------- what is large

    def chosen(self, place: Place) -> Place:
        """The place with its large objects as jobs to be made in place of chains."""
        left = dict(place.left or {})
        large = [name for name in self._large([name for name in _LARGE_ONES if name in left]) if left.pop(name, None)]
        return place.moved(left=left, jobs=dict.fromkeys(large, Ticket())) if large else place

    def _large(self, names: list[str]) -> Iterator[str]:
        """Objects with many rows. One that cannot be counted in time has many."""
        transport = self.reading.transport
        for start in range(0, len(names), MOST_QUERIES):
            some = names[start : start + MOST_QUERIES]
            parts = [Part(name, address(select(("COUNT()",), name))) for name in some]
            answers = ask(transport, parts, kind="count").by_ref
            for name in some:
                fault, told = answers[name].fault, answers[name].body
                if fault.code == TOO_SLOW if fault else document(told, _Count).totalSize > LARGE:
                    yield name

    # --------------------------------------------------------------------------------------------- their jobs

    def made(self, place: Place) -> Generator[Page, None, Place]:
        """The place with a job for each of its objects and their children. What cannot be read in bulk goes back to
        the chains; a page says where the jobs are, before anything is read of them."""
        if place.jobs is None:
            return place
        jobs, left = dict(place.jobs), dict(place.left or {})
        for name in [name for name in jobs if name in _LARGE_ONES]:
            if not self._make(name, jobs):
                left[name] = [["", ""]]
        if jobs == place.jobs:
            return place
        place = place.moved(jobs=jobs, left=left)
        yield Found().page(place, as_of=place.since)
        return place

    def _make(self, name: str, jobs: dict[str, Ticket]) -> bool:
        """Make the jobs of an object and its children that are not there; False, and none of them, if one may not."""
        family = [name, *(one.object for one in self._children(name))]
        for one in family:
            known = jobs.get(one, Ticket())
            if known.job:
                continue
            self.spare()
            soql = select(self._columns(one).names, one, self._where(one))
            made = self._jobs.create(soql) if known.failures <= MOST_FAILURES else None
            if made is None:
                for relative in family:
                    self._forget(jobs.pop(relative, Ticket()))
                return False
            jobs[one] = Ticket(made, "", known.failures)
        return True

    def _forget(self, ticket: Ticket) -> None:
        if ticket.job:
            self._jobs.delete(ticket.job)

    # ------------------------------------------------------------------------------------------ their results

    def read(self, place: Place, names: Iterable[str]) -> Generator[Page, None, Place]:
        """Read those of these objects that have jobs, each to its end.

        Raises:
            TryLater: a job failed, or is not ready yet; the next pull goes on with it, or with a new one.
        """
        for name in names:
            if name in (place.jobs or {}):
                place = yield from self._object(place, name)
        return place

    def _object(self, place: Place, name: str) -> Generator[Page, None, Place]:
        try:
            place = yield from self._family(place, name)
        except JobLost as lost:
            failures = (place.jobs or {})[name].failures + lost.has_failed
            anew = place.moved(jobs=self._without(place, name) | {name: Ticket(failures=failures)})
            yield Found().page(anew, as_of=place.since)
            raise TryLater(f"{name} could not be read in bulk: {lost}") from lost
        place = place.moved(jobs=self._without(place, name))
        yield Found().page(place, as_of=place.since)
        return place

    def _without(self, place: Place, name: str) -> dict[str, Ticket]:
        """The jobs but for those of an object and its children, which end here."""
        jobs = dict(place.jobs or {})
        for one in (name, *(child.object for child in self._children(name))):
            self._forget(jobs.pop(one, Ticket()))
        return jobs

    def _family(self, place: Place, name: str) -> Generator[Page, None, Place]:
        children = self._children(name)
        with Shelf() as shelf:
            for kind, one in enumerate(children):
                yield from self._ready(place, one.object)
                yield from self._shelved(place, one, kind, shelf)
            shelf.sort()
            yield from self._ready(place, name)
            return (yield from self._handed_over(place, name, shelf, children))

    def _ready(self, place: Place, name: str) -> Iterator[Page]:
        """Wait until the result of a job is there; an empty page now and then tells that we still wait."""
        transport, ticket = self.reading.transport, (place.jobs or {})[name]
        limit = transport.deadline(PATIENCE)
        for pause in _longer(_PAUSES):
            state = self._jobs.state(ticket.job)
            if state.is_complete:
                return
            if state.has_failed:
                raise JobLost(state.errorMessage or state.state, has_failed=True)
            if transport.pace.monotonic() + pause > limit:
                break
            transport.pace.sleep(pause)
            if pause == _PAUSES[-1]:
                yield Found().page(place, as_of=place.since)
        raise TryLater(f"Salesforce is still preparing {name}; the next reading goes on with it")

    def _handed_over(
        self, place: Place, name: str, shelf: Shelf, children: Collection[Children]
    ) -> Generator[Page, None, Place]:
        """The rows of an object with their children, page by page."""
        columns = self._columns(name)
        while True:
            ticket = (place.jobs or {})[name]
            page = yield from self._pages(place, name, columns, shelf, children)
            if not page:
                return place
            place = place.moved(jobs={**(place.jobs or {}), name: msgspec.structs.replace(ticket, locator=page)})

    def _pages(
        self, place: Place, name: str, columns: Columns, shelf: Shelf, children: Collection[Children]
    ) -> Generator[Page, None, str]:
        """One page of a result, in pieces; returns what leads to the next."""
        ticket = (place.jobs or {})[name]
        for fetched, piece in self._pieces(ticket, name, columns):
            for kind, one in enumerate(children):
                found = shelf.of(kind, [row.Id for row in piece.rows], self._columns(one.object).row)
                for row in piece.rows:
                    setattr(row, one.relationship, _records(found.get(row.Id)))
            batch = Batch({name: piece.rows}, piece.rejected)
            told, place = self.reading.records(batch, place)
            yield told.page(place, as_of=place.since)
            following = fetched.locator
        return following

    def _shelved(self, place: Place, one: Children, kind: int, shelf: Shelf) -> Iterator[Page]:
        """Put all children of a kind on the shelf; they are read anew by every pull that needs them."""
        columns, ticket = self._columns(one.object), (place.jobs or {})[one.object]
        locator = ticket.locator
        while True:
            following = ""
            for fetched, piece in self._pieces(msgspec.structs.replace(ticket, locator=locator), one.object, columns):
                shelf.put(kind, piece.rows, one.parent)
                following = fetched.locator
            if not following:
                return
            locator = following
            yield Found().page(place, as_of=place.since)

    def _pieces(self, ticket: Ticket, name: str, columns: Columns) -> Iterator[tuple[Fetched, Piece]]:
        """A page in pieces. One that has not as many records as it should is fetched again: what was handed over of
        it already is handed over once more, which changes nothing.

        Raises:
            TryLater: it still has not.
        """
        transport = self.reading.transport
        for pause in (*transport.pace.pauses, None):
            self.spare()
            fetched, count = self._jobs.page(ticket.job, ticket.locator), 0
            with closing(fetched.file):
                for piece in columns.pieces(fetched.file):
                    count += piece.count
                    yield fetched, piece
            if count == fetched.count:
                if not count:
                    yield fetched, Piece()
                return
            words = f"a page of {name} has {count} records in place of {fetched.count}"
            transport.wait(pause, transport.deadline(), Fault(Next.RETRY, 200, "", words))

    # ---------------------------------------------------------------------------------------------- queries

    @property
    def _jobs(self) -> Jobs:
        return Jobs(self.reading.transport)

    def _children(self, name: str) -> list[Children]:
        one = CHILDREN.get(name)
        return [one] if one is not None and self.reading.org.has_children(name, one.relationship) else []

    def _columns(self, name: str) -> Columns:
        """Id first. Rows of children also say whose they are."""
        org, shape = self.reading.org, self.reading.asking.shape(name)
        type_, fields = shape.type, list(shape.fields)
        parent = next((one.parent for one in CHILDREN.values() if one.object == name), None)
        if parent is not None and parent not in fields:
            fields.append(parent)
            type_ = msgspec.defstruct(name, [(parent, str | None, None)], bases=(type_,), kw_only=True)
        return Columns(tuple(fields), type_, org.objects[name])

    def _where(self, name: str) -> tuple[str, ...]:
        return self.reading.asking.chain(name).where


def _records(rows: list[Any] | None) -> Records[Any] | None:
    return Records(records=rows) if rows else None


def _longer(pauses: tuple[float, ...]) -> Iterator[float]:
    yield from pauses
    while True:
        yield pauses[-1]
