"""What is read inside of what: children come with their parent in a query, and as an object of their own in bulk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from stalewatch_salesforce.org import (
    ATTENDEES,
    CHANGES,
    CORRESPONDENTS,
    EMAIL,
    EVENT,
    LEAD,
    OPPORTUNITY,
    ROLES,
)


@dataclass(frozen=True, slots=True)
class Children:
    """Children of an object: how its rows call them, what they are, and by which field they say whose they are."""

    relationship: str
    object: str
    parent: str


CHILDREN: Final[Mapping[str, Children]] = {
    OPPORTUNITY: Children(ROLES, "OpportunityContactRole", "OpportunityId"),
    EVENT: Children(ATTENDEES, "EventRelation", "EventId"),
    EMAIL: Children(CORRESPONDENTS, "EmailMessageRelation", "EmailMessageId"),
    LEAD: Children(CHANGES, "LeadHistory", "LeadId"),
}
"""By the object whose rows they stand in."""
PARENTS: Final = {one.object: name for name, one in CHILDREN.items()}
"""Objects that are read inside of another one, with that one."""
