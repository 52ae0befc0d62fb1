"""What a new org has before anybody changes it: picklists, relationships, and fields younger than our field list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A value of Opportunity.StageName and what follows from it."""

    name: str
    probability: int
    forecast: str = "Pipeline"
    is_closed: bool = False
    is_won: bool = False


STAGES: Final = (
    Stage(name="Prospecting", probability=10),
    Stage(name="Qualification", probability=10),
    Stage(name="Needs Analysis", probability=20),
    Stage(name="Value Proposition", probability=50),
    Stage(name="Id. Decision Makers", probability=60),
    Stage(name="Perception Analysis", probability=70),
    Stage(name="Proposal/Price Quote", probability=75),
    Stage(name="Negotiation/Review", probability=90),
    Stage(name="Closed Won", probability=100, forecast="Closed", is_closed=True, is_won=True),
    Stage(name="Closed Lost", probability=0, forecast="Omitted", is_closed=True),
)
LEAD_STATUSES: Final = ("Open - Not Contacted", "Working - Contacted", "Closed - Converted", "Closed - Not Converted")
CONVERTED: Final = "Closed - Converted"
TASK_STATUSES: Final = ("Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred")
COMPLETED: Final = "Completed"

FORECASTS: Final = {
    "Omitted": "Omitted", "Pipeline": "Pipeline", "Best Case": "BestCase", "Most Likely": "MostLikely",
    "Commit": "Forecast", "Closed": "Closed",
}  # fmt: skip
"""ForecastCategoryName -> ForecastCategory."""

PICKLISTS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "Opportunity": {
        "StageName": tuple(stage.name for stage in STAGES),
        "Type": (
            "Existing Customer - Upgrade", "Existing Customer - Replacement", "Existing Customer - Downgrade",
            "New Customer",
        ),
        "LeadSource": ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other"),
        "ForecastCategoryName": tuple(FORECASTS),
    },
    "OpportunityContactRole": {
        "Role": (
            "Business User", "Decision Maker", "Economic Buyer", "Economic Decision Maker", "Evaluator",
            "Executive Sponsor", "Influencer", "Technical Buyer", "Other",
        ),
    },
    "Task": {
        "Status": TASK_STATUSES,
        "Priority": ("High", "Normal", "Low"),
        "TaskSubtype": ("Task", "Email", "ListEmail", "Cadence", "Call", "LinkedIn"),
        "CallType": ("Internal", "Inbound", "Outbound"),
    },
    "Event": {"ShowAs": ("Busy", "OutOfOffice", "Free"), "EventSubtype": ("Event",)},
    "EventRelation": {"Status": ("New", "Declined", "Accepted", "Uninvited", "Maybe")},
    "Lead": {
        "Status": LEAD_STATUSES,
        "LeadSource": ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other"),
        "Rating": ("Hot", "Warm", "Cold"),
    },
    "Account": {"Type": ("Prospect", "Customer - Direct", "Customer - Channel", "Technology Partner", "Other")},
    "EmailMessage": {"Status": ("0", "1", "2", "3", "4", "5")},  # new, read, replied, sent, forwarded, draft
}  # fmt: skip

YOUNGER: Final[dict[str, dict[str, str]]] = {
    "Opportunity": {"LastStageChangeDate": "DateString | null", "RecordTypeId": "string | null"},
    "OpportunityHistory": {"PrevAmount": "number | null", "PrevCloseDate": "DateString | null"},
    "Task": {"CompletedDateTime": "DateString | null"},
    "EventRelation": {"IsWhat": "boolean", "IsParent": "boolean", "IsInvitee": "boolean"},
    "Lead": {"RecordTypeId": "string | null"},
    "RecordType": {
        "Id": "string", "Name": "string", "DeveloperName": "string", "SobjectType": "string", "IsActive": "boolean",
        "Description": "string | null", "CreatedDate": "DateString", "CreatedById": "string",
        "LastModifiedDate": "DateString", "LastModifiedById": "string", "SystemModstamp": "DateString",
    },
    "UserRole": {
        "Id": "string", "Name": "string", "DeveloperName": "string", "ParentRoleId": "string | null",
        "LastModifiedDate": "DateString", "LastModifiedById": "string", "SystemModstamp": "DateString",
    },
}  # fmt: skip
"""Fields and objects that the public field list lacks; in its words for types."""

REFERENCES: Final[dict[str, tuple[str, ...]]] = {
    "AccountId": ("Account",), "ActivityId": ("Task",), "ContactId": ("Contact",),
    "ConvertedAccountId": ("Account",), "ConvertedContactId": ("Contact",), "ConvertedOpportunityId": ("Opportunity",),
    "CreatedById": ("User",), "EmailMessageId": ("EmailMessage",), "EventId": ("Event",),
    "LastModifiedById": ("User",), "LeadId": ("Lead",), "ManagerId": ("User",), "OpportunityId": ("Opportunity",),
    "OwnerId": ("User",), "ParentRoleId": ("UserRole",), "RecordTypeId": ("RecordType",),
    "RelatedToId": ("Account", "Opportunity"), "RelationId": ("Contact", "Lead", "User", "Account", "Opportunity"),
    "ReplyToEmailMessageId": ("EmailMessage",), "UserRoleId": ("UserRole",), "WhatId": ("Account", "Opportunity"),
    "WhoId": ("Contact", "Lead"),
}  # fmt: skip
"""Which objects a field may point to; the relationship is called as the field is, without Id."""

QUEUE_OWNED: Final = frozenset({"Lead", "Task", "Event"})
"""Objects that a queue (a Group) may own."""

CHILDREN: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "Opportunity": {
        "OpportunityHistories": ("OpportunityHistory", "OpportunityId"),
        "Histories": ("OpportunityFieldHistory", "OpportunityId"),
        "OpportunityContactRoles": ("OpportunityContactRole", "OpportunityId"),
        "Tasks": ("Task", "WhatId"),
        "Events": ("Event", "WhatId"),
        "Emails": ("EmailMessage", "RelatedToId"),
    },
    "Account": {
        "Contacts": ("Contact", "AccountId"),
        "Opportunities": ("Opportunity", "AccountId"),
        "Tasks": ("Task", "WhatId"),
        "Events": ("Event", "WhatId"),
        "Emails": ("EmailMessage", "RelatedToId"),
    },
    "Contact": {
        "OpportunityContactRoles": ("OpportunityContactRole", "ContactId"),
        "Tasks": ("Task", "WhoId"),
        "Events": ("Event", "WhoId"),
        "EventRelations": ("EventRelation", "RelationId"),
        "EmailMessageRelations": ("EmailMessageRelation", "RelationId"),
    },
    "Lead": {
        "Histories": ("LeadHistory", "LeadId"),
        "Tasks": ("Task", "WhoId"),
        "Events": ("Event", "WhoId"),
        "EventRelations": ("EventRelation", "RelationId"),
        "EmailMessageRelations": ("EmailMessageRelation", "RelationId"),
    },
    "Event": {"EventRelations": ("EventRelation", "EventId")},
    "EmailMessage": {"EmailMessageRelations": ("EmailMessageRelation", "EmailMessageId")},
}
"""Object -> relationship -> (child object, its field)."""

REQUIRED: Final[dict[str, tuple[str, ...]]] = {
    "Account": ("Name",), "Contact": ("LastName",), "Opportunity": ("Name", "StageName", "CloseDate"),
    "Lead": ("LastName", "Company"), "OpportunityContactRole": ("OpportunityId", "ContactId"),
    "EventRelation": ("EventId", "RelationId"), "User": ("LastName", "Username", "Email"),
}  # fmt: skip
LOGS: Final = frozenset({"OpportunityHistory", "OpportunityFieldHistory", "LeadHistory"})
"""Objects that only Salesforce itself writes."""
