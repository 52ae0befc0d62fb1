"""Which rows a query has to look at: an index where one of its conditions allows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from stalewatch_sandbox.salesforce.soql import nodes
from stalewatch_sandbox.salesforce.soql.conditions import SubQuery, literal_value
from stalewatch_sandbox.salesforce.soql.resolving import Scope
from stalewatch_sandbox.salesforce.table import Row, Table

_SIDES: Final = {">": "low", ">=": "low", "<": "high", "<=": "high"}


def candidates(scope: Scope, table: Table, where: nodes.Condition | None, sub_query: SubQuery) -> Iterable[Row]:
    """A superset of the rows that the condition holds for, as small as an index makes it."""
    needed = list(_needed(where))
    for kind in ("id", "reference"):
        for condition in needed:
            wanted = _wanted(scope, condition, kind, sub_query)
            if wanted is not None:
                return table.with_ids(wanted[1]) if kind == "id" else table.equal(*wanted)
    window = _window(scope, needed)
    if window is not None:
        return table.between(*window)
    behind = (_behind(scope, condition) for condition in needed)
    last = next((id_ for id_ in behind if id_ is not None), None)
    return table if last is None else table.after(last)


def _needed(where: nodes.Condition | None) -> Iterator[nodes.Condition]:
    """The conditions that all must hold."""
    if isinstance(where, nodes.Every):
        for one in where.conditions:
            yield from _needed(one)
    elif where is not None:
        yield where


def _wanted(scope: Scope, condition: nodes.Condition, kind: str, sub_query: SubQuery) -> tuple[str, set[Any]] | None:
    """The field of ids that must have one of some values, and the values."""
    if isinstance(condition, nodes.Comparison) and condition.operator == "=":
        values: tuple[nodes.Literal, ...] | nodes.Query = (condition.value,)
    elif isinstance(condition, nodes.Membership) and not condition.is_negated:
        values = condition.values
    else:
        return None
    resolved = scope.resolve(condition.path)
    if not resolved.is_own or resolved.field.type != kind:
        return None
    if isinstance(values, nodes.Query):
        return resolved.field.name, sub_query(values)
    return resolved.field.name, {literal_value(scope, resolved.field, one) for one in values}


def _window(scope: Scope, needed: list[nodes.Condition]) -> tuple[str, datetime | None, datetime | None] | None:
    """The bounds of the first time that has any, as every incremental read has them."""
    bounds: dict[str, dict[str, datetime]] = {}
    for condition in needed:
        if isinstance(condition, nodes.Comparison) and isinstance(condition.value.value, datetime):
            resolved = scope.resolve(condition.path)
            if resolved.is_own and resolved.field.type == "datetime" and condition.operator in _SIDES:
                bounds.setdefault(resolved.field.name, {})[_SIDES[condition.operator]] = condition.value.value
    return next(((field, sides.get("low"), sides.get("high")) for field, sides in bounds.items()), None)


def _behind(scope: Scope, condition: nodes.Condition) -> str | None:
    """The id behind which the rows lie."""
    if isinstance(condition, nodes.Comparison) and condition.operator == ">":
        resolved = scope.resolve(condition.path)
        if resolved.is_own and resolved.field.type == "id":
            return str(literal_value(scope, resolved.field, condition.value) or "")
    return None
