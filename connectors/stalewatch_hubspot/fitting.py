"""Which catalogue types a property can feed: nothing is read out of one that holds something else."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from stalewatch_hubspot.mapping import Words
from stalewatch_hubspot.rows import PropertyRow

SEVERAL: Final = "checkbox"
"""How HubSpot calls a list of which several may be ticked; its values are told with semicolons between them."""
_OWNER: Final = "OWNER"


class Fit(Enum):
    """How well a property can feed a field."""

    WELL = "well"
    LOOSELY = "loosely"  # out of a text: a cell that is no such value leaves the field unreadable
    NOT = "not"


_HOLDS: Final[Mapping[str, frozenset[str]]] = {
    "text": frozenset({"string", "phone_number", "enumeration", "number", "date", "datetime", "json"}),
    "choice": frozenset({"string", "enumeration", "bool"}),
    "int": frozenset({"number"}),
    "money": frozenset({"number"}),
    "bool": frozenset({"bool", "enumeration"}),
    "date": frozenset({"date", "datetime"}),
    "datetime": frozenset({"date", "datetime"}),
}
"""By catalogue type, HubSpot's types whose every value means the same there; a calculation has that of its result.

A text is no money: nobody knows whether its `300` are 300 yen or 300 million."""
_LOOSELY: Final[Mapping[str, frozenset[str]]] = dict.fromkeys(("date", "datetime", "bool"), frozenset({"string"}))


def fit(told: PropertyRow, wanted: str) -> Fit:
    """How well a property feeds a catalogue type."""
    is_owner = told.referencedObjectType == _OWNER
    if wanted == "person" or is_owner:
        return Fit.WELL if wanted == "person" and is_owner else Fit.NOT
    if told.type in _HOLDS.get(wanted, ()):
        return Fit.WELL
    return Fit.LOOSELY if told.type in _LOOSELY.get(wanted, ()) else Fit.NOT


def holds(told: PropertyRow) -> list[str]:
    """The catalogue types that a property feeds well."""
    return [wanted for wanted in (*_HOLDS, "person") if fit(told, wanted) is Fit.WELL]


def shown_type(told: PropertyRow) -> str:
    """Its type as people know it: HubSpot calls a list of one and a list of several the same."""
    return f"{told.type} (several)" if told.fieldType == SEVERAL else told.type or "?"


def choices(told: PropertyRow, words: Words) -> tuple[str, ...] | None:
    """Every value that a list may have today, in our words where they are mapped; None: it is no list of ours.

    Options that are hidden may stand in old records, but nobody can choose them any more.
    """
    if told.type != "enumeration" or told.referencedObjectType is not None or not told.options:
        return None
    values = [one.value for one in told.options if one.value and not one.hidden]
    return tuple(dict.fromkeys(words.get(value.casefold(), value) for value in values))
