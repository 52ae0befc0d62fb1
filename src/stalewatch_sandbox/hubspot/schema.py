"""The properties of each kind of object: those that HubSpot defines, and those that a company added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from stalewatch_sandbox.hubspot.kinds import KINDS, Kind


class Type(StrEnum):
    """What a property holds. On the wire every value is a string."""

    STRING = "string"
    NUMBER = "number"
    DATETIME = "datetime"
    DATE = "date"
    BOOL = "bool"
    ENUMERATION = "enumeration"


@dataclass(frozen=True, slots=True)
class Property:
    """A property's definition.

    Attributes:
        options: the values that an enumeration may have, with their labels; none given: any.
        is_calculated: HubSpot fills it in, and nobody else may.
        is_several: several options may be ticked; they are told with semicolons between them.
    """

    name: str
    type: Type
    label: str
    options: tuple[tuple[str, str], ...] = ()
    is_calculated: bool = False
    is_own: bool = False
    is_several: bool = False


_COMMON: Final = (
    "hs_object_id*:number hs_merged_object_ids*:string hubspot_owner_id:enumeration hs_createdate*:datetime"
)
_MODIFIED: Final = " hs_lastmodifieddate*:datetime"
_STANDARD: Final[Mapping[str, str]] = {
    "deals": (
        "dealname:string dealstage:enumeration pipeline:enumeration amount:number amount_in_home_currency*:number"
        " closedate:datetime createdate:datetime hs_is_closed*:bool hs_is_closed_won*:bool hs_is_closed_lost*:bool"
        " hs_next_step:string closed_lost_reason:string closed_won_reason:string deal_currency_code:string"
        " dealtype:string hs_priority:string hs_manual_forecast_category:string hs_forecast_amount*:number"
        " hs_deal_stage_probability*:number hs_v2_date_entered_current_stage*:datetime description:string"
        " notes_last_updated*:datetime notes_last_contacted*:datetime"
    ),
    "contacts": (
        "firstname:string lastname:string email:string jobtitle:string company:string phone:string"
        " createdate*:datetime lastmodifieddate*:datetime hs_buying_role:enumeration lifecyclestage:string"
        " hs_v2_date_entered_marketingqualifiedlead*:datetime hs_v2_date_entered_salesqualifiedlead*:datetime"
    ),
    "leads": (
        "hs_lead_name:string hs_pipeline:enumeration hs_pipeline_stage:enumeration hs_lead_type:string"
        " hs_lead_label:string hs_lead_is_open*:bool hs_lead_disqualification_reason:string hs_lead_source:string"
        " hs_v2_date_entered_current_stage*:datetime"
    ),
    "meetings": (
        "hs_timestamp:datetime hs_meeting_title:string hs_meeting_body:string hs_internal_meeting_notes:string"
        " hs_meeting_start_time:datetime hs_meeting_end_time:datetime hs_meeting_outcome:enumeration"
        " hs_activity_type:string hs_meeting_location:string hs_meeting_external_url:string"
    ),
    "emails": (
        "hs_timestamp:datetime hs_email_direction:enumeration hs_email_status:string hs_email_subject:string"
        " hs_email_text:string hs_email_headers:string hs_email_from_email*:string hs_email_to_email*:string"
    ),
    "calls": (
        "hs_timestamp:datetime hs_call_title:string hs_call_body:string hs_call_direction:enumeration"
        " hs_call_disposition:string hs_call_status:enumeration hs_call_duration:number"
    ),
    "tasks": (
        "hs_timestamp:datetime hs_task_subject:string hs_task_body:string hs_task_status:enumeration"
        " hs_task_priority:enumeration hs_task_type:enumeration hs_task_completion_date*:datetime"
    ),
    "notes": "hs_timestamp:datetime hs_note_body:string",
}
_OPTIONS: Final[Mapping[str, str]] = {
    "hs_buying_role": "BLOCKER BUDGET_HOLDER CHAMPION DECISION_MAKER END_USER EXECUTIVE_SPONSOR INFLUENCER OTHER",
    "hs_meeting_outcome": "SCHEDULED COMPLETED RESCHEDULED NO_SHOW CANCELED",
    "hs_email_direction": "EMAIL INCOMING_EMAIL FORWARDED_EMAIL",
    "hs_call_direction": "INBOUND OUTBOUND",
    "hs_call_status": "BUSY CALLING_CRM_USER CANCELED COMPLETED CONNECTING FAILED IN_PROGRESS NO_ANSWER QUEUED RINGING",
    "hs_task_status": "COMPLETED DEFERRED IN_PROGRESS NOT_STARTED WAITING",
    "hs_task_priority": "LOW MEDIUM HIGH",
    "hs_task_type": "EMAIL CALL TODO LINKED_IN MEETING",
}
_REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "deals": ("dealname",),
    "meetings": ("hs_timestamp",),
    "emails": ("hs_timestamp", "hs_email_direction"),
    "calls": ("hs_timestamp",),
    "tasks": ("hs_timestamp",),
    "notes": ("hs_timestamp",),
    "leads": ("hs_lead_name",),
    "contacts": (),
}


def _label(name: str) -> str:
    return name.removeprefix("hs_").replace("_", " ").capitalize()


def _property(said: str) -> Property:
    name, _, kind = said.partition(":")
    plain = name.rstrip("*")
    options = tuple((word, _label(word.lower())) for word in _OPTIONS.get(plain, "").split())
    return Property(plain, Type(kind), _label(plain), options, is_calculated=name.endswith("*"))


class Schema:
    """Which properties there are, kind by kind."""

    def __init__(self) -> None:
        self._of: dict[str, dict[str, Property]] = {kind.name: _standard(kind) for kind in KINDS}
        self.required = dict(_REQUIRED)

    def of(self, kind: Kind) -> Mapping[str, Property]:
        """All properties of a kind by name."""
        return self._of[kind.name]

    def add(self, kind: Kind, *properties: Property) -> None:
        """Define properties, or define them anew."""
        self._of[kind.name].update((one.name, one) for one in properties)

    def add_own(self, kind: Kind, name: str, type_: Type, label: str = "", options: tuple[str, ...] = ()) -> None:
        """Define a property of the company's own."""
        pairs = tuple((option, _label(option)) for option in options)
        self.add(kind, replace(Property(name, type_, label or _label(name)), options=pairs, is_own=True))

    def tick_several(self, kind: Kind, name: str) -> None:
        """Let several options of a property be ticked."""
        self.add(kind, replace(self._of[kind.name][name], is_several=True))

    def forget(self, kind: Kind, name: str) -> None:
        """Delete a property's definition; unknown ones are none already."""
        self._of[kind.name].pop(name, None)


def _standard(kind: Kind) -> dict[str, Property]:
    said = f"{_COMMON}{_MODIFIED} {_STANDARD[kind.name]}".split()
    return {one.name: one for one in map(_property, said)}
