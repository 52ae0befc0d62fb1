"""What a portal can tell and what it cannot: for `stalewatch fields` and `stalewatch doctor`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from stalewatch.sdk.connector import Description, FieldInfo, Finding, Level
from stalewatch.sdk.errors import ConnectorError
from stalewatch.sdk.records import Outcome
from stalewatch_hubspot.errors import scope_cure
from stalewatch_hubspot.leads import feeds, follows_lifecycle, past_of
from stalewatch_hubspot.options import VERSION, Options
from stalewatch_hubspot.portal import Facts, Portal
from stalewatch_hubspot.queries import CALLS, CONTACTS, DEALS, EMAILS, LEADS, LIFECYCLE, MEETINGS, TASKS, Kind
from stalewatch_hubspot.rows import Row
from stalewatch_hubspot.transport import Transport
from stalewatch_hubspot.wants import Wants

_SKEW: Final = 120.0
_LOW_QUOTA: Final = 0.2
_EXAMPLE: Final = 60
_ALWAYS: Final = (
    ("name", "dealname", "text"), ("created_at", "createdate", "datetime"), ("pipeline", "pipeline", "choice"),
    ("stage", "dealstage", "choice"), ("is_open", "hs_is_closed", "bool"),
    ("stage_entered_at", "hs_v2_date_entered_current_stage", "datetime"),
    ("previous_amount", "amount", "money"), ("close_date_pushes", "closedate", "int"),
)  # fmt: skip
_FROM_EVIDENCE: Final[Mapping[str, tuple[str, str, tuple[Kind, ...]]]] = {
    "last_customer_activity_at": ("emails, calls, meetings", "datetime", (EMAILS, CALLS, MEETINGS)),
    "last_seller_activity_at": ("emails, calls, meetings", "datetime", (EMAILS, CALLS, MEETINGS)),
    "seller_touches_since_customer": ("emails, calls", "int", (EMAILS, CALLS, MEETINGS)),
    "last_meeting_at": ("meetings", "datetime", (MEETINGS,)),
    "next_meeting_at": ("meetings", "datetime", (MEETINGS,)),
    "stakeholders": ("contacts", "int", (CONTACTS,)),
    "next_step_due": ("tasks", "date", (TASKS,)),
}
"""Fields that follow from activities, and the kinds that must be readable: silence proves nothing to the deaf."""
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
    return Description(fields=fields, logs_meeting_outcomes=True, missing=_missing(portal.facts, options, wants))


def _missing(facts: Facts, options: Options, wants: Wants) -> dict[str, dict[str, list[str]]]:
    """The scopes for want of which fields are not fed."""
    deal = {ours: kinds for ours, (_, _, kinds) in _FROM_EVIDENCE.items()}
    deal |= {ours: (CONTACTS,) for ours in options.deal.types if ours.startswith("roles.")}
    found = {"deal": _lacking(facts, {ours: kinds for ours, kinds in deal.items() if ours in options.deal.types})}
    if "owners" in facts.refused and "team" in options.deal.types:
        found["deal"]["team"] = [facts.refused["owners"]]
    if wants.leads:
        reaches = (EMAILS, CALLS, MEETINGS)
        lead = {ours: (LEADS, *(reaches if ours == "first_touch_at" else ())) for ours in options.lead.types}
        found["lead"] = _lacking(facts, lead)
    return found


def _lacking(facts: Facts, fields: Mapping[str, Sequence[Kind]]) -> dict[str, list[str]]:
    scopes = {
        ours: list(dict.fromkeys(facts.refused[kind.name] for kind in kinds if not facts.can_read(kind)))
        for ours, kinds in fields.items()
    }
    return {ours: names for ours, names in scopes.items() if names}


def findings(
    look: Callable[[], Portal], transport: Transport, options: Options, wants: Wants, doubt: str | None
) -> list[Finding]:
    """Look at a portal and tell what was found; a fault is a finding too."""
    try:
        portal = look()
    except ConnectorError as error:
        return [Finding(subject="login", level=Level.ERROR, message=error.what, cure=error.cure)]
    return [
        Finding(subject="login", level=Level.OK, message=f"portal {portal.facts.portal}, API {VERSION}"),
        *_scopes(portal, is_app=options.auth.is_renewable),
        *_properties(portal, options),
        *_stages(portal, wants),
        *_clock(transport, doubt),
    ]


def _of_deals(portal: Portal, options: Options, wants: Wants) -> Iterator[FieldInfo]:
    types, rows = options.deal.types, portal.samples.get(DEALS.name, [])
    told: set[str] = set()
    owner = (("owner", "hubspot_owner_id", "person"), ("team", "owner's team", "text"))
    for ours, theirs, type_name in (*_ALWAYS, *(owner if "owners" not in portal.facts.refused else owner[:1])):
        if types.get(ours) == type_name:
            yield _info(ours, theirs, type_name, rows)
    absent = portal.facts.absent.get(DEALS.name, ())
    for ours, theirs in options.deal.fields.items():
        if theirs not in absent:
            told.add(ours)
            yield _info(ours, theirs, types[ours], rows)
    for ours, theirs, type_name in _derived(portal, wants, options):
        if ours not in told and types.get(ours) == type_name:
            yield FieldInfo(ours=ours, theirs=theirs, type=type_name)


def _derived(portal: Portal, wants: Wants, options: Options) -> Iterator[tuple[str, str, str]]:
    for ours, (theirs, type_name, kinds) in _FROM_EVIDENCE.items():
        is_asked = wants.due if ours == "next_step_due" else wants.people if kinds == (CONTACTS,) else True
        if is_asked and all(portal.facts.can_read(kind) for kind in kinds):
            yield ours, theirs, type_name
    if wants.roles and portal.facts.can_read(CONTACTS):
        for ours in options.deal.types:
            if ours.startswith("roles."):
                yield ours, "contacts: hs_buying_role", "int"


def _of_leads(portal: Portal, options: Options, wants: Wants) -> Iterator[FieldInfo]:
    types, rows = options.lead.types, portal.samples.get(LEADS.name, [])
    mapped = feeds(portal.facts, options.lead.fields)
    for ours, theirs, type_name in _LEAD_ALWAYS:
        if types.get(ours) == type_name and ours not in mapped:
            yield _info(ours, theirs, type_name, rows)
    for ours, theirs in mapped.items():
        yield _info(ours, theirs, types[ours], rows)
    past = past_of(portal.facts, options, wants)
    for ours, theirs in past.items():
        lifecycle = f"contacts: {LIFECYCLE}, " if ours == "mql_at" and follows_lifecycle(portal.facts, past) else ""
        yield FieldInfo(ours=ours, theirs=f"{lifecycle}history of {theirs}", type="datetime")
    reaches = (EMAILS, CALLS, MEETINGS)
    if "first_touch_at" in types and "first_touch_at" not in mapped and all(map(portal.facts.can_read, reaches)):
        yield FieldInfo(ours="first_touch_at", theirs="emails, calls, meetings", type="datetime", folded=True)


def _info(ours: str, theirs: str, type_name: str, rows: Sequence[Row]) -> FieldInfo:
    cells = [cell for row in rows if (cell := row.get(theirs).strip())]
    return FieldInfo(
        ours=ours, theirs=theirs, type=type_name, fill_rate=len(cells) / len(rows) if rows else None,
        example=cells[0][:_EXAMPLE] if cells else None,
    )  # fmt: skip


def _scopes(portal: Portal, *, is_app: bool) -> Iterator[Finding]:
    for kind, scope in sorted(portal.facts.refused.items()):
        yield Finding(
            subject=kind,
            level=Level.WARNING,
            message=f"{kind} cannot be read: the token lacks the scope {scope}; rules that need them cannot judge",
            cure=scope_cure(scope, is_app=is_app),
        )


def _properties(portal: Portal, options: Options) -> Iterator[Finding]:
    for kind, mapped in ((DEALS, options.deal.fields), (LEADS, options.lead.fields)):
        absent = portal.facts.absent.get(kind.name, ())
        usual = {"hs_manual_forecast_category", "hs_lead_source", "hs_next_step"}
        for ours, theirs in mapped.items():
            if theirs in absent:
                yield Finding(
                    subject=f"map.{kind.name.removesuffix('s')}.fields.{ours}",
                    level=Level.WARNING if theirs in usual else Level.ERROR,
                    message=f"the portal has no property {theirs}; it is not asked for",
                    cure="Use the internal name that HubSpot shows under Settings, Properties.",
                )


def _stages(portal: Portal, wants: Wants) -> Iterator[Finding]:
    facts = portal.facts
    unmapped = [one for one in facts.stages.values() if one.outcome is Outcome.OPEN and one.ours is None]
    names = sorted(f"{facts.labels.get(one.pipeline, one.pipeline)}/{one.label}" for one in unmapped)
    if names:
        yield _unmapped("map.deal.stages", "stages", names)
    else:
        yield Finding(subject="stages", level=Level.OK, message=f"all {len(facts.stages)} stages are known")
    pipelines = sorted(facts.labels[id_] for id_, ours in facts.pipelines.items() if ours is None)
    if pipelines:
        yield _unmapped("map.deal.pipelines", "pipelines", pipelines)
    statuses = sorted(one.label for one in facts.statuses.values() if one.ours is None)
    if wants.leads and statuses:
        yield _unmapped("map.lead.values.status", "lead stages", statuses)


def _unmapped(subject: str, what: str, names: Sequence[str]) -> Finding:
    return Finding(
        subject=subject,
        level=Level.WARNING,
        message=f"{what} that nothing is known of: {', '.join(names)}; their records cannot be judged",
        cure=f"Name them under {subject}.",
    )


def _clock(transport: Transport, doubt: str | None) -> Iterator[Finding]:
    seconds = transport.offset.total_seconds()
    if abs(seconds) > _SKEW:
        message = f"this machine's clock differs from HubSpot's by {abs(seconds):.0f} s"
        yield Finding(subject="clock", level=Level.WARNING, message=message, cure="Set it; HubSpot's own is used.")
    used, allowed = transport.quota
    if allowed:
        level = Level.WARNING if allowed - used < _LOW_QUOTA * allowed else Level.OK
        yield Finding(subject="quota", level=level, message=f"{used:,} of {allowed:,} calls of this day are used")
    if doubt:
        cure = "Nothing was taken for deleted. Look whether the token still sees all deals."
        yield Finding(subject="comparison of ids", level=Level.WARNING, message=doubt, cure=cure)
