"""Which catalogue types a field of the org can feed: nothing is read out of a field that holds something else."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Final

from stalewatch_salesforce.mapping import Words, plain

if TYPE_CHECKING:
    from stalewatch_salesforce.org import FieldTold

MULTIPLE: Final = "multipicklist"
_TEXTS: Final = frozenset({"string", "textarea", "url", "phone", "email", "encryptedstring"})
_LISTS: Final = frozenset({"picklist", "combobox", MULTIPLE})
_NUMBERS: Final = frozenset({"int", "long", "double", "percent", "currency"})
_TIMES: Final = frozenset({"date", "datetime"})
_USER: Final = "User"


class Fit(Enum):
    """How well a field can feed another."""

    WELL = "well"
    LOOSELY = "loosely"  # out of a text: a cell that is no such value leaves the field unreadable
    NOT = "not"


_HOLDS: Final[Mapping[str, frozenset[str]]] = {
    "text": _TEXTS | _LISTS | _NUMBERS | _TIMES,
    "choice": _TEXTS | _LISTS | {"boolean"},
    "int": frozenset({"int", "long", "double", "percent"}),
    "money": frozenset({"currency", "double", "int", "long"}),
    "bool": frozenset({"boolean", "picklist"}),
    "date": _TIMES,
    "datetime": _TIMES,
}  # fmt: skip
"""By catalogue type, the org's types whose every value means the same there. A formula has the type of its result.

A text is no money: nobody knows whether its `300` are 300 yen or 300 million. A date in a text is one, if it is
written as one; so is a yes."""
_LOOSELY: Final[Mapping[str, frozenset[str]]] = dict.fromkeys(("date", "datetime", "bool"), _TEXTS)


def fit(told: FieldTold, wanted: str) -> Fit:
    """How well a field of the org feeds a catalogue type."""
    if wanted == "person":
        return Fit.WELL if told.type == "reference" and _USER in (told.referenceTo or ()) else Fit.NOT
    if told.type in _HOLDS.get(wanted, ()):
        return Fit.WELL
    return Fit.LOOSELY if told.type in _LOOSELY.get(wanted, ()) else Fit.NOT


def holds(told: FieldTold) -> list[str]:
    """The catalogue types that a field feeds well."""
    return [wanted for wanted in (*_HOLDS, "person") if fit(told, wanted) is Fit.WELL]


def choices(told: FieldTold, words: Words) -> tuple[str, ...] | None:
    """Every value that a picklist may have today, in our words where they are mapped; None: it is no picklist.

    The values of one that depends on another field, or on the record type, are all among them.
    """
    if told.type not in ("picklist", MULTIPLE) or not told.picklistValues:
        return None
    active = [one.value for one in told.picklistValues if one.active and one.value]
    return tuple(dict.fromkeys(words.get(plain(value), value) for value in active))
