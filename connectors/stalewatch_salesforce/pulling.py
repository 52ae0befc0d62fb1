"""What a pull does: the first reading of everything, the window of a cycle, and the looks of each hour and night."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from stalewatch.sdk.connector import Page
from stalewatch.sdk.errors import TryLater
from stalewatch_salesforce import ids
from stalewatch_salesforce.bulk_reading import BulkReading
from stalewatch_salesforce.chains import Chain
from stalewatch_salesforce.harvest import Batch, Harvest, State, together
from stalewatch_salesforce.org import EMAIL, EVENT, HISTORY, LEAD, OPPORTUNITY, ROLES, TASK, USER, VISITS
from stalewatch_salesforce.place import Place, beginning
from stalewatch_salesforce.queries import instant
from stalewatch_salesforce.reading import EVIDENCE, Found, Reading
from stalewatch_salesforce.revaluing import rates_of, revalued
from stalewatch_salesforce.rows import OnlyId

OVERLAP: Final = timedelta(minutes=15)
"""Transactions may last ten minutes: what they wrote bears a time at which nobody could see it yet."""
HOURLY: Final = timedelta(hours=1)
NIGHTLY: Final = timedelta(days=1)
SLOWER: Final = 4
"""Times as rare is the hourly look while the quota comes near its ceiling."""
_CYCLE: Final = 240.0
"""Seconds that a cycle may take; the lease of a connection is longer."""
_REMEMBERED: Final = 20_000
"""Rows of a window that are kept to compare with; after more than that the overlap is handed over again."""
_AT_ONCE: Final = 20_000
"""Rows of a window that are handed over together: a deal whose history comes with it is judged once."""
_CHANGING: Final = (HISTORY, EVENT, TASK, EMAIL)
_SUBJECTS: Final = (OPPORTUNITY, LEAD)
_RELATIONS: Final = {
    "OpportunityContactRole": "OpportunityId", "EventRelation": "EventId", "EmailMessageRelation": "EmailMessageId",
}  # fmt: skip
"""Objects whose changes do not touch what they belong to, and the field that says what that is."""


@dataclass(slots=True)
class Memory:
    """The rows of the newest window, so that what the overlap shows again unchanged is not handed over again."""

    cursor: object = None
    rows: dict[str, Any] = field(default_factory=dict)

    def news(self, batch: Batch) -> Batch:
        """A batch without what was handed over before."""
        fresh = {name: [row for row in rows if self.rows.get(row.Id) != row] for name, rows in batch.rows.items()}
        return Batch(fresh, batch.rejected, batch.at, batch.state, batch.is_last)


@dataclass(frozen=True, slots=True)
class Puller:
    """Yields the pages of one pull."""

    reading: Reading
    memory: Memory

    # ----------------------------------------------------------------------------------------------- everything

    def begin(self, digest: str) -> Place:
        """The place before anything is read."""
        self.reading.transport.session.token()
        left = {name: [["", ""]] for name in (*EVIDENCE, OPPORTUNITY, LEAD) if self.reading.org.has(name)}
        at = self.reading.transport.server_now().replace(microsecond=0)
        return beginning(digest, at, left).moved(rates=rates_of(self.reading.org))

    def everything(self, place: Place, *, is_fresh: bool) -> Iterator[Page]:
        """Read all there is, from where an earlier pull was interrupted.

        Args:
            is_fresh: nothing of it was read by an earlier pull: only then its end says what is not there.
        """
        self._spare_quota()
        bulk = BulkReading(self.reading, self._spare_quota)
        place = yield from bulk.made(bulk.chosen(place) if is_fresh else place)
        if place.jobs is None:
            yield from self._by_pages(place, EVIDENCE, _SUBJECTS, ends=True, is_fresh=is_fresh)
            return
        place = yield from self._by_pages(place, EVIDENCE, ())
        place = yield from bulk.read(place, EVIDENCE)
        place = yield from self._by_pages(place, (), _SUBJECTS)
        place = yield from bulk.read(place, _SUBJECTS)
        yield Found().page(place.moved(left=None, jobs=None), complete=is_fresh, as_of=place.since)

    def _by_pages(
        self, place: Place, evidence: Iterable[str], subjects: Iterable[str], *, ends: bool = False,
        is_fresh: bool = False,
    ) -> Generator[Page, None, Place]:  # fmt: skip
        """Read what is left of these objects, evidence first; the other objects stay as they are."""
        left: State = place.left or {}
        chains = [[self._rest(name, one) for name in names for one in left.get(name, ())]
                  for names in (evidence, subjects)]  # fmt: skip
        others = {name: bounds for name, bounds in left.items() if name not in (*evidence, *subjects)}
        for batch in Harvest(self.reading.transport, *chains, kind="full").batches() if ends or any(chains) else ():
            found, place = self.reading.records(batch, place)
            place = place.moved(left=None if batch.is_last and ends else {**others, **batch.state})
            yield found.page(place, complete=batch.is_last and is_fresh, as_of=place.since)
            if not batch.is_last:
                self._spare_quota()
        return place

    def _rest(self, name: str, bounds: list[str]) -> Chain:
        return self.reading.chain(name, bounds=(bounds[0], bounds[1]))

    # ------------------------------------------------------------------------------------------------ the cycle

    def cycle(self, place: Place) -> Iterator[Page]:
        """What changed since the last cycle; once an hour its relations, once a day the ids of all open deals."""
        limit = self.reading.transport.deadline(_CYCLE)
        place = yield from self._window(place, limit)
        quota = self.reading.transport.quota
        if quota.is_tight:
            return
        if place.since - place.hourly >= HOURLY * (SLOWER if quota.is_near else 1):
            place = yield from self._relations(place, limit)
        if place.rates != rates_of(self.reading.org):
            place = self._keep((yield from revalued(self.reading, place, limit)))
        if place.since - place.nightly >= NIGHTLY:
            yield from self._compare(place, limit)

    def _window(self, place: Place, limit: float) -> Generator[Page, None, Place]:
        """Everything stamped since the last window began, less the overlap. There is no upper bound: what is written
        meanwhile may be seen or not, for the next window begins before this one ended."""
        if self.memory.cursor != place.cursor():
            self.memory.rows = {}
        since, begun, seen = (self._since(place.since),), place, dict[str, Any]()
        subjects = [LEAD] if self.reading.reads("lead") else []
        chains = [[self.reading.chain(name, since) for name in names if self.reading.org.has(name)]
                  for names in (_CHANGING, (OPPORTUNITY, *subjects))]  # fmt: skip
        batches = Harvest(self.reading.transport, *chains, kind="cycle", deadline=limit).batches()
        for batch in together(batches, _AT_ONCE):
            seen.update((row.Id, row) for rows in batch.rows.values() for row in rows)
            found, place = self.reading.records(self.memory.news(batch), place)
            at = batch.at or self.reading.transport.server_now()
            if batch.is_last:
                place = place.moved(since=at)
            yield found.page(place if batch.is_last else begun, as_of=at)
        self.memory.cursor, self.memory.rows = place.cursor(), seen if len(seen) <= _REMEMBERED else {}
        return place

    def _since(self, moment: datetime) -> str:
        return f"SystemModstamp >= {instant(moment - OVERLAP)}"

    # --------------------------------------------------------------------------------------------- now and then

    def _relations(self, place: Place, limit: float) -> Generator[Page, None, Place]:
        """Users, and what was linked or answered without touching the deal, the meeting or the mail itself."""
        org = self.reading.org
        names = [USER, *_RELATIONS, *([] if self.reading.reads("lead") else [LEAD])]
        chains = [self.reading.chain(name, (self._since(place.hourly),)) for name in names if org.has(name)]
        users, touched = Batch(), dict[str, set[str]]()
        for batch in Harvest(self.reading.transport, chains, [], kind="hourly", deadline=limit).batches():
            for name, rows in batch.rows.items():
                if name in _RELATIONS:
                    told = {ids.whole(parent) for row in rows if (parent := getattr(row, _RELATIONS[name]))}
                    touched.setdefault(name, set()).update(told)
                else:
                    users.rows.setdefault(name, []).extend(rows)
        parents = self._parents(touched)
        for batch in Harvest(self.reading.transport, *parents, kind="hourly", deadline=limit).batches():
            for name, rows in batch.rows.items():
                users.rows.setdefault(name, []).extend(rows)
        found, place = self.reading.records(users, place)
        place = place.moved(hourly=place.since)
        yield found.page(place, as_of=place.since)
        return self._keep(place)

    def _parents(self, touched: dict[str, set[str]]) -> tuple[list[Chain], list[Chain]]:
        """Chains over what the changed relations belong to; opportunities with their whole history."""
        made = {
            name: self.reading.by_ids(name, "Id", touched.get(relation, ()), inside)
            for relation, name, inside in (
                ("EventRelation", EVENT, None), ("EmailMessageRelation", EMAIL, None),
                ("OpportunityContactRole", OPPORTUNITY, (ROLES, VISITS)),
            )
            if self.reading.org.has(name)
        }  # fmt: skip
        return [*made.get(EVENT, ()), *made.get(EMAIL, ())], made[OPPORTUNITY]

    def _compare(self, place: Place, limit: float) -> Iterator[Page]:
        """The ids of all open opportunities: what is not among them was deleted for good, or is hidden from us.

        Whoever stores them knows what there was: that so much cannot have vanished is said, and decided, there."""
        chain = Chain(object=OPPORTUNITY, type=OnlyId, fields=("Id",), where=("IsClosed = false", "IsDeleted = false"))
        there: set[str] = set()
        for batch in Harvest(self.reading.transport, [chain], [], kind="nightly", deadline=limit).batches():
            there.update(ids.whole(row.Id) for row in batch.rows.get(OPPORTUNITY, ()))
        place = place.moved(nightly=place.since)
        yield Found().page(place, as_of=place.since, open_ids=frozenset(there))
        self._keep(place)

    def _keep(self, place: Place) -> Place:
        self.memory.cursor = place.cursor()
        return place

    def _spare_quota(self) -> None:
        """Leave a first reading alone while the quota is nearly spent: it can wait, other integrations cannot.

        Raises:
            TryLater: it is.
        """
        if self.reading.transport.quota.is_tight:
            share = max(usage.share for usage in self.reading.transport.quota.usages.values())
            raise TryLater(
                f"{share:.0%} of the daily quota of API calls is used; reading everything waits",
                after=timedelta(minutes=15), cure="Raise quota_ceiling of this connection if it must not wait.",
            )  # fmt: skip
