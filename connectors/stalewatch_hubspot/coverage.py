"""Which catalogue fields a portal feeds. What the token may not read is not among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from stalewatch.sdk.connector import Description, FieldInfo
from stalewatch_hubspot.fitting import Fit, choices, fit, shown_type
from stalewatch_hubspot.lacking import FROM_EVIDENCE, missing, spare, unfed
from stalewatch_hubspot.leads import feeds, follows_lifecycle, past_of
from stalewatch_hubspot.mapping import Words
from stalewatch_hubspot.options import Options
from stalewatch_hubspot.portal import Portal
from stalewatch_hubspot.queries import CALLS, CONTACTS, DEALS, EMAILS, LEADS, LIFECYCLE, MEETINGS
from stalewatch_hubspot.rows import PropertyRow, Row
from stalewatch_hubspot.wants import Wants

_EXAMPLE: Final = 60
_ALWAYS: Final = (
    ("name", "dealname", "text"), ("created_at", "createdate", "datetime"), ("pipeline", "pipeline", "choice"),
    ("stage", "dealstage", "choice"), ("is_open", "hs_is_closed", "bool"),
    ("stage_entered_at", "hs_v2_date_entered_current_stage", "datetime"),
    ("previous_amount", "amount", "money"), ("close_date_pushes", "closedate", "int"),
)  # fmt: skip
_LEAD_ALWAYS: Final = (
    ("name", "hs_lead_name", "text"), ("created_at", "hs_createdate", "datetime"),
    ("owner", "hubspot_owner_id", "person"), ("status", "hs_pipeline_stage", "choice"),
    ("is_open", "hs_pipeline_stage", "bool"), ("accepted", "hs_pipeline_stage", "bool"),
)  # fmt: skip


def describe(portal: Portal, options: Options, wants: Wants) -> Description:
    """The catalogue fields that a portal feeds; fill rates and examples are of the first rows it showed."""
    deal = list(_of_deals(portal, options, wants))
    fields = {"deal": deal, "partner_deal": deal} if options.partner else {"deal": deal}
    if wants.leads:  # without their scope none of their fields is fed, and the rules that ask for them cannot judge
        fields["lead"] = list(_of_leads(portal, options, wants)) if portal.facts.can_read(LEADS) else []
    told = {name: {info.ours for info in infos} for name, infos in fields.items()}
    return Description(
        fields=fields,
        logs_meeting_outcomes=True,
        missing=missing(portal.facts, options, wants),
        unfed=unfed(portal, options, wants, told),
        spare=spare(portal, options),
    )


def _of_deals(portal: Portal, options: Options, wants: Wants) -> Iterator[FieldInfo]:
    types, rows = options.deal.types, portal.samples.get(DEALS.name, [])
    told: set[str] = set()
    owner = (("owner", "hubspot_owner_id", "person"), ("team", "owner's team", "text"))
    for ours, theirs, type_name in (*_ALWAYS, *(owner if "owners" not in portal.facts.refused else owner[:1])):
        if types.get(ours) == type_name:
            yield _info(ours, theirs, type_name, rows, portal.properties.get(DEALS.name, {}).get(theirs))
    for ours, theirs in portal.facts.feeding(DEALS, options.deal.fields).items():
        told.add(ours)
        property_ = portal.properties.get(DEALS.name, {}).get(theirs)
        yield _info(ours, theirs, types[ours], rows, property_, options.deal.values.get(ours, {}))
    for ours, theirs, type_name in _derived(portal, wants, options):
        if ours not in told and types.get(ours) == type_name:
            yield FieldInfo(ours=ours, theirs=theirs, type=type_name)


def _derived(portal: Portal, wants: Wants, options: Options) -> Iterator[tuple[str, str, str]]:
    for ours, (theirs, type_name, kinds) in FROM_EVIDENCE.items():
        is_asked = wants.due if ours == "next_step_due" else wants.people if kinds == (CONTACTS,) else True
        if is_asked and all(portal.facts.can_read(kind) for kind in kinds):
            yield ours, theirs, type_name
    if wants.roles and portal.facts.can_read(CONTACTS):
        for ours in options.deal.types:
            if ours.startswith("roles."):
                yield ours, "contacts: hs_buying_role", "int"


def _of_leads(portal: Portal, options: Options, wants: Wants) -> Iterator[FieldInfo]:
    types, rows = options.lead.types, portal.samples.get(LEADS.name, [])
    mapped, known = feeds(portal.facts, options.lead.fields), portal.properties.get(LEADS.name, {})
    for ours, theirs, type_name in _LEAD_ALWAYS:
        if types.get(ours) == type_name and ours not in mapped:
            yield _info(ours, theirs, type_name, rows, known.get(theirs))
    for ours, theirs in mapped.items():
        yield _info(ours, theirs, types[ours], rows, known.get(theirs), options.lead.values.get(ours, {}))
    past = past_of(portal.facts, options, wants)
    for ours, theirs in past.items():
        lifecycle = f"contacts: {LIFECYCLE}, " if ours == "mql_at" and follows_lifecycle(portal.facts, past) else ""
        yield FieldInfo(ours=ours, theirs=f"{lifecycle}history of {theirs}", type="datetime")
    reaches = (EMAILS, CALLS, MEETINGS)
    if "first_touch_at" in types and "first_touch_at" not in mapped and all(map(portal.facts.can_read, reaches)):
        yield FieldInfo(ours="first_touch_at", theirs="emails, calls, meetings", type="datetime", folded=True)


def _info(
    ours: str, theirs: str, type_name: str, rows: Sequence[Row], told: PropertyRow | None, words: Words | None = None
) -> FieldInfo:
    """Args: words: of the values; None: they are no words of a list, but told by what they stand for."""
    cells = [cell for row in rows if (cell := row.get(theirs).strip())]
    is_listed = told is not None and words is not None and type_name in ("choice", "text")
    return FieldInfo(
        ours=ours,
        theirs=theirs,
        type=type_name,
        fill_rate=len(cells) / len(rows) if rows else None,
        example=cells[0][:_EXAMPLE] if cells else None,
        theirs_type=None if told is None else shown_type(told),
        choices=choices(told, words) if told is not None and words is not None and is_listed else None,
        is_loose=told is not None and fit(told, type_name) is Fit.LOOSELY,
    )
