"""Writes what happens to deals into an org, as the people of the company would."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from zlib import crc32
from zoneinfo import ZoneInfo

from stalewatch.sdk.records import Actor
from stalewatch_sandbox.accounts import Account
from stalewatch_sandbox.happenings import (
    Closed,
    FieldSet,
    Happening,
    MeetingBooked,
    MeetingCancelled,
    PersonJoined,
    StageEntered,
    Touch,
)
from stalewatch_sandbox.opportunity import Opportunity
from stalewatch_sandbox.salesforce import removal
from stalewatch_sandbox.salesforce.naming import OUTCOMES, ROLES, STAGE_NAMES, field_of, furnish, own_field, type_of
from stalewatch_sandbox.salesforce.org import Org
from stalewatch_sandbox.salesforce.table import Row
from stalewatch_sandbox.staff import Seller

_LOCALES: Final = {"ja": ("ja", "ja_JP"), "en": ("en_US", "en_US")}
"""LanguageLocaleKey and LocaleSidKey by language."""


class Scribe:
    """Keeps the org's ids of everything that it wrote, by the world's own ids.

    Attributes:
        users: sellers; deals: opportunities; meetings: events; contacts: people of customers.
    """

    def __init__(self, org: Org, people: dict[str, Seller]) -> None:
        self._org, self._people = org, people
        self._record_types = furnish(org)
        self.users: dict[str, str] = {}
        self.deals: dict[str, str] = {}
        self.contacts: dict[str, str] = {}
        self.meetings: dict[str, str] = {}
        self._accounts: dict[str, str] = {}
        roles: dict[str, str] = {}
        for seller in people.values():
            team = seller.team
            if team.id not in roles:
                roles[team.id] = org.insert("UserRole", {"Name": team.name, "DeveloperName": team.id})
            self._hire(seller, roles[team.id])

    def write(self, deal: Opportunity, happenings: Sequence[Happening]) -> None:
        """Write what happened to a deal at one instant; fields that change together are saved together."""
        values: dict[str, Any] = {}
        for happening in happenings:
            match happening:
                case StageEntered():
                    values["StageName"] = STAGE_NAMES[happening.stage]
                case FieldSet(field="owner"):
                    values["OwnerId"] = self.users[str(happening.value)]
                case FieldSet():
                    values |= field_of(happening.field, happening.value)
                case Closed():
                    values |= {"StageName": OUTCOMES[happening.outcome], own_field("loss_reason"): happening.reason}
                case _:
                    pass  # no field of the opportunity; written below, once it is there
        at = happenings[0].at
        if values:
            self._save(deal, values, at)
        for happening in happenings:
            self._besides(deal, happening)

    def _save(self, deal: Opportunity, values: dict[str, Any], at: datetime) -> None:
        if deal.id in self.deals:
            before = self._org.record(self.deals[deal.id])
            if "StageName" in values and values["StageName"] not in OUTCOMES.values():
                values.setdefault("ForecastCategoryName", before["ForecastCategoryName"])
            self._org.update(before["Id"], values, at=at, by=before["OwnerId"])
            return
        owner = self.users[deal.owner]
        values |= {
            "Name": deal.name, "AccountId": self._account(deal.account, owner, at), "Type": type_of(deal.pipeline),
            "RecordTypeId": self._record_types[deal.pipeline], own_field("segment"): deal.account.segment,
        }  # fmt: skip
        self.deals[deal.id] = self._org.insert("Opportunity", {"OwnerId": owner} | values, at=at, by=owner)

    def _besides(self, deal: Opportunity, happening: Happening) -> None:
        """What is a record of its own. That a meeting was held is not: nobody logs outcomes here."""
        match happening:
            case Touch():
                self._touch(deal, happening)
            case MeetingBooked():
                self._book(deal, happening)
            case MeetingCancelled():
                self._cancel(happening)
            case PersonJoined():
                self._join(deal, happening)
            case _:
                pass

    # ------------------------------------------------------------------------------------------------- people

    def _hire(self, seller: Seller, role: str) -> None:
        language, locale = _LOCALES[seller.team.language]
        given, _, family = seller.name.rpartition(" ")
        self.users[seller.id] = self._org.insert("User", {
            "Username": seller.email, "Email": seller.email, "Name": seller.name, "FirstName": given or None,
            "LastName": family, "ManagerId": self.users.get(seller.manager or ""), "UserRoleId": role,
            "TimeZoneSidKey": seller.team.zone, "LanguageLocaleKey": language, "LocaleSidKey": locale,
        })  # fmt: skip

    def _account(self, account: Account, owner: str, at: datetime) -> str:
        if account.id not in self._accounts:
            named = {"Name": account.name, "Website": account.domain, "OwnerId": owner}
            self._accounts[account.id] = self._org.insert("Account", named, at=at, by=owner)
        return self._accounts[account.id]

    def _contact(self, account: Account, id_: str, owner: str, at: datetime) -> str:
        if id_ not in self.contacts:
            person = next(one for one in account.contacts if one.id == id_)
            given, _, family = person.name.rpartition(" ")
            self.contacts[id_] = self._org.insert("Contact", {
                "AccountId": self._account(account, owner, at), "Name": person.name, "FirstName": given or None,
                "LastName": family, "Email": person.email, "Title": person.title, "OwnerId": owner,
            }, at=at, by=owner)  # fmt: skip
        return self.contacts[id_]

    def _join(self, deal: Opportunity, joined: PersonJoined) -> None:
        """Somebody becomes known, or gets other roles; every role is a row of its own."""
        opportunity = self._opportunity(deal)
        contact = self._contact(deal.account, joined.contact, opportunity["OwnerId"], joined.at)
        rows = self._org.tables["OpportunityContactRole"].equal("OpportunityId", (opportunity["Id"],))
        standing = {row.get("Role"): row["Id"] for row in rows if row["ContactId"] == contact and not row["IsDeleted"]}
        wanted: set[str | None] = {ROLES[role] for role in joined.roles} or {None}
        for role in standing.keys() - wanted:
            removal.delete(self._org, standing[role], at=joined.at)
        for role in sorted(wanted - standing.keys(), key=str):
            made = {"OpportunityId": opportunity["Id"], "ContactId": contact, "Role": role, "IsPrimary": not rows}
            self._org.insert("OpportunityContactRole", made, at=joined.at, by=opportunity["OwnerId"])

    # ------------------------------------------------------------------------------------------------- activities

    def _touch(self, deal: Opportunity, touch: Touch) -> None:
        opportunity = self._opportunity(deal)
        owner = self._org.record(opportunity["OwnerId"])
        contact = self._org.record(self._contact(deal.account, touch.contact, owner["Id"], touch.at))
        if touch.channel == "call":
            self.call(opportunity["Id"], contact["Id"], owner, touch.by, touch.at)
        else:
            self.mail(opportunity["Id"], contact, owner, touch.by, touch.at, subject=f"Re: {deal.name}")

    def call(self, what: str | None, who: str, owner: Row, by: Actor, at: datetime) -> str:
        """Log a call that was answered; returns its id."""
        direction = "Inbound" if by is Actor.CUSTOMER else "Outbound"
        return self._org.insert("Task", {
            "WhatId": what, "WhoId": who, "OwnerId": owner["Id"], "Subject": "Call", "TaskSubtype": "Call",
            "CallType": direction, "CallDisposition": "Connected", "CallDurationInSeconds": 600,
            "Status": "Completed", "CompletedDateTime": at,
            "ActivityDate": at.astimezone(ZoneInfo(owner["TimeZoneSidKey"])).date(),
        }, at=at, by=owner["Id"])  # fmt: skip

    def mail(self, what: str | None, person: Row, owner: Row, by: Actor, at: datetime, *, subject: str) -> str:
        """Log a mail; returns its id. The task that shows it a second time comes by itself."""
        sides = (person, owner) if by is Actor.CUSTOMER else (owner, person)
        return self._org.insert("EmailMessage", {
            "RelatedToId": what, "Incoming": by is Actor.CUSTOMER, "Status": "1" if by is Actor.CUSTOMER else "3",
            "FromAddress": sides[0]["Email"], "FromName": sides[0]["Name"], "ToAddress": sides[1]["Email"],
            "FromId": sides[0]["Id"], "ToIds": [sides[1]["Id"]], "Subject": subject, "MessageDate": at,
        }, at=at, by=owner["Id"])  # fmt: skip

    def _book(self, deal: Opportunity, booked: MeetingBooked) -> None:
        opportunity = self._opportunity(deal)
        owner = opportunity["OwnerId"]
        contacts = [self._contact(deal.account, one, owner, booked.at) for one in booked.contacts]
        event = self._org.insert("Event", {
            "WhatId": opportunity["Id"], "WhoId": next(iter(contacts), None), "OwnerId": owner,
            "Subject": booked.title, "StartDateTime": booked.starts_at, "EndDateTime": booked.ends_at,
        }, at=booked.at, by=owner)  # fmt: skip
        for contact in contacts:
            self._org.insert("EventRelation", {"EventId": event, "RelationId": contact}, at=booked.at, by=owner)
        self.meetings[booked.id] = event

    def _cancel(self, cancelled: MeetingCancelled) -> None:
        """Some delete a meeting that is off; with others the calendar writes it into the subject, or all decline."""
        event = self._org.record(self.meetings[cancelled.id])
        match crc32(cancelled.id.encode()) % 3:
            case 0:
                removal.delete(self._org, event["Id"], at=cancelled.at)
            case 1:
                subject = f"Canceled: {event['Subject']}"
                self._org.update(event["Id"], {"Subject": subject}, at=cancelled.at, by=event["OwnerId"])
            case _:
                for row in self._org.tables["EventRelation"].equal("EventId", (event["Id"],)):
                    declined = {"Status": "Declined", "RespondedDate": cancelled.at}
                    self._org.update(row["Id"], declined, at=cancelled.at, by=event["OwnerId"])
                self._org.touch(event["Id"], at=cancelled.at)

    def _opportunity(self, deal: Opportunity) -> Row:
        return self._org.record(self.deals[deal.id])
