"""Which catalogue fields an org feeds. What may not be read, or is not recorded there, is not among them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from stalewatch.sdk.connector import Description, FieldInfo
from stalewatch_salesforce.deals import ROLE_FIELDS
from stalewatch_salesforce.fitting import Fit, choices, fit
from stalewatch_salesforce.lacking import lacks, spare, unfed
from stalewatch_salesforce.mapping import Words, forecast_of
from stalewatch_salesforce.options import Options
from stalewatch_salesforce.org import CHANGES, EMAIL, EVENT, HISTORY, LEAD, OPPORTUNITY, ROLES, TASK, USER, Org

_CORE: Final = {
    "name": ("Name", "text"), "created_at": ("CreatedDate", "datetime"), "owner": ("OwnerId", "person"),
    "stage": ("StageName", "choice"), "amount": ("Amount", "money"), "close_date": ("CloseDate", "date"),
    "forecast_category": ("ForecastCategoryName", "choice"), "is_open": ("IsClosed", "bool"),
}  # fmt: skip
_LEAD_CORE: Final = {
    "name": ("Name", "text"), "created_at": ("CreatedDate", "datetime"), "owner": ("OwnerId", "person"),
    "status": ("Status", "choice"), "is_open": ("IsConverted", "bool"), "accepted": ("IsConverted", "bool"),
}  # fmt: skip
_MAIL_FIELDS: Final = {
    "last_customer_activity_at": "datetime", "last_seller_activity_at": "datetime",
    "seller_touches_since_customer": "int",
}  # fmt: skip
_OPEN_TASK: Final = ("ActivityDate", "IsClosed", "WhatId")
"""Without one of these nobody can tell by when something is to be done, on which deal."""


def describe(org: Org, options: Options, *, reads_leads: bool = True) -> Description:
    """What this org feeds."""
    fields = {"deal": list(_unique(_deal_fields(org, options)))}
    if reads_leads:  # without its permission none of their fields is fed, and the rules that ask for them cannot judge
        fields["lead"] = list(_unique(_lead_fields(org, options))) if org.has(LEAD) else []
    told = {name: {info.ours for info in infos} for name, infos in fields.items()}
    return Description(
        fields=fields,
        logs_meeting_outcomes=False,
        missing=lacks(org, options, told, is_heard=sees_mails(org)),
        unfed=unfed(org, options, told, is_heard=sees_mails(org)),
        spare=spare(org, options),
    )


def sees_mails(org: Org) -> bool:
    """Whether mails can be evidence: they may be read, and some came in. Einstein Activity Capture keeps none."""
    return org.has(EMAIL) and org.mails_seen is True


def _deal_fields(org: Org, options: Options) -> Iterator[FieldInfo]:
    chosen = {"stage": options.deal.stages, "forecast_category": options.deal.forecasts}
    for ours, (theirs, type_name) in _CORE.items():
        if ours not in options.deal.fields and org.field(OPPORTUNITY, theirs):
            yield _info(org, OPPORTUNITY, ours, theirs, type_name, chosen.get(ours, {}))
    record_type = org.field(OPPORTUNITY, "RecordTypeId") and org.record_types
    yield _info(org, OPPORTUNITY, "pipeline", "RecordTypeId" if record_type else "Type", "choice", {})
    yield from _mapped(org, OPPORTUNITY, options.deal.fields, options.deal.types, options.deal.values)
    if org.field(USER, "UserRoleId"):
        yield FieldInfo(ours="team", theirs="User.UserRole.Name", type="text")
    yield from _history(org, options.deal.fields)
    yield from _evidence(org)
    if org.has_children(OPPORTUNITY, ROLES):
        for role in ROLE_FIELDS:
            yield FieldInfo(ours=f"roles.{role}", theirs="OpportunityContactRole.Role", type="int")
        yield FieldInfo(ours="stakeholders", theirs="OpportunityContactRole, EventRelation", type="int")


def _mapped(
    org: Org, name: str, fields: Mapping[str, str], types: Mapping[str, str], values: Mapping[str, Words]
) -> Iterator[FieldInfo]:
    for ours, theirs in fields.items():
        if ours in types and org.feeding(name, theirs, types[ours]):
            yield _info(org, name, ours, theirs, types[ours], values.get(ours, {}))


def _history(org: Org, mapped: Collection[str]) -> Iterator[FieldInfo]:
    """What the history tells; it knows nothing of a field that is mapped in place of the usual one."""
    source = HISTORY if org.has(HISTORY) else "LastStageChangeDate"
    yield FieldInfo(ours="stage_entered_at", theirs=source, type="datetime")
    if org.has(HISTORY) and "amount" not in mapped:
        yield FieldInfo(ours="previous_amount", theirs=HISTORY, type="money")
    if org.has(HISTORY) and "close_date" not in mapped:
        yield FieldInfo(ours="close_date_pushes", theirs=HISTORY, type="int")


def _evidence(org: Org) -> Iterator[FieldInfo]:
    if org.has(EVENT):
        yield FieldInfo(ours="last_meeting_at", theirs=EVENT, type="datetime")
        yield FieldInfo(ours="next_meeting_at", theirs=EVENT, type="datetime")
    if sees_mails(org) and org.has(TASK) and org.has(EVENT):
        for ours, type_name in _MAIL_FIELDS.items():
            yield FieldInfo(ours=ours, theirs=f"{EMAIL}, {TASK}, {EVENT}", type=type_name)
    if all(org.field(TASK, name) for name in _OPEN_TASK):
        yield FieldInfo(ours="next_step_due", theirs=f"{TASK}.ActivityDate", type="date", folded=True)


def _lead_fields(org: Org, options: Options) -> Iterator[FieldInfo]:
    for ours, (theirs, type_name) in _LEAD_CORE.items():
        if org.field(LEAD, theirs):
            words = options.lead.values["status"] if ours == "status" else {}
            yield _info(org, LEAD, ours, theirs, type_name, words)
    yield from _mapped(org, LEAD, options.lead.fields, options.lead.types, options.lead.values)
    if org.has_children(LEAD, CHANGES):
        yield FieldInfo(ours="mql_at", theirs="LeadHistory.Status", type="datetime")
        yield FieldInfo(ours="handed_off_at", theirs="LeadHistory.Owner", type="datetime")
    if sees_mails(org) and org.has(TASK) and org.has(EVENT):
        yield FieldInfo(ours="first_touch_at", theirs=f"{EMAIL}, {TASK}, {EVENT}", type="datetime", folded=True)


def _info(org: Org, name: str, ours: str, theirs: str, type_name: str, words: Words) -> FieldInfo:
    field, sample = org.field(name, theirs), org.samples.get(name, [])
    theirs = field.name if field else theirs
    told = [cell for row in sample if (cell := row.get(theirs)) not in (None, "")]
    values = choices(field, words) if field and type_name in ("choice", "text") else None
    if values is not None and ours == "forecast_category":
        values = tuple(dict.fromkeys(one for value in values if (one := forecast_of({}, value)) is not None))
    return FieldInfo(
        ours=ours,
        theirs=theirs,
        type=type_name,
        fill_rate=len(told) / len(sample) if sample and theirs in sample[0] else None,
        example=_shown(told[0]) if told else None,
        theirs_type=field.type if field else None,
        choices=values,
        is_loose=field is not None and fit(field, type_name) is Fit.LOOSELY,
    )


def _shown(cell: Any) -> str:
    return str(cell).lower() if isinstance(cell, bool) else str(cell)[:80]


def _unique(infos: Iterator[FieldInfo]) -> Iterator[FieldInfo]:
    """The first of each name: a mapped field wins over what is derived."""
    seen: set[str] = set()
    for info in infos:
        if info.ours not in seen:
            seen.add(info.ours)
            yield info
