"""What is asked: kinds of objects, their properties, and bodies of searches. Names come from here or from a check."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from stalewatch_hubspot.options import VERSION

PAGE: Final = 200
BATCH: Final = 100
HISTORY_BATCH: Final = 50
LINKS_BATCH: Final = 1_000
LONGEST: Final = 2_900
"""Characters of a search's body; HubSpot refuses more than 3,000."""
_EVER: Final = 4_102_444_800_000
"""The end of a window that has none: the year 2100."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object: its name in paths, and the properties that are always read.

    Attributes:
        modified: the property that says when it last changed; contacts have a name of their own.
    """

    name: str
    properties: tuple[str, ...]
    modified: str = "hs_lastmodifieddate"


DEALS: Final = Kind("deals", (
    "dealname", "dealstage", "pipeline", "amount", "closedate", "createdate", "hubspot_owner_id",
    "hs_lastmodifieddate", "hs_is_closed", "hs_is_closed_won", "hs_v2_date_entered_current_stage",
    "hs_merged_object_ids", "deal_currency_code", "amount_in_home_currency",
))  # fmt: skip
MEETINGS: Final = Kind("meetings", (
    "hs_timestamp", "hs_meeting_start_time", "hs_meeting_end_time", "hs_meeting_outcome", "hs_lastmodifieddate",
))  # fmt: skip
EMAILS: Final = Kind("emails", (
    "hs_timestamp", "hs_email_direction", "hs_email_status", "hs_email_subject", "hs_email_headers",
    "hs_email_from_email", "hs_lastmodifieddate",
))  # fmt: skip
CALLS: Final = Kind("calls", (
    "hs_timestamp", "hs_call_direction", "hs_call_disposition", "hs_call_status", "hs_lastmodifieddate",
))  # fmt: skip
TASKS: Final = Kind("tasks", ("hs_timestamp", "hs_task_status", "hs_lastmodifieddate"))
LEADS: Final = Kind("leads", (
    "hs_lead_name", "hs_pipeline", "hs_pipeline_stage", "hubspot_owner_id", "hs_createdate", "hs_lastmodifieddate",
))  # fmt: skip
DIRECTION: Final = "hs_email_direction"
"""Of a mail: who wrote to whom; every mail has one."""
LIFECYCLE: Final = "hs_v2_date_entered_marketingqualifiedlead"
"""Of a contact: when it came into the lifecycle stage of leads that marketing has qualified."""
CONTACTS: Final = Kind(
    "contacts", ("email", "hs_buying_role", "hs_merged_object_ids", "lastmodifieddate"), "lastmodifieddate"
)
ACTIVITIES: Final = (MEETINGS, EMAILS, CALLS, TASKS)
SCOPES: Final = {
    "deals": "crm.objects.deals.read", "emails": "sales-email-read", "leads": "crm.objects.leads.read",
    "owners": "crm.objects.owners.read",
}  # fmt: skip
"""The scope that a kind needs; the others need that of contacts."""
CONTACT_SCOPE: Final = "crm.objects.contacts.read"

Filters = Sequence[dict[str, Any]]
OPEN: Final[Filters] = ({"propertyName": "hs_is_closed", "operator": "EQ", "value": "false"},)


def path(area: str, *rest: str) -> str:
    """The path of something under /crm."""
    return "/".join(("/crm", area, VERSION, *rest))


ACCOUNT: Final = f"/account-info/{VERSION}/details"


def modified(kind: Kind, low: int, high: int | None) -> Filters:
    """Records that changed in a window of milliseconds; None: to this moment."""
    bounds = {"value": str(low), "highValue": str(_EVER if high is None else high)}
    return ({"propertyName": kind.modified, "operator": "BETWEEN", **bounds},)


def search(filters: Filters, properties: Iterable[str], last: str) -> dict[str, Any]:
    """The body of a search: the next page of those after an id, in the order of ids."""
    beyond = {"propertyName": "hs_object_id", "operator": "GT", "value": last}
    return {
        "limit": PAGE,
        "after": "0",
        "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
        "properties": list(properties),
        "filterGroups": [{"filters": [*filters, beyond]}],
    }


def inputs(ids: Iterable[str], **more: object) -> dict[str, Any]:
    """The body of a batch."""
    return {"inputs": [{"id": id_} for id_ in ids], **more}
