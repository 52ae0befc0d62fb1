"""What rows become: records of one pull, with activities that name no deal given to those of their contacts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from stalewatch.sdk.connector import Page
from stalewatch.sdk.records import Activity, Deal, FieldChange, Lead, Person, Rejected, StageVisit
from stalewatch_salesforce import evidence, ids, merging
from stalewatch_salesforce.asking import CHUNK, Asking
from stalewatch_salesforce.chains import Chain, Shape
from stalewatch_salesforce.deals import HISTORY_FIELDS, DealReader, hidden, person
from stalewatch_salesforce.evidence import Draft, Ours
from stalewatch_salesforce.harvest import Batch, Harvest
from stalewatch_salesforce.leads import LeadReader
from stalewatch_salesforce.money import Exchange
from stalewatch_salesforce.options import Options
from stalewatch_salesforce.org import EMAIL, EVENT, HISTORY, LEAD, OPPORTUNITY, TASK, USER, Org
from stalewatch_salesforce.place import Place
from stalewatch_salesforce.queries import one_of
from stalewatch_salesforce.remedies import Remedies
from stalewatch_salesforce.rows import ContactRole
from stalewatch_salesforce.transport import Transport

_ROLE: Final = "OpportunityContactRole"
_KNOWN: Final = 200_000
"""Contacts whose roles are remembered while a pull goes on: a million mails are from the same people many times."""
_OPEN_ROLES: Final = Shape(ContactRole, ("Id", "OpportunityId", "ContactId"))
_FREE_MAIL: Final = frozenset({
    "gmail.com", "googlemail.com", "yahoo.com", "yahoo.co.jp", "outlook.com", "hotmail.com", "icloud.com",
    "live.com", "aol.com", "gmx.de", "proton.me",
})  # fmt: skip


@dataclass(slots=True)
class Found:
    """What rows became."""

    deals: dict[str, Deal] = field(default_factory=dict)
    leads: dict[str, Lead] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    activities: dict[str, Activity] = field(default_factory=dict)
    visits: list[StageVisit] = field(default_factory=list)
    changes: list[FieldChange] = field(default_factory=list)
    histories: set[str] = field(default_factory=set)
    gone: dict[str, None] = field(default_factory=dict)
    withdrawn: list[str] = field(default_factory=list)
    merged: dict[str, str] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)

    def page(self, place: Place, **more: Any) -> Page:
        """The page to hand over."""
        return Page(
            cursor=place.cursor(),
            deals=list(self.deals.values()),
            leads=list(self.leads.values()),
            people=list(self.people.values()),
            activities=list(self.activities.values()),
            visits=self.visits,
            changes=self.changes,
            histories=frozenset(self.histories),
            history_fields=HISTORY_FIELDS if self.histories else frozenset(),
            gone=list(self.gone),
            withdrawn=self.withdrawn,
            merged=self.merged,
            rejected=self.rejected,
            **more,
        )


@dataclass
class Reading:
    """Makes records for one pull.

    Attributes:
        merged: contacts that became another one, and which.
        roles: per contact that was asked for in this pull, the open deals on which they hold a role.
    """

    asking: Asking
    merged: Mapping[str, str] = field(default_factory=dict)
    roles: dict[str, set[str]] = field(default_factory=dict)
    _deals_by: tuple[int, DealReader] | None = None

    def records(self, batch: Batch, place: Place) -> tuple[Found, Place]:
        """What a batch becomes; users in it may teach which mail domains are ours."""
        found = Found(rejected=list(batch.rejected))
        for row in batch.rows.get(USER, ()):
            found.people[ids.whole(row.Id)] = person(row)
        place = place.moved(domains=place.domains | self._domains(found.people.values()))
        self._deals(batch.rows, found)
        self._leads(batch.rows.get(LEAD, ()), found)
        ours = Ours(self.options.own_domains or place.domains, self._user)
        drafts = list(self._drafts(batch.rows, ours))
        before = None if place.is_beginning else place.since
        for activity in self._placed(drafts, before):
            found.activities[activity.id] = activity
        return found, place

    @property
    def org(self) -> Org:
        """The org as it is known now."""
        return self.asking.org

    @property
    def options(self) -> Options:
        """What the connection says."""
        return self.asking.options

    @property
    def transport(self) -> Transport:
        """The way to the org."""
        return self.asking.transport

    @property
    def deals(self) -> DealReader:
        """Reads opportunities; another one after the org has become another."""
        known = self._deals_by
        if known is None or known[0] != self.asking.generation:
            options, org = self.options, self.org
            exchange = Exchange(self.asking.settings.currency, options.currency, org.rates, org.dated)
            unseen = hidden(options.deal, org)
            reader = DealReader(options.deal, options.partner, org, exchange, self._base, unseen)
            self._deals_by = known = (self.asking.generation, reader)
        return known[1]

    # -------------------------------------------------------------------------------------------------- records

    def _deals(self, rows: dict[str, list[Any]], found: Found) -> None:
        for row in rows.get(OPPORTUNITY, ()):
            id_ = ids.whole(row.Id)
            if not ids.is_of(id_, ids.OPPORTUNITY):
                found.rejected.append(_no_id(id_))
                continue
            if row.IsDeleted:
                found.gone[id_] = None
                continue
            deal = self.deals.deal(row)
            if isinstance(deal, Rejected):
                found.rejected.append(deal)
                continue
            if self.merged and deal.contacts:
                deal = replace(deal, contacts=merging.known(deal.contacts, self.merged))
            found.deals[id_] = deal
            if row.OpportunityHistories is not None:
                visits, changes = self.deals.past(row.OpportunityHistories.records, id_)
                found.visits += visits
                found.changes += changes
                found.histories.add(id_)
        visits, changes = self.deals.past(rows.get(HISTORY, ()))
        found.visits += visits
        found.changes += changes

    def _leads(self, rows: Iterable[Any], found: Found) -> None:
        reader = LeadReader(self.options.lead, self.org, self._base, self.org.givers)
        for row in rows:
            id_ = ids.whole(row.Id)
            if not ids.is_of(id_, ids.LEAD):
                found.rejected.append(_no_id(id_))
                continue
            if row.IsDeleted:
                if row.MasterRecordId:
                    found.merged[id_] = ids.whole(row.MasterRecordId)
                else:
                    found.gone[id_] = None
                continue
            lead = reader.lead(row)
            if isinstance(lead, Rejected):
                found.rejected.append(lead)
            else:
                found.leads[lead.id] = lead

    def _drafts(self, rows: dict[str, list[Any]], ours: Ours) -> Iterator[Draft]:
        automatic, called_off = self.options.counts_automatic, self.options.counts_called_off
        made = [evidence.of_event(row, counts_called_off=called_off) for row in rows.get(EVENT, ())]
        made += [evidence.of_task(row, ours) for row in rows.get(TASK, ())]
        made += [evidence.of_email(row, ours, counts_automatic=automatic) for row in rows.get(EMAIL, ())]
        return (merging.renamed(draft, self.merged) for draft in made if draft is not None)

    def _placed(self, drafts: list[Draft], before: datetime | None) -> Iterator[Activity]:
        """Activities with their records; those that name none go to the open deals of their contacts, by guess.

        One that was made earlier may have named a record when it was read, and does no more: that is told."""
        adrift = [draft for draft in drafts if not draft.is_placed and draft.contacts]
        deals = self._deals_of({one for draft in adrift for one in draft.contacts})
        for draft in drafts:
            guessed = sorted({deal for contact in draft.contacts for deal in deals.get(contact, ())})
            if draft.is_placed:
                yield draft.activity
            elif guessed:
                yield replace(draft.activity, records=tuple(guessed), inferred=True)
            elif before is not None and (draft.activity.recorded_at or before) < before:
                yield draft.activity

    def _deals_of(self, contacts: set[str]) -> dict[str, set[str]]:
        """Per contact the open deals on which they hold a role; asked once a pull, and only when somebody is adrift."""
        found = self.roles
        if len(found) > _KNOWN:
            found.clear()
        unknown = contacts - found.keys()
        if not unknown or not self.org.has(_ROLE):
            return found
        found.update((contact, set()) for contact in unknown)
        some, open_ = sorted(unknown), ("Opportunity.IsClosed = false", "IsDeleted = false")
        chunks = [one_of("ContactId", some[start : start + CHUNK]) for start in range(0, len(some), CHUNK)]
        chains = [Chain(object=_ROLE, shape=lambda: _OPEN_ROLES, where=(chunk, *open_)) for chunk in chunks]
        remedies = Remedies(self.asking)
        for batch in Harvest(self.transport, chains, [], remedies.goes_on, kind="contacts").batches():
            for role in batch.rows.get(_ROLE, ()):
                if role.ContactId and role.OpportunityId:
                    found.setdefault(ids.whole(role.ContactId), set()).add(ids.whole(role.OpportunityId))
        return found

    # ------------------------------------------------------------------------------------------------- the org

    @property
    def _base(self) -> str:
        token = self.transport.session.known
        return token.base if token else ""

    @property
    def _user(self) -> str:
        token = self.transport.session.known
        return token.user if token else ""

    def _domains(self, people: Iterable[Person]) -> frozenset[str]:
        told = {(one.email or "").rpartition("@")[2] for one in people if one.active}
        return frozenset(told - _FREE_MAIL - {""})


def _no_id(id_: str) -> Rejected:
    return Rejected(ref=id_[:40] or "?", reason="an id that is none")
