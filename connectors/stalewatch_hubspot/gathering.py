"""From rows to pages: what belongs to some deals is fetched and told together with them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from stalewatch.sdk.connector import Cursor, Page
from stalewatch.sdk.records import Activity, ActivityKind, Actor, Deal, Lead, MeetingState, Rejected
from stalewatch_hubspot.absence import name_of
from stalewatch_hubspot.api import Api, chunks
from stalewatch_hubspot.blanks import readable
from stalewatch_hubspot.deals import HISTORY, Beside, DealReader, Past
from stalewatch_hubspot.evidence import Around, EvidenceReader, forwarders, is_open_task
from stalewatch_hubspot.facts import Facts
from stalewatch_hubspot.leads import Before, LeadReader, follows_lifecycle, past_of
from stalewatch_hubspot.memory import Meeting
from stalewatch_hubspot.options import Options
from stalewatch_hubspot.portal import deal_properties, lead_properties
from stalewatch_hubspot.queries import (
    ACTIVITIES,
    CONTACTS,
    DEALS,
    EMAILS,
    LEADS,
    LIFECYCLE,
    MEETINGS,
    TASKS,
    Kind,
)
from stalewatch_hubspot.rows import Row
from stalewatch_hubspot.values import day, maybe
from stalewatch_hubspot.wants import Wants

_PASTS: Final = (("amount", "amount"), ("close_date", "closedate"))
_MOST_ROLES: Final = 200_000
Rows = Mapping[Kind, Sequence[Row]]


@dataclass(slots=True)
class Piece:
    """What one page will hold."""

    deals: list[Deal] = field(default_factory=list)
    leads: list[Lead] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    past: Past = field(default_factory=Past)
    gone: list[str] = field(default_factory=list)
    merged: dict[str, str] = field(default_factory=dict)

    def page(self, cursor: Cursor, **more: Any) -> Page:
        """The page."""
        return Page(
            cursor=cursor, deals=self.deals, leads=self.leads, activities=self.activities, gone=self.gone,
            merged=self.merged,
            visits=self.past.visits, changes=self._changes(), histories=frozenset(self.past.deals),
            history_fields=self.past.fields if self.past.deals else frozenset(), rejected=self.rejected, **more,
        )  # fmt: skip

    def _changes(self) -> Sequence[Any]:
        return [one for one in self.past.changes if one.field in self.past.fields]


class Gatherer:
    """Fetches and translates for one pull.

    Attributes:
        kinds: of activities that the token may read.
        past: fields of leads, and the properties whose past tells them.
        roles: contact to buying role, as far as they were read; kept from pull to pull.
        lost: properties ("deals.amount") that were asked for and that no row of a page had: HubSpot is silent about
            unknown names.
    """

    def __init__(
        self, api: Api, facts: Facts, options: Options, wants: Wants, currency: str, roles: OrderedDict[str, str],
        missing: Collection[str] = (),
    ) -> None:  # fmt: skip
        """`missing` is what was known to be missing when the connection was described."""
        self.api, self.facts, self.wants, self.roles = api, facts, wants, roles
        self.kinds = tuple(kind for kind in ACTIVITIES if facts.can_read(kind))
        self.deals = DealReader(facts, options, currency, missing)
        self.leads = LeadReader(facts, options, wants, missing)
        self.past = past_of(facts, options, wants)
        self.reads_people = wants.people and facts.can_read(CONTACTS)
        self.reads_roles = wants.roles and self.reads_people
        self.reads_leads = wants.leads and facts.can_read(LEADS)
        self.reads_lifecycle = self.reads_leads and follows_lifecycle(facts, self.past)
        self.deal_properties = facts.there(DEALS, deal_properties(options))
        self.lead_properties = facts.there(LEADS, lead_properties(options))
        self._own = options.own_domains or frozenset(facts.domains)
        self._counted = options.counted
        self.lost: set[str] = set()

    # ------------------------------------------------------------------------------------------------- activities

    def read_activities(self, wanted: Mapping[Kind, Collection[str]]) -> tuple[dict[Kind, list[Row]], list[Rejected]]:
        """Activities by their ids."""
        rows: dict[Kind, list[Row]] = {}
        rejected: list[Rejected] = []
        for kind, ids in wanted.items():
            found = self.api.read(kind, ids, kind.properties)
            rows[kind] = found.rows
            rejected += found.rejected
        return rows, rejected

    def records_of(self, kind: Kind, ids: Sequence[str]) -> dict[str, list[str]]:
        """The deals and leads that activities belong to."""
        found = self.api.links(kind.name, DEALS.name, ids) if ids else {}
        if self.reads_leads and ids:
            for id_, leads in self.api.links(kind.name, LEADS.name, ids).items():
                found[id_] = [*found.get(id_, ()), *leads]
        return found

    def tell(self, rows: Rows, records: Mapping[Kind, Mapping[str, Sequence[str]]], piece: Piece) -> None:
        """Add activities to a page."""
        mails = readable(self.api, [row for row in rows.get(EMAILS, ()) if records.get(EMAILS, {}).get(row.id)])
        customers = self._customers(forwarders(mails))
        reader = EvidenceReader(self._own, customers, counted=self._counted)
        for kind, some in rows.items():
            known = records.get(kind, {})
            mine = mails if kind is EMAILS else [row for row in some if known.get(row.id)]
            people = self._people(kind, mine)
            for row in mine:
                told = reader.read(kind, row, Around(known[row.id], people.get(row.id, ())))
                if isinstance(told, Activity):
                    piece.activities.append(told)
                elif told is not None:
                    piece.rejected.append(told)

    def _people(self, kind: Kind, rows: Sequence[Row]) -> Mapping[str, Sequence[str]]:
        if not (self.reads_people and rows) or kind is TASKS:
            return {}
        return self.api.links(kind.name, CONTACTS.name, [row.id for row in rows])

    def _customers(self, addresses: Sequence[str]) -> set[str]:
        """Those of these addresses that are contacts'."""
        found: set[str] = set()
        if not self.facts.can_read(CONTACTS):
            return found
        for chunk in chunks(addresses, 100):
            wanted = ({"propertyName": "email", "operator": "IN", "values": chunk},)
            for page in self.api.keyset(CONTACTS, wanted, ("email",)):
                found.update(row.get("email").casefold() for row in page.rows)
        return found

    # ------------------------------------------------------------------------------------------------------ deals

    def tell_deals(
        self, rows: Sequence[Row], piece: Piece, *, contacts: Mapping[str, Sequence[str]] | None = None,
        dues: Mapping[str, Sequence[date]] | None = None,
    ) -> None:  # fmt: skip
        """Add deals to a page.

        Args:
            contacts: per deal, if they were asked for already.
            dues: per deal, when its open tasks are due; deals that are not named keep what is known.
        """
        if contacts is None:
            contacts = self.contacts_of([row.id for row in rows])
        everybody = [] if contacts is None else [one for row in rows for one in contacts.get(row.id, ())]
        roles = self.roles_of(everybody) if self.reads_roles else None
        for row in rows:
            beside = Beside(
                contacts=None if contacts is None else contacts.get(row.id, ()),
                roles=roles,
                due=None if dues is None else dues.get(row.id),
            )
            piece.deals.append(self.deals.read(row, beside, piece.rejected))
            piece.merged |= dict.fromkeys(ancestors(row), row.id)

    def deal_rows(self, ids: Sequence[str]) -> list[Row]:
        """These deals as they are now."""
        return self._rows(DEALS, ids, self.deal_properties)

    def lead_rows(self, ids: Sequence[str]) -> list[Row]:
        """These leads as they are now."""
        return self._rows(LEADS, ids, self.lead_properties)

    def _rows(self, kind: Kind, ids: Sequence[str], properties: Sequence[str]) -> list[Row]:
        rows = self.api.read(kind, ids, properties).rows if ids else []
        self.miss(kind, properties, rows)
        return rows

    def miss(self, kind: Kind, asked: Sequence[str], rows: Sequence[Row]) -> None:
        """Note what was asked for and did not come, not even empty."""
        if rows:
            self.lost.update(name_of(kind, name) for name in asked if not any(name in row.properties for row in rows))

    def contacts_of(self, deals: Sequence[str]) -> Mapping[str, Sequence[str]] | None:
        """Who is associated with at most 1,000 deals; None if no rule asks for it."""
        return self.api.links(DEALS.name, CONTACTS.name, deals) if self.reads_people and deals else None

    def tell_past(self, rows: Sequence[Row], piece: Piece) -> None:
        """Add what the properties of deals held before."""
        now = {row.id: row for row in rows}
        absent = self.facts.absent.get(DEALS.name, ())
        piece.past.hidden = frozenset(ours for ours, theirs in _PASTS if theirs in absent)
        found = self.api.histories(DEALS, now, HISTORY)
        for row in found.rows:
            if row.id in now:
                self.deals.remember(row, now[row.id], piece.past)

    def roles_of(self, contacts: Iterable[str]) -> Mapping[str, str]:
        """The buying roles of contacts; only those that are not known yet are asked for."""
        unknown = [one for one in dict.fromkeys(contacts) if one not in self.roles]
        found = self.api.read(CONTACTS, unknown, ("hs_buying_role",)) if unknown else None
        self.roles.update(dict.fromkeys(unknown, ""))
        if found:
            self.roles.update((row.id, row.get("hs_buying_role")) for row in found.rows)
        wanted = {one: self.roles.get(one, "") for one in contacts}
        while len(self.roles) > _MOST_ROLES:
            self.roles.popitem(last=False)
        return wanted

    def dues_of(self, tasks: Iterable[Row], owners: Mapping[str, Sequence[str]]) -> dict[str, list[date]]:
        """Per deal, when its open tasks are due."""
        found: dict[str, list[date]] = {}
        zone = self.facts.timezone
        for task in tasks:
            due = task.get("hs_timestamp")
            if maybe(due) is not None and is_open_task(task):
                for deal in owners.get(task.id, ()):
                    found.setdefault(deal, []).append(day(due, zone))
        return found

    def all_dues(self, deals: Sequence[str]) -> dict[str, list[date]]:
        """Per deal, when its open tasks are due, asked for whole."""
        links = self.api.links(DEALS.name, TASKS.name, deals) if deals else {}
        owners = inverted(links)
        rows = self.api.read(TASKS, owners, TASKS.properties).rows if owners else []
        return {deal: [] for deal in deals} | self.dues_of(rows, owners)

    def tell_deleted(self, missing: Mapping[str, Meeting], piece: Piece) -> None:
        """Add those of these meetings that are not there any more, as called off."""
        ids = {id_.partition("-")[2]: id_ for id_ in missing}
        there = {row.id for row in self.api.read(MEETINGS, ids, ("hs_object_id",)).rows} if ids else set()
        for number, id_ in ids.items():
            if number not in there:
                at, deals = missing[id_]
                piece.activities.append(Activity(
                    id=id_, kind=ActivityKind.MEETING, actor=Actor.NOBODY, at=at, records=deals,
                    meeting=MeetingState.CANCELLED,
                ))  # fmt: skip

    # ------------------------------------------------------------------------------------------------------ leads

    def tell_leads(self, rows: Sequence[Row], piece: Piece) -> None:
        """Add leads to a page, with what their past tells."""
        names = tuple(self.past.values())
        ids = [row.id for row in rows]
        found = self.api.histories(LEADS, ids, names).rows if names and ids else ()
        histories = {row.id: row.propertiesWithHistory for row in found}
        entered = self._entered(ids) if self.reads_lifecycle else {}
        for row in rows:
            before = Before(histories=histories.get(row.id, {}), entered=entered.get(row.id))
            piece.leads.append(self.leads.read(row, before, piece.rejected))

    def _entered(self, leads: Sequence[str]) -> dict[str, datetime]:
        """Per lead when the first of its contacts came into the lifecycle stage of qualified leads."""
        owners = inverted(self.api.links(LEADS.name, CONTACTS.name, leads)) if leads else {}
        found: dict[str, datetime] = {}
        for row in self.api.read(CONTACTS, owners, (LIFECYCLE,)).rows:
            at = maybe(row.get(LIFECYCLE))
            if at is not None:
                found |= {lead: min(at, found.get(lead, at)) for lead in owners.get(row.id, ())}
        return found


def ancestors(row: Row) -> list[str]:
    """The ids of the records that this one was made of; whoever asks for them gets this one."""
    found = (one.partition(":")[0].strip() for one in row.get("hs_merged_object_ids").replace(",", ";").split(";"))
    return [old for old in found if old.isascii() and old.isdigit() and old != row.id]


def inverted(links: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """The same associations, from their other ends."""
    found: dict[str, list[str]] = {}
    for one, others in links.items():
        for other in others:
            found.setdefault(other, []).append(one)
    return found
