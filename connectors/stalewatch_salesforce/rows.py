"""The rows that we read, with exactly the fields that something is made of. What a server leaves out is None."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")
Text = str | None
Flag = bool | None
Time = datetime | None
"""Salesforce writes 2026-03-02T12:00:00.000+0000; msgspec reads it."""


class Row(msgspec.Struct, kw_only=True, gc=False, omit_defaults=True):
    """What every row has."""

    Id: str
    IsDeleted: Flag = None
    SystemModstamp: Time = None


class Records(msgspec.Struct, Generic[T], kw_only=True):
    """A piece of an answer: of a query, or of the children inside a row."""

    records: list[T]
    done: bool = True
    nextRecordsUrl: Text = None  # noqa: N815  # the name is Salesforce's
    totalSize: int = 0  # noqa: N815


class ContactRole(Row, kw_only=True):
    """Who plays which part in an opportunity."""

    OpportunityId: Text = None
    ContactId: Text = None
    Role: Text = None


class Visit(Row, kw_only=True):
    """A row of OpportunityHistory: how an opportunity was from then on."""

    OpportunityId: Text = None
    StageName: Text = None
    Amount: Decimal | None = None
    CloseDate: Text = None
    ForecastCategory: Text = None
    CurrencyIsoCode: Text = None
    CreatedDate: Time = None


class Opportunity(Row, kw_only=True):
    """An opportunity; mapped fields of the org are added when it has been described."""

    Name: Text = None
    OwnerId: Text = None
    StageName: Text = None
    Amount: Decimal | None = None
    CloseDate: Text = None
    NextStep: Text = None
    Type: Text = None
    IsClosed: Flag = None
    IsWon: Flag = None
    ForecastCategoryName: Text = None
    CreatedDate: Time = None
    LastModifiedDate: Time = None
    LastStageChangeDate: Time = None
    CurrencyIsoCode: Text = None
    RecordTypeId: Text = None
    OpportunityContactRoles: Records[ContactRole] | None = None
    OpportunityHistories: Records[Visit] | None = None


class Attendee(Row, kw_only=True):
    """A row of EventRelation."""

    EventId: Text = None
    RelationId: Text = None
    Status: Text = None


class Event(Row, kw_only=True):
    """A meeting."""

    WhatId: Text = None
    WhoId: Text = None
    Subject: Text = None
    IsAllDayEvent: Flag = None
    ActivityDate: Text = None
    StartDateTime: Time = None
    EndDateTime: Time = None
    IsChild: Flag = None
    IsRecurrence: Flag = None
    IsPrivate: Flag = None
    CreatedById: Text = None
    CreatedDate: Time = None
    EventRelations: Records[Attendee] | None = None


class Task(Row, kw_only=True):
    """A task, a call, or the shadow of a mail."""

    WhatId: Text = None
    WhoId: Text = None
    Subject: Text = None
    IsClosed: Flag = None
    ActivityDate: Text = None
    TaskSubtype: Text = None
    CallType: Text = None
    CallDisposition: Text = None
    CompletedDateTime: Time = None
    IsRecurrence: Flag = None
    CreatedById: Text = None
    CreatedDate: Time = None


class Correspondent(Row, kw_only=True):
    """A row of EmailMessageRelation."""

    EmailMessageId: Text = None
    RelationId: Text = None
    RelationType: Text = None
    RelationAddress: Text = None


class Email(Row, kw_only=True):
    """A mail; never its text."""

    RelatedToId: Text = None
    Incoming: Flag = None
    Status: Text = None
    MessageDate: Time = None
    CreatedDate: Time = None
    FromAddress: Text = None
    Subject: Text = None
    Headers: Text = None
    EmailMessageRelations: Records[Correspondent] | None = None


class Role(msgspec.Struct):
    """The role of a user in the hierarchy."""

    Name: Text = None


class User(Row, kw_only=True):
    """Somebody who can own records."""

    Name: Text = None
    Email: Text = None
    IsActive: Flag = None
    ManagerId: Text = None
    UserRole: Role | None = None
    TimeZoneSidKey: Text = None
    LanguageLocaleKey: Text = None
    UserType: Text = None


class LeadChange(Row, kw_only=True):
    """A row of LeadHistory."""

    Field: Text = None
    OldValue: Any = None
    NewValue: Any = None
    CreatedDate: Time = None


class Lead(Row, kw_only=True):
    """A lead; mapped fields of the org are added when it has been described."""

    Name: Text = None
    Status: Text = None
    OwnerId: Text = None
    LeadSource: Text = None
    IsConverted: Flag = None
    MasterRecordId: Text = None
    CreatedDate: Time = None
    LastModifiedDate: Time = None
    Histories: Records[LeadChange] | None = None


class OnlyId(msgspec.Struct):
    """A row of which only the id was asked."""

    Id: str


class Stage(msgspec.Struct):
    """A row of OpportunityStage."""

    MasterLabel: str
    ApiName: Text = None
    IsActive: Flag = None
    IsClosed: Flag = None


class CurrencyRate(msgspec.Struct):
    """A row of CurrencyType: how many units of it one unit of the org's own currency is."""

    IsoCode: str
    ConversionRate: float


class DatedRate(CurrencyRate, kw_only=True):
    """A row of DatedConversionRate: the same from a day on; the next one begins where it ends."""

    StartDate: Text = None


class Organization(msgspec.Struct):
    """The org itself."""

    TimeZoneSidKey: Text = None
