"""How records go: into the bin, out of it again, for good, into another record, from lead to deal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from stalewatch_sandbox.salesforce.org import Org
from stalewatch_sandbox.salesforce.stock import CONVERTED

_GOES_WITH: Final = {
    "Opportunity": (
        ("OpportunityHistory", "OpportunityId"), ("OpportunityFieldHistory", "OpportunityId"),
        ("OpportunityContactRole", "OpportunityId"), ("Task", "WhatId"), ("Event", "WhatId"),
        ("EmailMessage", "RelatedToId"),
    ),
    "Account": (("Contact", "AccountId"), ("Opportunity", "AccountId")),
    "Lead": (("LeadHistory", "LeadId"), ("Task", "WhoId"), ("Event", "WhoId")),
    "Contact": (("OpportunityContactRole", "ContactId"),),
    "Event": (("EventRelation", "EventId"),),
    "EmailMessage": (("EmailMessageRelation", "EmailMessageId"),),
}  # fmt: skip
"""Object -> the children that share its fate."""
_FOLLOWS: Final = {
    "Contact": (
        ("OpportunityContactRole", "ContactId"), ("Task", "WhoId"), ("Event", "WhoId"), ("EventRelation", "RelationId"),
        ("EmailMessageRelation", "RelationId"),
    ),
    "Lead": (("Task", "WhoId"), ("Event", "WhoId"), ("EventRelation", "RelationId")),
    "Account": (("Contact", "AccountId"), ("Opportunity", "AccountId"), ("Task", "WhatId"), ("Event", "WhatId")),
}  # fmt: skip
"""Object -> the children that a merged record hands over."""


def delete(org: Org, id_: str, *, at: datetime | None = None) -> None:
    """Put a record and what belongs to it into the recycle bin: `queryAll` still shows them, as deleted."""
    with org.lock:
        for one in list(_family(org, id_)):
            if not org.record(one).get("IsDeleted"):
                org.touch(one, {"IsDeleted": True}, at=at)


def undelete(org: Org, id_: str, *, at: datetime | None = None) -> None:
    """Take a record and what belongs to it out of the bin."""
    with org.lock:
        for one in list(_family(org, id_)):
            org.touch(one, {"IsDeleted": False}, at=at)


def hard_delete(org: Org, id_: str) -> None:
    """A record and what belongs to it are gone; no query shows them."""
    with org.lock:
        for one in list(_family(org, id_)):
            name = org.object_of(one)
            org.tables[name].remove(one)
            org.purged.append((name, one, org.clock.now()))


def merge(org: Org, winner: str, loser: str, *, at: datetime | None = None) -> None:
    """Two contacts, leads or accounts become one: the loser is deleted and says into whom, its children follow."""
    with org.lock:
        for name, field in _FOLLOWS[org.object_of(loser)]:
            for row in list(org.tables[name].equal(field, (loser,))):
                org.update(row["Id"], {field: winner}, at=at)
        org.touch(loser, {"IsDeleted": True, "MasterRecordId": winner}, at=at)


def convert(org: Org, lead: str, *, at: datetime | None = None, opportunity: str | None = None) -> None:
    """A lead becomes a contact of an account, and perhaps an opportunity."""
    with org.lock:
        row, moment = org.record(lead), at or org.clock.now()
        account = org.insert("Account", {"Name": row.get("Company"), "OwnerId": row["OwnerId"]}, at=at)
        contact = org.insert(
            "Contact",
            {"AccountId": account, "Name": row["Name"], "LastName": row.get("LastName"), "Email": row.get("Email")},
            at=at,
        )
        org.update(lead, {
            "IsConverted": True, "ConvertedDate": moment.date(), "Status": CONVERTED, "ConvertedAccountId": account,
            "ConvertedContactId": contact, "ConvertedOpportunityId": opportunity,
        }, at=at)  # fmt: skip


def _family(org: Org, id_: str) -> Iterator[str]:
    yield id_
    for name, field in _GOES_WITH.get(org.object_of(id_), ()):
        for row in list(org.tables[name].equal(field, (id_,))):
            yield from _family(org, row["Id"])
