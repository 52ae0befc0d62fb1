"""What the rules read, and so what has to be asked for; an object that no rule reads costs no call."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from stalewatch_hubspot.options import Options

_PAST = {"mql_at": ("mql_at",), "handed_off_at": ("handed_off_at", "first_touch_at")}
"""Fields of leads that their past tells, and the fields that ask for them: a first contact follows a hand-off."""
_PEOPLE = ("stakeholders", "seller_touches_since_customer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wants:
    """Which parts of a portal are read beside deals, meetings, emails, calls and tasks.

    Attributes:
        people: who takes part in what. roles: and which part they play.
        due: when the next open task is due, which no property of the deal tells.
        past: fields of leads that follow from what their properties held before.
    """

    people: bool
    roles: bool
    due: bool
    leads: bool
    past: frozenset[str]


def read_wants(reads: Mapping[str, Collection[str]], options: Options) -> Wants:
    """What follows from the fields that rules read; no fields at all means every field."""
    deal = {*reads.get("deal", ()), *reads.get("partner_deal", ())} if reads else set(options.deal.types)
    lead = set(reads.get("lead", ())) if reads else set(options.lead.types)
    roles = any(name.startswith("roles.") for name in deal)
    return Wants(
        people=roles or any(name in deal for name in _PEOPLE),
        roles=roles,
        due="next_step_due" in deal and "next_step_due" not in options.deal.fields,
        leads=bool(options.lead.types) and bool(lead),
        past=frozenset(name for name, asked in _PAST.items() if name in options.lead.types and lead & set(asked)),
    )
