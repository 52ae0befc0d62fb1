"""One pull's view of an org: which chains to read, and what their rows become."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import msgspec

from stalewatch.sdk.connector import ConnectionSettings, Page
from stalewatch.sdk.records import Activity, Deal, FieldChange, Lead, Person, Rejected, StageVisit
from stalewatch_salesforce import evidence, ids
from stalewatch_salesforce.chains import Chain
from stalewatch_salesforce.composite import MOST_QUERIES, Part, ask
from stalewatch_salesforce.deals import HISTORY_FIELDS, DealReader, person
from stalewatch_salesforce.decoding import decode
from stalewatch_salesforce.evidence import Draft, Ours
from stalewatch_salesforce.harvest import Batch
from stalewatch_salesforce.leads import LeadReader
from stalewatch_salesforce.money import Exchange
from stalewatch_salesforce.options import Options
from stalewatch_salesforce.org import (
    ATTENDEES,
    CHANGES,
    CORRESPONDENTS,
    EMAIL,
    EVENT,
    HISTORY,
    LEAD,
    OPPORTUNITY,
    ROLES,
    ROWS,
    TASK,
    USER,
    Org,
    selection,
    unreadable,
)
from stalewatch_salesforce.place import Place
from stalewatch_salesforce.queries import address, one_of, select
from stalewatch_salesforce.rows import ContactRole
from stalewatch_salesforce.transport import Transport

EVIDENCE: Final = (USER, HISTORY, EVENT, TASK, EMAIL)
_CHUNK: Final = 2_000
"""Ids in one question: as many as rows of a page, and 60,000 characters of the 100,000 that SOQL may have."""
_INSIDE: Final = {
    OPPORTUNITY: (ROLES,), EVENT: (ATTENDEES,), EMAIL: (CORRESPONDENTS,), LEAD: (CHANGES,),
}  # fmt: skip
_ALWAYS: Final = {EVENT: ("IsPrivate", "IsPrivate = false"), EMAIL: ("ParentId", "ParentId = null")}
"""Conditions that keep out what is none of our business: private meetings, and mails of support cases."""
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
            rejected=self.rejected,
            **more,
        )


@dataclass(frozen=True)
class Reading:
    """Makes chains and records for one pull."""

    settings: ConnectionSettings
    options: Options
    transport: Transport
    org: Org

    @cached_property
    def types(self) -> dict[str, type[Any]]:
        """Per object the type of its rows, with the mapped fields of this org."""
        return {name: self._type(name) for name in ROWS}

    @cached_property
    def mapped(self) -> dict[str, tuple[str, ...]]:
        """Per object the mapped fields, spelt as the org spells them; those that it does not have are left out."""
        return {
            name: tuple(dict.fromkeys(one.name for field in fields if (one := self.org.field(name, field)) is not None))
            for name, fields in self._configured.items()
        }

    @cached_property
    def unread(self) -> frozenset[str]:
        """Objects and fields that records are made of, and that the org does not show."""
        return unreadable(self.org, self._configured)

    @property
    def _configured(self) -> dict[str, tuple[str, ...]]:
        options = self.options
        return {OPPORTUNITY: tuple(options.deal.fields.values()), LEAD: tuple(options.lead.fields.values())}

    def reads(self, object_: str) -> bool:
        """Whether any active rule reads records of this kind; without a word about it all are read."""
        return not self.settings.reads or bool(self.settings.reads.get(object_))

    def chain(
        self, name: str, where: Iterable[str] = (), inside: Collection[str] | None = None,
        bounds: tuple[str, str] = ("", ""),
    ) -> Chain:  # fmt: skip
        """A chain over an object that may be read."""
        always = _ALWAYS.get(name)
        conditions = (always[1],) if always and self.org.field(name, always[0]) else ()
        children = _INSIDE.get(name, ()) if inside is None else inside
        fields = selection(self.org, name, self.mapped.get(name, ()), children)
        return Chain(
            object=name, type=self.types[name], fields=fields, where=(*where, *conditions), after=bounds[0],
            until=bounds[1],
        )  # fmt: skip

    def by_ids(
        self, name: str, field_name: str, wanted: Collection[str], inside: Collection[str] | None = None
    ) -> list[Chain]:
        """Chains over the rows with these ids."""
        some = sorted(wanted)
        return [
            self.chain(name, (one_of(field_name, some[start : start + _CHUNK]),), inside)
            for start in range(0, len(some), _CHUNK)
        ]

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
        for activity in self._placed(drafts):
            found.activities[activity.id] = activity
        return found, place

    @cached_property
    def deals(self) -> DealReader:
        """Reads opportunities."""
        exchange = Exchange(self.settings.currency, self.options.currency, self.org.rates, self.org.dated)
        return DealReader(self.options.deal, self.options.partner, self.org, exchange, self._base)

    # -------------------------------------------------------------------------------------------------- records

    def _deals(self, rows: dict[str, list[Any]], found: Found) -> None:
        for row in rows.get(OPPORTUNITY, ()):
            id_ = ids.whole(row.Id)
            if row.IsDeleted:
                found.gone[id_] = None
                continue
            deal = self.deals.deal(row)
            if isinstance(deal, Rejected):
                found.rejected.append(deal)
                continue
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
            if row.IsDeleted:
                found.gone[ids.whole(row.Id)] = None
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
        return (draft for draft in made if draft is not None)

    def _placed(self, drafts: list[Draft]) -> Iterator[Activity]:
        """Activities with their records; those that name none go to the open deals of their contacts, by guess."""
        adrift = [draft for draft in drafts if not draft.is_placed and draft.contacts]
        deals = self._deals_of({one for draft in adrift for one in draft.contacts})
        for draft in drafts:
            guessed = sorted({deal for contact in draft.contacts for deal in deals.get(contact, ())})
            if draft.is_placed:
                yield draft.activity
            elif guessed:
                yield replace(draft.activity, records=tuple(guessed), inferred=True)

    def _deals_of(self, contacts: Collection[str]) -> dict[str, set[str]]:
        """Per contact the open deals on which they hold a role; asked only when somebody is adrift."""
        found: dict[str, set[str]] = {}
        some = sorted(contacts)
        if not some or not self.org.has("OpportunityContactRole"):
            return found
        fields = ("Id", "OpportunityId", "ContactId")
        open_ = ("Opportunity.IsClosed = false", "IsDeleted = false")
        chunks = [one_of("ContactId", some[start : start + _CHUNK]) for start in range(0, len(some), _CHUNK)]
        paths = [address(select(fields, "OpportunityContactRole", (chunk, *open_))) for chunk in chunks]
        while paths:
            parts = [Part(f"c{number}", path) for number, path in enumerate(paths[:MOST_QUERIES])]
            paths = paths[MOST_QUERIES:]
            answers = ask(self.transport, parts, kind="contacts")
            for part in parts:
                answer = answers.by_ref[part.ref]
                if answer.fault is not None:
                    raise answer.fault.error()
                page, _ = decode(answer.body, ContactRole)
                paths += [page.nextRecordsUrl] if page.nextRecordsUrl and not page.done else []
                for role in page.records:
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

    def _type(self, name: str) -> type[Any]:
        known = ROWS[name].__struct_fields__
        extra = [field for field in self.mapped.get(name, ()) if field not in known]
        if not extra:
            return ROWS[name]
        return msgspec.defstruct(name, [(field, Any, None) for field in extra], bases=(ROWS[name],), kw_only=True)

    def _domains(self, people: Iterable[Person]) -> frozenset[str]:
        told = {(one.email or "").rpartition("@")[2] for one in people if one.active}
        return frozenset(told - _FREE_MAIL - {""})
