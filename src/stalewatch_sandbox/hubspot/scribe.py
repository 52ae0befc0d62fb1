"""Writes what happens to deals and leads into a portal, as the people of the company would."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from typing import Final, assert_never

from stalewatch.sdk.records import Actor, Outcome
from stalewatch_sandbox.accounts import Contact
from stalewatch_sandbox.happenings import (
    Closed,
    FieldSet,
    Happening,
    MeetingBooked,
    MeetingCancelled,
    MeetingHeld,
    PersonJoined,
    StageEntered,
    Touch,
)
from stalewatch_sandbox.hubspot.company import Owner
from stalewatch_sandbox.hubspot.naming import ROLES, outcome_stage, pipeline_id, property_of, stage_id
from stalewatch_sandbox.hubspot.portal import UI, Portal
from stalewatch_sandbox.opportunity import Opportunity
from stalewatch_sandbox.staff import Seller

CURRENCY: Final = "JPY"
_CONNECTED: Final = "f240bbac-87c9-4f6e-bf70-924b57d47db7"
"""The disposition of a call that somebody answered."""
_TWENTY_MINUTES: Final = 1_200_000


class Logging(StrEnum):
    """Whether people write down how a meeting ended."""

    ALWAYS = "always"
    NEVER = "never"


class Scribe:
    """Keeps the portal's ids of everything that it wrote.

    Attributes:
        deals: id in the world to id in the portal.
        owners: id of a seller to the id of the owner.
    """

    def __init__(self, portal: Portal, people: dict[str, Seller], logging: Logging = Logging.ALWAYS) -> None:
        self.deals: dict[str, str] = {}
        self.owners: dict[str, str] = {}
        self._portal, self._people, self._logging = portal, people, logging
        self._contacts: dict[tuple[str, str], str] = {}
        self._owned: dict[str, str] = {}
        self._addresses: set[str] = set()
        self._meetings: dict[str, str] = {}
        self._users = {id_: 60_000_000 + number for number, id_ in enumerate(people)}
        teams = list(dict.fromkeys(seller.team.id for seller in people.values()))
        for number, seller in enumerate(people.values(), 1):
            self._hire(number, seller, str(9_000 + teams.index(seller.team.id)))

    def write(self, deal: Opportunity, happening: Happening) -> None:
        """Write one thing that happened to a deal."""
        match happening:
            case StageEntered():
                self._enter(deal, happening)
            case FieldSet():
                self._set(deal, happening)
            case Touch():
                self._touch(deal, happening)
            case MeetingBooked():
                self._book(deal, happening)
            case MeetingHeld():
                if self._logging is Logging.ALWAYS:
                    self._outcome(happening.id, "COMPLETED", happening.at)
            case MeetingCancelled():
                self._outcome(happening.id, "CANCELED", happening.at)
            case PersonJoined():
                self._join(deal, happening)
            case Closed():
                self._close(deal, happening)
            case _:
                assert_never(happening)

    def source(self, seller: str) -> tuple[str, str]:
        """How the history names who wrote something."""
        return (UI[0], f"userId:{self._users[seller]}")

    def log(self, channel: str, by: Actor, at: datetime, *, owner: str, about: str, contact: Contact) -> str:
        """Log a mail or a call; returns its id."""
        is_theirs, seller = by is Actor.CUSTOMER, self._people[owner]
        common: dict[str, object] = {"hs_timestamp": at, "hubspot_owner_id": self.owners[owner]}
        if channel == "call":
            said: dict[str, object] = {
                "hs_call_direction": "INBOUND" if is_theirs else "OUTBOUND", "hs_call_status": "COMPLETED",
                "hs_call_disposition": _CONNECTED, "hs_call_duration": _TWENTY_MINUTES, "hs_call_title": about,
            }  # fmt: skip
            return self._portal.create("calls", common | said, at=at, source=self.source(owner))
        sender, to = (contact.email, seller.email) if is_theirs else (seller.email, contact.email)
        headers = {"from": {"email": sender}, "to": [{"email": to}], "cc": [], "bcc": [], "sender": {"email": sender}}
        said = {
            "hs_email_direction": "INCOMING_EMAIL" if is_theirs else "EMAIL", "hs_email_status": "SENT",
            "hs_email_subject": f"Re: {about}", "hs_email_headers": json.dumps(headers),
        }  # fmt: skip
        return self._portal.create("emails", common | said, at=at, source=("EMAIL_INTEGRATION", seller.email))

    def contact(self, key: tuple[str, str], person: Contact, company: str, at: datetime) -> str:
        """The id of a customer's contact, who is created if need be; no two have the same address."""
        if key not in self._contacts:
            address = person.email
            for number in range(2, 1000):
                if address not in self._addresses:
                    break
                address = person.email.replace("@", f"+{number}@")
            self._addresses.add(address)
            self._contacts[key] = self._portal.create("contacts", {
                "lastname": person.name, "email": address, "jobtitle": person.title, "company": company,
            }, at=at)  # fmt: skip
        return self._contacts[key]

    # ------------------------------------------------------------------------------------------------------ deals

    def _hire(self, number: int, seller: Seller, team: str) -> None:
        id_ = 880_000_000 + number
        given, _, family = seller.name.partition(" ")
        self.owners[seller.id] = str(id_)
        self._portal.add_owner(Owner(
            number=id_, email=seller.email, first_name=given, last_name=family, user=self._users[seller.id],
            teams=((team, seller.team.name),),
        ))  # fmt: skip

    def _enter(self, deal: Opportunity, entered: StageEntered) -> None:
        stage = stage_id(deal.pipeline, entered.stage)
        if deal.id in self.deals:
            self._update(deal, entered.at, {"dealstage": stage})
            return
        self._owned[deal.id] = deal.owner
        self.deals[deal.id] = self._portal.create("deals", {
            "dealname": deal.name, "pipeline": pipeline_id(deal.pipeline), "dealstage": stage,
            "hubspot_owner_id": self.owners[deal.owner], "deal_currency_code": CURRENCY,
            "segment": deal.account.segment,
        }, at=entered.at, source=self.source(deal.owner))  # fmt: skip

    def _set(self, deal: Opportunity, put: FieldSet) -> None:
        if put.field == "owner":
            self._owned[deal.id] = str(put.value)
            self._update(deal, put.at, {"hubspot_owner_id": self.owners[str(put.value)]})
            return
        self._update(deal, put.at, property_of(put.field, put.value, self._portal.account.zone))

    def _touch(self, deal: Opportunity, touch: Touch) -> None:
        person = _person(deal, touch.contact)
        id_ = self.log(touch.channel, touch.by, touch.at, owner=self._owned[deal.id], about=deal.name, contact=person)
        kind = "calls" if touch.channel == "call" else "emails"
        self._portal.associate(kind, id_, "deals", self.deals[deal.id])
        contact = self.contact((deal.id, touch.contact), person, deal.account.name, touch.at)
        self._portal.associate(kind, id_, "contacts", contact)

    def _book(self, deal: Opportunity, booked: MeetingBooked) -> None:
        owner = self._owned[deal.id]
        id_ = self._portal.create("meetings", {
            "hs_timestamp": booked.starts_at, "hs_meeting_start_time": booked.starts_at,
            "hs_meeting_end_time": booked.ends_at, "hs_meeting_title": booked.title,
            "hs_meeting_outcome": "SCHEDULED", "hubspot_owner_id": self.owners[owner],
        }, at=booked.at, source=self.source(owner))  # fmt: skip
        self._meetings[booked.id] = id_
        self._portal.associate("meetings", id_, "deals", self.deals[deal.id])
        for who in booked.contacts:
            contact = self.contact((deal.id, who), _person(deal, who), deal.account.name, booked.at)
            self._portal.associate("meetings", id_, "contacts", contact)

    def _outcome(self, meeting: str, outcome: str, at: datetime) -> None:
        self._portal.update("meetings", self._meetings[meeting], {"hs_meeting_outcome": outcome}, at=at)

    def _join(self, deal: Opportunity, joined: PersonJoined) -> None:
        contact = self.contact((deal.id, joined.contact), _person(deal, joined.contact), deal.account.name, joined.at)
        self._portal.associate("deals", self.deals[deal.id], "contacts", contact)
        roles = ";".join(ROLES[role] for role in joined.roles)
        if roles:
            self._portal.update("contacts", contact, {"hs_buying_role": roles}, at=joined.at)

    def _close(self, deal: Opportunity, closed: Closed) -> None:
        reason = {"closed_lost_reason": closed.reason} if closed.outcome is Outcome.LOST else {}
        self._update(deal, closed.at, {"dealstage": outcome_stage(deal.pipeline, closed.outcome), **reason})

    def _update(self, deal: Opportunity, at: datetime, properties: dict[str, object]) -> None:
        source = self.source(self._owned[deal.id])
        self._portal.update("deals", self.deals[deal.id], properties, at=at, source=source)


def _person(deal: Opportunity, id_: str) -> Contact:
    return next(one for one in deal.account.contacts if one.id == id_)
