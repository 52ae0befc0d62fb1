"""Why a portal does not feed a catalogue field, which scope it would take, and what it has that feeds none."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from stalewatch.sdk.connector import SpareField, Unfed, Why
from stalewatch_hubspot.facts import Facts
from stalewatch_hubspot.fitting import holds, shown_type
from stalewatch_hubspot.options import Options
from stalewatch_hubspot.portal import Portal
from stalewatch_hubspot.queries import CALLS, CONTACTS, DEALS, EMAILS, LEADS, MEETINGS, TASKS, Kind
from stalewatch_hubspot.wants import Wants

FROM_EVIDENCE: Final[Mapping[str, tuple[str, str, tuple[Kind, ...]]]] = {
    "last_customer_activity_at": ("emails, calls, meetings", "datetime", (EMAILS, CALLS, MEETINGS)),
    "last_seller_activity_at": ("emails, calls, meetings", "datetime", (EMAILS, CALLS, MEETINGS)),
    "seller_touches_since_customer": ("emails, calls", "int", (EMAILS, CALLS, MEETINGS)),
    "last_meeting_at": ("meetings", "datetime", (MEETINGS,)),
    "next_meeting_at": ("meetings", "datetime", (MEETINGS,)),
    "stakeholders": ("contacts", "int", (CONTACTS,)),
    "next_step_due": ("tasks", "date", (TASKS,)),
}
"""Fields that follow from activities, and the kinds that must be readable: silence proves nothing to the deaf."""


def missing(facts: Facts, options: Options, wants: Wants) -> dict[str, dict[str, list[str]]]:
    """The scopes for want of which fields are not fed."""
    deal = {ours: kinds for ours, (_, _, kinds) in FROM_EVIDENCE.items()}
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


def unfed(
    portal: Portal, options: Options, wants: Wants, told: Mapping[str, Collection[str]]
) -> dict[str, list[Unfed]]:
    """Per object, why its fields are not fed; what is simply not mapped is left out."""
    forbidden = missing(portal.facts, options, wants)
    maps = {"deal": (DEALS, options.deal.fields), "lead": (LEADS, options.lead.fields)}
    found: dict[str, list[Unfed]] = {}
    for name, (kind, fields) in maps.items():
        fed, known = told.get(name, ()), portal.properties.get(kind.name, {})
        reasons = {ours: Unfed(ours=ours, why=Why.FORBIDDEN) for ours in forbidden.get(name, ()) if ours not in fed}
        if portal.facts.can_read(kind) and name in told:
            reasons |= {
                ours: Unfed(
                    ours=ours,
                    why=Why.MISFIT if theirs in known else Why.ABSENT,
                    theirs=theirs,
                    theirs_type=shown_type(known[theirs]) if theirs in known else None,
                )
                for ours, theirs in fields.items()
                if ours not in fed
            }
        asked = _unasked(options, wants) if name == "deal" else ()
        reasons |= {ours: Unfed(ours=ours, why=Why.UNREAD) for ours in asked if ours not in fed and ours not in reasons}
        found[name] = list(reasons.values())
    return found


def _unasked(options: Options, wants: Wants) -> list[str]:
    """Fields of deals that cost calls of their own and that no active rule reads."""
    names = [] if wants.people else ["stakeholders"]
    names += [] if wants.roles else [ours for ours in options.deal.types if ours.startswith("roles.")]
    return names + ([] if wants.due else ["next_step_due"])


def spare(portal: Portal, options: Options) -> dict[str, list[SpareField]]:
    """Per object, the company's own properties that feed nothing yet and could."""
    found: dict[str, list[SpareField]] = {}
    for name, kind, fields in (("deal", DEALS, options.deal.fields), ("lead", LEADS, options.lead.fields)):
        taken = set(fields.values())
        found[name] = [
            SpareField(name=one.name, label=one.label or one.name, type=shown_type(one), holds=into)
            for one in portal.properties.get(kind.name, {}).values()
            if not one.hubspotDefined and one.name not in taken and (into := holds(one))
        ]
    return found
