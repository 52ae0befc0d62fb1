"""What a cycle looks at now and then: hourly what was linked or merged, nightly the ids, formulas by their own clock,
and what may be read again at once."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain as joined
from typing import Any, Final

from stalewatch.sdk.connector import Page
from stalewatch_salesforce import ids, merging, revaluing
from stalewatch_salesforce.asking import ONLY_IDS, Asking
from stalewatch_salesforce.chains import Chain
from stalewatch_salesforce.children import PARENTS
from stalewatch_salesforce.harvest import Batch
from stalewatch_salesforce.merging import CONTACT
from stalewatch_salesforce.org import EMAIL, EVENT, HISTORY, LEAD, OPPORTUNITY, ROLES, TASK, USER, VISITS
from stalewatch_salesforce.place import Place
from stalewatch_salesforce.pulling import OVERLAP, Puller
from stalewatch_salesforce.queries import quote
from stalewatch_salesforce.reading import Found
from stalewatch_salesforce.remedies import findings
from stalewatch_salesforce.revaluing import rates_of
from stalewatch_salesforce.rows import OnlyId

HOURLY: Final = timedelta(hours=1)
NIGHTLY: Final = timedelta(days=1)
COMPUTED: Final = timedelta(hours=6)
"""Formulas change without a trace: this often those that rules read are looked at."""
SLOWER: Final = 4
"""Times as rare is the hourly look while the quota comes near its ceiling."""
_CYCLE: Final = 240.0
"""Seconds that a cycle may take; the lease of a connection is longer."""
_FEW: Final = 1_000
"""So many deals have their whole past read again in a night at the price of comparing their ids; of more, half."""
_RELATIONS: Final[Mapping[str, tuple[str, str]]] = {
    "OpportunityContactRole": ("OpportunityId", "ContactId"), "EventRelation": ("EventId", "RelationId"),
    "EmailMessageRelation": ("EmailMessageId", "RelationId"),
}  # fmt: skip
"""Objects whose changes do not touch what they belong to: the fields that say what that is, and who is in it."""


@dataclass(frozen=True)
class Looker:
    """Goes on where the window of a cycle ended."""

    puller: Puller

    @property
    def _asking(self) -> Asking:
        return self.puller.reading.asking

    def cycle(self, place: Place) -> Iterator[Page]:
        """What changed since the last cycle, and whatever else it is time for."""
        limit = self._asking.transport.deadline(_CYCLE)
        if place.left is not None:
            place = yield from self.puller.window(place, limit)
        place = yield from self.puller.window(place, limit)
        quota = self._asking.transport.quota
        if quota.is_tight:
            return
        place = yield from self._arrive(place)
        if place.since - place.hourly >= HOURLY * (SLOWER if quota.is_near else 1):
            place = yield from self._relations(place, limit)
        if place.rates != rates_of(self._asking.org):
            place = yield from self._revalue(place, limit)
        if place.since - place.nightly >= NIGHTLY:
            place = yield from self._compare(place, limit)
        if place.since - place.computed >= COMPUTED * (SLOWER if quota.is_near else 1):
            yield from self._compute(place)

    def again(self, wanted: Collection[str], place: Place) -> Iterator[Page]:
        """These deals with their whole past and everything around them."""
        asking = self._asking
        around = ((EVENT, "WhatId"), (TASK, "WhatId"), (EMAIL, "RelatedToId"))
        chains = [
            asking.by_ids(name, field, wanted)
            for name, field in around
            if asking.can_read(name) and name not in place.missing
        ]
        chains.append(asking.by_ids(OPPORTUNITY, "Id", wanted, (ROLES, VISITS)))
        for batch in self.puller.gather(list(joined(*chains)), kind="again"):
            found, _ = self.puller.reading.records(batch, place)
            yield found.page(place, as_of=place.since)

    # --------------------------------------------------------------------------------------- what can be read again

    def _arrive(self, place: Place) -> Generator[Page, None, Place]:
        """Read what rows were made without, from its beginning, and only then count it as known."""
        lacking = self._asking.missing()
        back = {name for name in place.missing if name not in lacking and self._may_try(name, place)}
        parents = {_parent(name) for name in back}
        state = {name: bounds for name, bounds in place.arriving.items() if name in parents}
        state |= {name: [["", ""]] for name in parents if name not in state and self._asking.can_read(name)}
        place = place.moved(missing={**lacking, **place.missing})
        if not state:
            return place
        remedies, memory = self.puller.remedies, self.puller.memory
        for batch in self.puller.harvest(state, kind="arriving"):
            found, place = self.puller.reading.records(batch, place)
            refused = remedies.given_up
            done = {name for name in back if _parent(name) not in batch.state and _parent(name) not in refused}
            for name in done:
                memory.refused.pop(name, None)
            memory.refused |= {name: (words, place.since) for name, words in refused.items()}
            missing = {name: refused.get(name, words) for name, words in place.missing.items() if name not in done}
            place = place.moved(arriving=batch.state, missing=missing)
            yield found.page(place, as_of=place.since, findings=findings(missing))
        remedies.given_up.clear()
        return self.puller.keep(place)

    def _may_try(self, name: str, place: Place) -> bool:
        """Once an hour, if it was refused although it is described."""
        _, tried = self.puller.memory.refused.get(name, ("", None))
        return tried is None or place.since - tried >= HOURLY

    # --------------------------------------------------------------------------------------------------- hourly

    def _relations(self, place: Place, limit: float) -> Generator[Page, None, Place]:
        """Users, and what was linked, answered or merged without touching the deal, the meeting or the mail itself;
        and which meetings became private, where that costs no call more."""
        asking, since = self._asking, place.hourly - OVERLAP
        chains = [asking.since(name, since) for name in (USER, *_RELATIONS) if asking.can_read(name)]
        chains.append(merging.chain(None if self.puller.memory.merged is None else since))
        touched, rows, contacts = dict[str, set[str]](), dict[str, list[Any]](), list[Any]()
        for batch in self.puller.gather(chains, kind="hourly", limit=limit):
            contacts += batch.rows.pop(CONTACT, ())
            _take(batch, rows, touched)
        fresh = self._merge(contacts, place)
        for batch in self.puller.gather(self._of_people(fresh), kind="merged", limit=limit) if fresh else ():
            _take(batch, rows, touched)
        parents = self._parents(touched)
        withdrawn: list[str] = []
        for batch in (
            self.puller.gather([*parents, *self._hidden(place)], kind="hourly", limit=limit) if parents else ()
        ):
            withdrawn += _hidden_in(batch)
            _take(batch, rows, {})
        found, place = self.puller.reading.records(Batch(rows), place)
        found.withdrawn = withdrawn
        place = place.moved(hourly=place.since)
        yield found.page(place, as_of=place.since)
        self.puller.memory.followed |= fresh & (self.puller.memory.merged or {}).keys()
        return self.puller.keep(place)

    def _merge(self, contacts: Collection[merging.Contact], place: Place) -> set[str]:
        """Remember which contacts became one; those that did since the last look, and whom they became."""
        known, followed = self.puller.memory.merged or {}, self.puller.memory.followed
        news = [row for row in contacts if ids.whole(row.Id) not in followed]
        recent = [row for row in news if merging.is_since(row, place.hourly - OVERLAP)]
        known |= merging.by_loser(contacts)
        self.puller.memory.merged = self.puller.reading.merged = known
        return {ids.whole(one) for row in recent for one in (row.Id, row.MasterRecordId) if one}

    def _of_people(self, people: Collection[str]) -> list[Chain]:
        """What names these people: nothing says that it changed when two of them became one."""
        asking = self._asking
        named = [(name, field) for name, (_, field) in _RELATIONS.items()] + [(EVENT, "WhoId"), (TASK, "WhoId")]
        return list(joined(*(asking.by_ids(name, field, people) for name, field in named if asking.can_read(name))))

    def _parents(self, touched: Mapping[str, set[str]]) -> list[Chain]:
        """Chains over what the changed relations belong to; opportunities with their whole history."""
        return [
            chain
            for relation, parents in touched.items()
            if self._asking.can_read(name := PARENTS[relation])
            for chain in self._asking.by_ids(name, "Id", parents, (ROLES, VISITS) if name == OPPORTUNITY else None)
        ]

    # -------------------------------------------------------------------------------------------------- nightly

    def _revalue(self, place: Place, limit: float) -> Generator[Page, None, Place]:
        """Open opportunities in other currencies than the project's, with their history, at rates that changed."""
        chains = revaluing.chains(self._asking)
        for batch in self.puller.gather(chains, kind="rates", limit=limit):
            found, place = self.puller.reading.records(batch, place)
            place = place.moved(rates=rates_of(self._asking.org)) if batch.is_last else place
            yield found.page(place, as_of=place.since)
        return self.puller.keep(place if chains else place.moved(rates=rates_of(self._asking.org)))

    def _compare(self, place: Place, limit: float) -> Generator[Page, None, Place]:
        """The ids of all open opportunities: what is not among them was deleted for good, or is hidden from us.

        Whoever stores them knows what there was: that so much cannot have vanished is said, and decided, there."""
        chain = Chain(object=OPPORTUNITY, shape=lambda: ONLY_IDS, where=("IsClosed = false", "IsDeleted = false"))
        there: set[str] = set()
        withdrawn: list[str] = []
        for batch in self.puller.gather([chain, *self._hidden(place)], kind="nightly", limit=limit):
            withdrawn += _hidden_in(batch)
            there.update(ids.whole(row.Id) for row in batch.rows.get(OPPORTUNITY, ()))
        yield from self._pasts(sorted(there), place)
        place = place.moved(nightly=place.since)
        yield Found(withdrawn=withdrawn).page(place, as_of=place.since, open_ids=frozenset(there))
        return self.puller.keep(place)

    def _hidden(self, place: Place) -> list[Chain]:
        """Which meetings became private since the last night, by their ids alone: they are not ours to keep."""
        hidden = None if EVENT in place.missing else self._asking.hidden_since(place.nightly - OVERLAP)
        return [] if hidden is None else [hidden]

    def _pasts(self, deals: list[str], place: Place) -> Iterator[Page]:
        """The past of open deals again, if only its date of creation tells that a row is new: one that was dated back
        would never be seen. Of many deals each night the other half, so that it costs no more than the ids did."""
        asking = self._asking
        if not deals or not asking.can_read(HISTORY) or asking.stamp(HISTORY) != "CreatedDate":
            return
        where = ["Opportunity.IsClosed = false"]
        if len(deals) > _FEW:
            middle = quote(deals[len(deals) // 2])
            where.append(f"OpportunityId {'<' if place.since.toordinal() % 2 else '>='} {middle}")
        for batch in self.puller.gather([asking.chain(HISTORY, where)], kind="pasts"):
            found, _ = self.puller.reading.records(batch, place)
            yield found.page(place, as_of=place.since)

    # ------------------------------------------------------------------------------------------------- formulas

    def _compute(self, place: Place) -> Iterator[Page]:
        """Open records again, if rules read formulas of them: no stamp tells when one of those changed."""
        asking = self._asking
        open_ = {
            OPPORTUNITY: ("IsClosed = false", "IsDeleted = false"),
            LEAD: ("IsConverted = false", "IsDeleted = false"),
        }
        chains = [asking.chain(name, where) for name, where in open_.items() if asking.formulas(name)]
        if not chains:
            return
        for batch in self.puller.gather(chains, kind="formulas"):
            found, _ = self.puller.reading.records(batch, place)
            yield found.page(place, as_of=place.since)
        yield Found().page(self.puller.keep(place.moved(computed=place.since)), as_of=place.since)


def _parent(name: str) -> str:
    """The object that is read to get what has this name."""
    owner = name.partition(".")[0]
    return PARENTS.get(owner, owner)


def _hidden_in(batch: Batch) -> list[str]:
    """The ids of meetings that were asked for as private; they are taken out of the batch."""
    events = batch.rows.pop(EVENT, [])
    batch.rows[EVENT] = [row for row in events if not isinstance(row, OnlyId)]
    return [ids.whole(row.Id) for row in events if isinstance(row, OnlyId)]


def _take(batch: Batch, rows: dict[str, list[Any]], touched: dict[str, set[str]]) -> None:
    """Sort what a batch brought: rows to hand over, and what relations belong to."""
    for name, some in batch.rows.items():
        if name in _RELATIONS:
            told = {ids.whole(parent) for row in some if (parent := getattr(row, _RELATIONS[name][0]))}
            touched.setdefault(name, set()).update(told)
        else:
            rows.setdefault(name, []).extend(some)
