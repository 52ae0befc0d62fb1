"""The filters of a search: what each operator means for each type of property.

Several are matched within a group, and any of the groups is enough. A record without the property is matched by
NOT_HAS_PROPERTY alone. Text is compared without regard to case, except the values of enumerations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from stalewatch_sandbox.hubspot.schema import Property, Type
from stalewatch_sandbox.hubspot.values import comparable

Properties = Mapping[str, str]
Matches = Callable[[Properties], bool]
Comparable = Decimal | int | str


class BadFilter(Exception):
    """The filter cannot be understood; the message is for the client."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition as the client wrote it."""

    name: str
    operator: str
    value: str | None = None
    high: str | None = None
    values: tuple[str, ...] = ()


def _below(one: Comparable, other: Comparable) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return str(one) < str(other)
    return one < other


_Order = Callable[[Comparable, Comparable], bool]
_ORDERS: Final[Mapping[str, _Order]] = {
    "LT": _below,
    "LTE": lambda one, other: not _below(other, one),
    "GT": lambda one, other: _below(other, one),
    "GTE": lambda one, other: not _below(one, other),
}
OPERATORS: Final = frozenset(
    {*_ORDERS, "EQ", "NEQ", "BETWEEN", "IN", "NOT_IN", "HAS_PROPERTY", "NOT_HAS_PROPERTY"}
    | {"CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"}
)


def matching(filter_: Filter, property_: Property) -> Matches:
    """What a filter demands of a record's properties.

    Raises:
        BadFilter: if the operator is unknown, or its value is missing or of another type.
    """
    operator, name = filter_.operator, filter_.name
    if operator not in OPERATORS:
        raise BadFilter(f"Invalid operator {operator!r} for property {name}")
    if operator == "HAS_PROPERTY":
        return lambda properties: bool(properties.get(name))
    if operator == "NOT_HAS_PROPERTY":
        return lambda properties: not properties.get(name)
    if operator.endswith("IN"):
        return _among(filter_, property_)
    if operator.endswith("CONTAINS_TOKEN"):
        return _containing(filter_)
    if operator == "BETWEEN":
        return _between(filter_, property_)
    return _compared(filter_, property_)


def _wanted(filter_: Filter, property_: Property, text: str | None, what: str = "value") -> Comparable:
    if text is None:
        raise BadFilter(f"{what} is required for operator {filter_.operator} on property {filter_.name}")
    wanted = comparable(text, property_.type)
    if wanted is None:
        raise BadFilter(f"{text!r} is not a valid {property_.type} for property {filter_.name}")
    return wanted


def _held(properties: Properties, property_: Property) -> Comparable | None:
    text = properties.get(property_.name)
    return comparable(text, property_.type) if text else None


def _compared(filter_: Filter, property_: Property) -> Matches:
    wanted = _wanted(filter_, property_, filter_.value)
    if filter_.operator in ("EQ", "NEQ"):
        is_equal = filter_.operator == "EQ"

        def equals(properties: Properties) -> bool:
            held = _held(properties, property_)
            return held is not None and (held == wanted) is is_equal

        return equals
    in_order = _ORDERS[filter_.operator]

    def is_ordered(properties: Properties) -> bool:
        held = _held(properties, property_)
        return held is not None and in_order(held, wanted)

    return is_ordered


def _between(filter_: Filter, property_: Property) -> Matches:
    low = _wanted(filter_, property_, filter_.value)
    high = _wanted(filter_, property_, filter_.high, "highValue")

    def is_between(properties: Properties) -> bool:
        held = _held(properties, property_)
        return held is not None and not _below(held, low) and not _below(high, held)

    return is_between


def _among(filter_: Filter, property_: Property) -> Matches:
    if not filter_.values:
        raise BadFilter(f"values is required for operator {filter_.operator} on property {filter_.name}")
    is_in = filter_.operator == "IN"
    if property_.type is Type.STRING:  # compared as written with the lowered value: HubSpot wants them in lower case
        wanted: set[Comparable] = set(filter_.values)
    else:
        wanted = {_wanted(filter_, property_, value) for value in filter_.values}

    def is_among(properties: Properties) -> bool:
        held = _held(properties, property_)
        return held is not None and (held in wanted) is is_in

    return is_among


def _containing(filter_: Filter) -> Matches:
    if not filter_.value:
        raise BadFilter(f"value is required for operator {filter_.operator} on property {filter_.name}")
    token = filter_.value.lower()
    bare, contains = token.strip("*"), filter_.operator == "CONTAINS_TOKEN"

    def has_token(properties: Properties) -> bool:
        text = properties.get(filter_.name, "").lower()
        if not text:
            return False
        words = text.replace("@", " ").split()
        starts, ends = not token.startswith("*"), not token.endswith("*")
        found = any(
            (word == bare if starts and ends else word.startswith(bare) if starts else word.endswith(bare))
            if starts or ends
            else bare in word
            for word in words
        )
        return found is contains

    return has_token
