"""The kinds of objects that a HubSpot portal keeps, with the names, numbers and permissions of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object.

    Attributes:
        name: as paths say it, in the plural; `type_id` may stand in its place.
        label: as messages say it, in the singular.
        created, modified: the properties that hold these moments; contacts have names of their own.
        shown: properties that are answered when nobody asks for any.
        read_scope, write_scope: what a token needs.
        searched: properties that the free-text `query` looks into.
    """

    name: str
    type_id: str
    label: str
    created: str
    modified: str
    shown: tuple[str, ...]
    read_scope: str
    write_scope: str
    searched: tuple[str, ...]


def _activity(name: str, type_id: str, label: str, searched: tuple[str, ...], read: str = "") -> Kind:
    return Kind(
        name=name,
        type_id=type_id,
        label=label,
        created="hs_createdate",
        modified="hs_lastmodifieddate",
        shown=("hs_createdate", "hs_lastmodifieddate", "hs_object_id"),
        read_scope=read or "crm.objects.contacts.read",
        write_scope="crm.objects.contacts.write",
        searched=searched,
    )


DEALS: Final = Kind(
    name="deals",
    type_id="0-3",
    label="DEAL",
    created="createdate",
    modified="hs_lastmodifieddate",
    shown=(
        "amount", "closedate", "createdate", "dealname", "dealstage", "hs_lastmodifieddate", "hs_object_id", "pipeline",
    ),
    read_scope="crm.objects.deals.read",
    write_scope="crm.objects.deals.write",
    searched=("dealname",),
)  # fmt: skip
CONTACTS: Final = Kind(
    name="contacts",
    type_id="0-1",
    label="CONTACT",
    created="createdate",
    modified="lastmodifieddate",
    shown=("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
    read_scope="crm.objects.contacts.read",
    write_scope="crm.objects.contacts.write",
    searched=("firstname", "lastname", "email"),
)
LEADS: Final = Kind(
    name="leads",
    type_id="0-136",
    label="LEAD",
    created="hs_createdate",
    modified="hs_lastmodifieddate",
    shown=("hs_createdate", "hs_lastmodifieddate", "hs_object_id"),
    read_scope="crm.objects.leads.read",
    write_scope="crm.objects.leads.write",
    searched=("hs_lead_name",),
)
KINDS: Final = (
    DEALS,
    CONTACTS,
    LEADS,
    _activity("meetings", "0-47", "MEETING_EVENT", ("hs_meeting_title",)),
    _activity("emails", "0-49", "EMAIL", ("hs_email_subject",), "sales-email-read"),
    _activity("calls", "0-48", "CALL", ("hs_call_title",)),
    _activity("tasks", "0-27", "TASK", ("hs_task_subject",)),
    _activity("notes", "0-46", "NOTE", ("hs_note_body",)),
)
_BY_NAME: Final = {
    spelled: kind
    for kind in KINDS
    for spelled in (kind.name, kind.name.removesuffix("s"), kind.type_id, kind.label.lower())
}


def kind_called(spelled: str) -> Kind | None:
    """The kind that a path names: "deals", "deal" or "0-3"; None if there is none."""
    return _BY_NAME.get(spelled.lower())


_LINKS: Final = {
    ("deals", "contacts"): 3, ("contacts", "deals"): 4,
    ("emails", "deals"): 210, ("deals", "emails"): 209,
    ("meetings", "deals"): 212, ("deals", "meetings"): 211,
    ("calls", "deals"): 206, ("deals", "calls"): 205,
    ("tasks", "deals"): 216, ("deals", "tasks"): 215,
    ("notes", "deals"): 214, ("deals", "notes"): 213,
    ("emails", "contacts"): 198, ("contacts", "emails"): 197,
    ("meetings", "contacts"): 200, ("contacts", "meetings"): 199,
    ("calls", "contacts"): 194, ("contacts", "calls"): 193,
    ("tasks", "contacts"): 204, ("contacts", "tasks"): 203,
    ("notes", "contacts"): 202, ("contacts", "notes"): 201,
    ("leads", "contacts"): 578, ("contacts", "leads"): 579,
    ("leads", "deals"): 583, ("deals", "leads"): 584,
    ("leads", "calls"): 596, ("calls", "leads"): 595,
    ("leads", "emails"): 598, ("emails", "leads"): 597,
    ("leads", "meetings"): 600, ("meetings", "leads"): 599,
    ("leads", "notes"): 854, ("notes", "leads"): 855,
    ("leads", "tasks"): 646, ("tasks", "leads"): 647,
}  # fmt: skip


def link_type(of: Kind, to: Kind) -> int | None:
    """The number of the plain association from one kind to another; None if the two cannot be associated."""
    return _LINKS.get((of.name, to.name))
