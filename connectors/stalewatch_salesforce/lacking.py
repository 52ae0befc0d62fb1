"""Why an org does not feed a catalogue field, which permission it would take, and what it has that feeds none."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from stalewatch.sdk.connector import SpareField, Unfed, Why
from stalewatch_salesforce.deals import ROLE_FIELDS
from stalewatch_salesforce.fitting import holds
from stalewatch_salesforce.options import Options
from stalewatch_salesforce.org import EMAIL, EVENT, HISTORY, LEAD, OPPORTUNITY, TASK, USER, Org

ACTIVITIES: Final = "Access Activities"
VIEW_ALL: Final = "View All Data"
HIDDEN: Final = "read access to "
ENHANCED: Final = "Enhanced Email"
TOO_LARGE: Final = "OPERATION_TOO_LARGE"
_HEARD: Final = (EMAIL, TASK, EVENT)
_NEEDS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "deal": {
        "team": (USER,), "previous_amount": (HISTORY,), "close_date_pushes": (HISTORY,),
        "last_meeting_at": (EVENT,), "next_meeting_at": (EVENT,), "next_step_due": (TASK,),
        "last_customer_activity_at": _HEARD, "last_seller_activity_at": _HEARD,
        "seller_touches_since_customer": _HEARD,
        **dict.fromkeys(("stakeholders", *(f"roles.{role}" for role in ROLE_FIELDS)), ("OpportunityContactRole",)),
    },
    "lead": {"mql_at": ("LeadHistory",), "handed_off_at": ("LeadHistory",), "first_touch_at": _HEARD},
}  # fmt: skip
"""Objects without which a field cannot be told."""
_FIXED: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "deal": {
        "amount": (OPPORTUNITY, "Amount"), "close_date": (OPPORTUNITY, "CloseDate"),
        "forecast_category": (OPPORTUNITY, "ForecastCategoryName"), "team": (USER, "UserRoleId"),
        "next_step_due": (TASK, "ActivityDate"),
    },
    "lead": {},
}  # fmt: skip
"""Standard fields that field-level security can hide, and what they feed."""
_GRANTS: Final[Mapping[str, str]] = {
    EVENT: ACTIVITIES, TASK: ACTIVITIES, EMAIL: ACTIVITIES, USER: "View All Users", HISTORY: "Opportunity: Read",
    "OpportunityContactRole": "Contact: Read", "LeadHistory": "field history tracking of Lead",
}  # fmt: skip
_OBJECTS: Final = {"deal": OPPORTUNITY, "lead": LEAD}


def permission(org: Org, name: str) -> str:
    """What the integration user lacks to read an object, as Setup calls it."""
    if TOO_LARGE in org.refused.get(name, ""):
        return VIEW_ALL
    return _GRANTS.get(name, f"{name}: Read")


def lacks(
    org: Org, options: Options, told: Mapping[str, Collection[str]], *, is_heard: bool
) -> dict[str, dict[str, list[str]]]:
    """Per object and field that is not fed, the permissions for want of which it is not."""
    types = {"deal": options.deal.types, "lead": options.lead.types}
    found: dict[str, dict[str, list[str]]] = {}
    for name, catalogue in types.items():
        if name == "lead" and catalogue and not org.has(LEAD):
            found[name] = {ours: [permission(org, LEAD)] for ours in catalogue}
            continue
        for ours in catalogue.keys() - told.get(name, ()):
            names = list(dict.fromkeys(_grants(org, name, ours, is_heard=is_heard)))
            if names:
                found.setdefault(name, {})[ours] = names
    return found


def _grants(org: Org, name: str, ours: str, *, is_heard: bool) -> Iterator[str]:
    needed = _NEEDS[name].get(ours, ())
    yield from (permission(org, one) for one in needed if not org.has(one))
    if needed == _HEARD and org.has(EMAIL) and not is_heard:
        yield ENHANCED
    holder, theirs = _FIXED[name].get(ours, ("", ""))
    if org.has(holder) and org.field(holder, theirs) is None:
        yield f"{HIDDEN}{holder}.{theirs} (field-level security)"


def unfed(org: Org, options: Options, told: Mapping[str, Collection[str]], *, is_heard: bool) -> dict[str, list[Unfed]]:
    """Per object, why its fields are not fed; what is simply not mapped is left out."""
    missing = lacks(org, options, told, is_heard=is_heard)
    maps = {"deal": (options.deal.fields, options.deal.types), "lead": (options.lead.fields, options.lead.types)}
    found: dict[str, list[Unfed]] = {}
    for name, (fields, types) in maps.items():
        reasons: dict[str, Unfed] = {}
        for ours in missing.get(name, ()):
            is_unseen = missing[name][ours] == [ENHANCED]
            reasons[ours] = Unfed(ours=ours, why=Why.UNSEEN if is_unseen else Why.FORBIDDEN)
        for ours, theirs in fields.items():
            if ours in types and ours not in told.get(name, ()) and org.has(_OBJECTS[name]):
                field = org.field(_OBJECTS[name], theirs)
                why, type_name = (Why.ABSENT, None) if field is None else (Why.MISFIT, field.type)
                reasons[ours] = Unfed(ours=ours, why=why, theirs=theirs, theirs_type=type_name)
        found[name] = list(reasons.values())
    return found


def spare(org: Org, options: Options) -> dict[str, list[SpareField]]:
    """Per object, the org's custom fields that feed nothing yet and could."""
    found: dict[str, list[SpareField]] = {}
    for name, fields in (("deal", options.deal.fields), ("lead", options.lead.fields)):
        described = org.objects.get(_OBJECTS[name])
        taken = {theirs.casefold() for theirs in fields.values()}
        found[name] = [
            SpareField(name=one.name, label=one.label or one.name, type=one.type, holds=into)
            for one in (described.fields if described else ())
            if one.custom and one.name.casefold() not in taken and (into := holds(one))
        ]
    return found
