"""What rows are read without: kinds that the token may not read, and properties that the portal does not show."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from stalewatch_hubspot.facts import Facts
from stalewatch_hubspot.place import HOUR, Arrival, Place
from stalewatch_hubspot.portal import Portal
from stalewatch_hubspot.queries import CONTACT_SCOPE, CONTACTS, DEALS, LEADS, LIFECYCLE, SCOPES, Kind
from stalewatch_hubspot.rows import Row

_OF_LEADS: Final = frozenset({LEADS.name, f"{CONTACTS.name}.{LIFECYCLE}"})
"""What only leads are read with."""


def name_of(kind: Kind, property_: str) -> str:
    """What a property is called among what is missing."""
    return f"{kind.name}.{property_}"


def lacked(facts: Facts) -> frozenset[str]:
    """What a portal does not let us read of what is asked for: kinds, and properties as "deals.amount"."""
    names = {f"{kind}.{name}" for kind, some in facts.absent.items() for name in some}
    return frozenset(names | facts.refused.keys())


def missing_at(before: Place, facts: Facts, now: int) -> dict[str, int]:
    """What rows were read without, by now: each with the time since when, 0 if it never was there."""
    never = lacked(before.facts)
    return {name: 0 if name in never else now for name in sorted(lacked(facts))} | before.missing


def is_awaited(place: Place | None) -> bool:
    """Whether something was there once and is missing: then the portal is looked at more often."""
    return place is not None and any(place.missing.values())


def returned(place: Place, now: int) -> list[str]:
    """What can be read again. What was lost within the hour may only flicker."""
    lacking = lacked(place.facts)
    return sorted(name for name, since in place.missing.items() if name not in lacking and now - since >= HOUR)


def arrival(place: Place, names: list[str]) -> Arrival:
    """Where to go on with what came back; from the beginning if that is not what was being read."""
    if place.arriving is not None and place.arriving.names == names:
        return place.arriving
    return Arrival(names, DEALS.name if any(map(_is_of_deals, names)) else LEADS.name)


def concerns_leads(names: Iterable[str]) -> bool:
    """Whether leads have to be read again for it."""
    return any(not name.startswith(f"{DEALS.name}.") for name in names)


def without(portal: Portal, missing: Collection[str]) -> Portal:
    """The portal as far as its rows were read: what is missing there is refused, or not there."""
    kinds = {name: SCOPES.get(name, CONTACT_SCOPE) for name in missing if "." not in name}
    absent = {kind: list(names) for kind, names in portal.facts.absent.items()}
    properties = {kind: dict(known) for kind, known in portal.properties.items()}
    for kind, _, name in (one.partition(".") for one in missing):
        if name:
            absent[kind] = sorted({*absent.get(kind, ()), name})
            properties.get(kind, {}).pop(name, None)
    facts = replace(portal.facts, refused=kinds | portal.facts.refused, absent=absent)
    return Portal(facts, portal.people, portal.samples, properties)


def still_lost(searched: Collection[str], lost: Collection[str]) -> set[str]:
    """Those of the properties that the portal was asked about that need not be asked about again: of deals and leads
    only those that were not shown this time either."""
    tidied = (f"{DEALS.name}.", f"{LEADS.name}.")
    return {name for name in searched if name in lost or not name.startswith(tidied)}


@dataclass(frozen=True, slots=True)
class Unshown:
    """Our fields whose values rows of a kind should bring and do not: their values are unknown, and not empty.

    HubSpot shows a property without a value as null, and leaves out one that it does not know or does not show.

    Attributes:
        asked: our fields with the properties that are asked for. vanished: fields whose property went away since the
            connection was described: it still counts as telling them.
    """

    asked: tuple[tuple[str, str], ...]
    vanished: frozenset[str]

    def of(self, row: Row) -> frozenset[str]:
        """The fields of ours that a row does not show."""
        shown = row.properties
        if all(theirs in shown for _, theirs in self.asked):
            return self.vanished
        return self.vanished | {ours for ours, theirs in self.asked if theirs not in shown}


def unshown(facts: Facts, kind: Kind, pairs: Iterable[tuple[str, str]], missing: Collection[str]) -> Unshown:
    """What to expect of the rows of a kind.

    Args:
        pairs: our fields and the properties that feed them.
        missing: what was known to be missing when the connection was described.
    """
    absent, told = facts.absent.get(kind.name, ()), list(pairs)
    vanished = {ours for ours, theirs in told if theirs in absent and name_of(kind, theirs) not in missing}
    return Unshown(tuple((ours, theirs) for ours, theirs in told if theirs not in absent), frozenset(vanished))


def fields_of(
    fields: Mapping[str, str], always: Iterable[tuple[str, str]], types: Collection[str]
) -> list[tuple[str, str]]:
    """The mapped fields and those that are always read, as far as a catalogue has them."""
    return [(ours, theirs) for ours, theirs in (*fields.items(), *always) if ours in types]


def _is_of_deals(name: str) -> bool:
    return name not in _OF_LEADS and not name.startswith(f"{LEADS.name}.")
