"""What an org has and what we may read of it: told by `describe`, asked once a day in one call."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from stalewatch_salesforce import queries
from stalewatch_salesforce.fitting import Fit, fit
from stalewatch_salesforce.mapping import plain
from stalewatch_salesforce.rows import (
    Attendee,
    ContactRole,
    Correspondent,
    CurrencyRate,
    DatedRate,
    Email,
    Event,
    Lead,
    LeadChange,
    Opportunity,
    Row,
    Stage,
    Task,
    User,
    Visit,
)

OPPORTUNITY: Final = "Opportunity"
HISTORY: Final = "OpportunityHistory"
EVENT: Final = "Event"
TASK: Final = "Task"
EMAIL: Final = "EmailMessage"
LEAD: Final = "Lead"
USER: Final = "User"
ROLES: Final = "OpportunityContactRoles"
VISITS: Final = "OpportunityHistories"
ATTENDEES: Final = "EventRelations"
CORRESPONDENTS: Final = "EmailMessageRelations"
CHANGES: Final = "Histories"

ROWS: Final[Mapping[str, type[Row]]] = {
    OPPORTUNITY: Opportunity, HISTORY: Visit, EVENT: Event, TASK: Task, EMAIL: Email, LEAD: Lead, USER: User,
    "OpportunityContactRole": ContactRole, "EventRelation": Attendee, "EmailMessageRelation": Correspondent,
    "LeadHistory": LeadChange,
}  # fmt: skip
_CHILDREN: Final[Mapping[str, Mapping[str, str]]] = {
    OPPORTUNITY: {ROLES: "OpportunityContactRole", VISITS: HISTORY},
    EVENT: {ATTENDEES: "EventRelation"},
    EMAIL: {CORRESPONDENTS: "EmailMessageRelation"},
    LEAD: {CHANGES: "LeadHistory"},
}
_REDUNDANT: Final = frozenset({"OpportunityId", "EventId", "EmailMessageId"})
"""Fields of children that their place tells."""
DESCRIBED: Final = tuple(ROWS)


class Value(msgspec.Struct, gc=False):
    """A value of a picklist, as records hold it; its label may be another word."""

    value: str | None = None
    active: bool | None = True
    label: str | None = None


class FieldTold(msgspec.Struct):
    """A field in a describe; a formula has the type of its result."""

    name: str
    type: str = "string"
    label: str | None = None
    calculated: bool = False
    updateable: bool = False
    custom: bool | None = False
    picklistValues: list[Value] | None = None  # noqa: N815  # the names are Salesforce's
    referenceTo: list[str] | None = None  # noqa: N815
    relationshipName: str | None = None  # noqa: N815


class ChildTold(msgspec.Struct):
    """A relationship to children in a describe."""

    childSObject: str  # noqa: N815
    relationshipName: str | None = None  # noqa: N815


class TypeTold(msgspec.Struct):
    """A record type in a describe; every record has the master if nobody made others."""

    recordTypeId: str  # noqa: N815
    name: str | None = None
    developerName: str | None = None  # noqa: N815
    active: bool = True
    master: bool = False


class Described(msgspec.Struct, dict=True):
    """A describe, as far as we read it."""

    fields: list[FieldTold]
    createable: bool = False
    updateable: bool = False
    childRelationships: list[ChildTold] = []  # noqa: N815
    recordTypeInfos: list[TypeTold] | None = None  # noqa: N815

    def field(self, name: str) -> FieldTold | None:
        """A field by its name in whatever case."""
        return self._by_name.get(name.casefold())

    def leads_to(self, relationship: str) -> bool:
        """Whether there are such children."""
        return relationship in self._relationships

    @cached_property
    def _by_name(self) -> dict[str, FieldTold]:
        return {one.name.casefold(): one for one in self.fields}

    @cached_property
    def _relationships(self) -> frozenset[str]:
        return frozenset(one.relationshipName for one in self.childRelationships if one.relationshipName)


@dataclass(slots=True)
class Org:
    """One org as the integration user sees it.

    Attributes:
        objects: what may be read; an object that is missing here may not.
        refused: objects that may not be read, with Salesforce's words.
        mails_seen: whether any mail from outside came in within 30 days; None: nobody can tell.
        record_types: of opportunities: id to its names, as they are compared.
        rates: of every active currency; empty in an org that has but one. dated: those of advanced currency
            management, by which opportunities are converted where it is on.
        zone: of the org; None: nobody can tell.
        givers: users of the teams that hand leads over.
        samples: some opportunities and leads, newest first, to tell how well fields are filled.
        merged: contacts that became another one; None if that was not asked, or not told to its end.
    """

    read_at: datetime
    objects: dict[str, Described] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    stages: list[Stage] = field(default_factory=list)
    record_types: dict[str, tuple[str, ...]] = field(default_factory=dict)
    rates: list[CurrencyRate] = field(default_factory=list)
    dated: list[DatedRate] = field(default_factory=list)
    zone: ZoneInfo | None = None
    mails_seen: bool | None = None
    givers: frozenset[str] = frozenset()
    samples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    merged: dict[str, str] | None = None

    def has(self, name: str) -> bool:
        """Whether an object may be read."""
        return name in self.objects

    def field(self, object_name: str, name: str) -> FieldTold | None:
        """A field that may be read, by its name in whatever case."""
        described = self.objects.get(object_name)
        return described.field(name) if described else None

    def has_children(self, object_name: str, relationship: str) -> bool:
        """Whether a query may ask for these children, and they may be read."""
        described = self.objects.get(object_name)
        child = _CHILDREN.get(object_name, {}).get(relationship)
        return described is not None and child is not None and described.leads_to(relationship) and self.has(child)

    def feeding(self, object_name: str, name: str, wanted: str) -> FieldTold | None:
        """A field that may be read and that can feed a catalogue type; None: there is none, or it holds another."""
        told = self.field(object_name, name)
        return told if told is not None and fit(told, wanted) is not Fit.NOT else None

    def name_record_types(self) -> None:
        """Remember what the record types of opportunities are called."""
        told = [one for one in self.objects[OPPORTUNITY].recordTypeInfos or () if not one.master]
        names = {one.recordTypeId: (one.developerName, one.name) for one in told}
        self.record_types = {id_: tuple(plain(name) for name in both if name) for id_, both in names.items()}


def without(org: Org, missing: Mapping[str, str]) -> Org:
    """The same org as if these objects and fields ("Task", "Opportunity.Pain__c") could not be read.

    Args:
        missing: to each Salesforce's own words, if it said any.
    """
    hidden = {name.casefold() for name in missing}
    left = {name: one for name, one in org.objects.items() if name not in missing or name == OPPORTUNITY}
    for name, described in left.items():
        rest = [one for one in described.fields if f"{name}.{one.name}".casefold() not in hidden]
        if len(rest) < len(described.fields):
            left[name] = msgspec.structs.replace(described, fields=rest)
    words = {name: told for name, told in missing.items() if told}
    return replace(org, objects=left, refused={**org.refused, **words})


def fields_to_read(org: Org, object_name: str, mapped: Collection[str] = ()) -> list[str]:
    """What to select of an object: what rows are made of and describe lists, and mapped fields of the org."""
    known = {one.name.casefold(): one.name for one in org.objects[object_name].fields}
    row, children = ROWS[object_name], _CHILDREN.get(object_name, {})
    wanted = [*(name for name in row.__struct_fields__ if name not in children and name != "UserRole"), *mapped]
    found = dict.fromkeys(known[name.casefold()] for name in wanted if name.casefold() in known)
    parent = org.field(object_name, "UserRoleId")
    return [*found, *(["UserRole.Name"] if parent is not None and object_name == USER else [])]


def selection(org: Org, object_name: str, mapped: Collection[str] = (), children: Collection[str] = ()) -> list[str]:
    """The same with children inside, where they may be read."""
    fields = fields_to_read(org, object_name, mapped)
    for relationship in children:
        if org.has_children(object_name, relationship):
            inner = fields_to_read(org, _CHILDREN[object_name][relationship])
            fields.append(queries.children([name for name in inner if name not in _REDUNDANT], relationship))
    return fields
