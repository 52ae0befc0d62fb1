"""Cases of the catalogue that are no failure but a way in which data lie there: arming one writes it into the org.

Each is told about one opportunity; without a name it is the first open one. They are written at the clock's present.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from stalewatch_sandbox.salesforce import removal
from stalewatch_sandbox.salesforce.schema import Field
from stalewatch_sandbox.salesforce.table import Row
from stalewatch_sandbox.serving.exchange import Request
from stalewatch_sandbox.serving.faults import Catalogue, Fault

if TYPE_CHECKING:
    from stalewatch_sandbox.salesforce.org import Org
    from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox

OUT_OF_OFFICE: Final = "Auto-Submitted: auto-replied\r\nX-Auto-Response-Suppress: All\r\n"
ODD_NAME: Final = "\U0001f41f\u202e " + "\u5b57" * 1_000 + " \u0000 9007199254740993 <!channel> & <@U1>"
"""An emoji, a mark that turns the writing round, a NUL, more than a screen holds, and what Slack would obey."""


class NothingToTell(LookupError):
    """The org has no open opportunity that a scene could be about."""


def scenes(sandbox: SalesforceSandbox) -> Catalogue:
    """Every scene of one sandbox."""
    written = {
        "SF30": recalculate, "SF34": merge_contacts, "SF35": edit_amount, "SF38": date_history_back,
        "SF39": plan_far_ahead, "SF40": mail_arrives, "SF41": nobody_is_there, "SF43": meeting_is_off,
        "SF45": met_long_ago, "SF49": owner_leaves, "X05": odd_name,
    }  # fmt: skip
    return {case: _scene(sandbox, write) for case, write in written.items()}


def recalculate(org: Org, deal: Row, *, field: str = "Score__c", value: float = 1.0) -> None:
    """SF30: a formula field, made if need be, has another value, and the stamp stays."""
    if org.schema.known("Opportunity").field(field) is None:
        org.schema.add_field("Opportunity", Field(name=field, type="double", is_calculated=True), org.clock.now())
    org.recalculate(deal["Id"], {field: value})


def edit_amount(org: Org, deal: Row, *, amount: float = 1.0) -> None:
    """SF35: the amount is edited, which writes a row of history in the same stage."""
    org.update(deal["Id"], {"Amount": amount})


def date_history_back(org: Org, deal: Row, *, days: int = 365) -> None:
    """SF38: a migration writes a row of history that is dated long ago."""
    row = {
        "OpportunityId": deal["Id"],
        "StageName": "Prospecting",
        "CreatedDate": org.clock.now() - timedelta(days=days),
    }
    org.insert("OpportunityHistory", row)


def plan_far_ahead(org: Org, deal: Row, *, days: int = 30) -> None:
    """SF39: an automation plans an event and closes a task, which moves LastActivityDate far ahead."""
    starts = _whole(org) + timedelta(days=days)
    org.insert(
        "Event", {"WhatId": deal["Id"], "OwnerId": deal["OwnerId"], "Subject": "Renewal", "StartDateTime": starts}
    )
    org.insert(
        "Task",
        {"WhatId": deal["Id"], "Subject": "Sent by a robot", "Status": "Completed", "ActivityDate": starts.date()},
    )


def mail_arrives(org: Org, deal: Row, *, sender: str = "buyer@customer.example", headers: str | None = None) -> None:
    """SF40: a mail of the customer; the org shows it a second time, as a task that is done."""
    owner = org.record(deal["OwnerId"])
    org.insert("EmailMessage", {
        "RelatedToId": deal["Id"], "Incoming": True, "Status": "0", "FromAddress": sender, "ToAddress": owner["Email"],
        "Subject": f"Re: {deal['Name']}", "MessageDate": _whole(org), "Headers": headers,
    })  # fmt: skip


def nobody_is_there(org: Org, deal: Row, *, sender: str = "buyer@customer.example") -> None:
    """SF41: an automatic reply comes in, and a mail that the owner forwards to themselves."""
    mail_arrives(org, deal, sender=sender, headers=OUT_OF_OFFICE)
    mail_arrives(org, deal, sender=org.record(deal["OwnerId"])["Email"])


def meeting_is_off(org: Org, deal: Row, *, how: str = "declined", days: int = 3) -> None:
    """SF43: a meeting lies ahead, but everybody of the customer "declined", or the calendar wrote "canceled" on it."""
    subject = "Canceled: Review" if how == "canceled" else "Review"
    starts = _whole(org) + timedelta(days=days)
    contact = org.insert("Contact", {"LastName": "Decliner", "Email": "decliner@customer.example"})
    event = org.insert("Event", {
        "WhatId": deal["Id"], "WhoId": contact, "OwnerId": deal["OwnerId"], "Subject": subject, "StartDateTime": starts,
    })  # fmt: skip
    status = "Declined" if how == "declined" else "Accepted"
    org.insert("EventRelation", {"EventId": event, "RelationId": contact, "Status": status})


def met_long_ago(org: Org, deal: Row, *, days: int = 400) -> None:
    """SF45: the only meeting was so long ago that it is archived."""
    starts, booked = _whole(org) - timedelta(days=days), _whole(org) - timedelta(days=days + 7)
    contact = org.insert("Contact", {"LastName": "Founder", "Email": "founder@customer.example"}, at=booked)
    event = org.insert("Event", {
        "WhatId": deal["Id"], "WhoId": contact, "OwnerId": deal["OwnerId"], "Subject": "Kick-off",
        "StartDateTime": starts, "IsArchived": True,
    }, at=booked)  # fmt: skip
    org.insert("EventRelation", {"EventId": event, "RelationId": contact, "Status": "Accepted"}, at=booked)


def owner_leaves(org: Org, deal: Row) -> None:
    """SF49: the owner is deactivated; the records stay theirs."""
    org.update(deal["OwnerId"], {"IsActive": False})


def odd_name(org: Org, deal: Row, *, name: str = ODD_NAME) -> None:
    """X05: a name that somebody's program typed in."""
    org.update(deal["Id"], {"Name": name})


def merge_contacts(org: Org, deal: Row) -> None:
    """SF34: two contacts of the deal turn out to be one person."""
    roles = org.tables["OpportunityContactRole"].equal("OpportunityId", (deal["Id"],))
    people = list(dict.fromkeys(row["ContactId"] for row in roles))
    if len(people) < 2:
        raise NothingToTell(f"{deal['Name']} has fewer than two contacts")
    removal.merge(org, people[0], people[1])


def _scene(sandbox: SalesforceSandbox, write: Callable[..., None]) -> Callable[..., Fault]:
    def make(opportunity: str | None = None, **options: object) -> Fault:
        def switch() -> Callable[[], None]:
            with sandbox.org.lock:
                write(sandbox.org, _deal(sandbox.org, opportunity), **options)
            return _stays

        return Fault(on=_never, switch=switch, stays=True)

    return make


def _deal(org: Org, id_: str | None) -> Row:
    if id_ is not None:
        return org.record(id_)
    for row in org.tables["Opportunity"]:
        if not row["IsClosed"] and not row["IsDeleted"]:
            return row
    raise NothingToTell("no open opportunity")


def _whole(org: Org) -> datetime:
    return org.clock.now().replace(microsecond=0)


def _never(_: Request) -> bool:
    return False


def _stays() -> None:
    """What was written stays written."""
