"""COUNT, MAX and the like, for all rows or for each group."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from stalewatch_sandbox.salesforce.errors import in_query
from stalewatch_sandbox.salesforce.soql import nodes
from stalewatch_sandbox.salesforce.soql.projecting import Projection, Record, Rendering, told
from stalewatch_sandbox.salesforce.soql.resolving import Getter, Scope
from stalewatch_sandbox.salesforce.table import Row

_OF_VALUES: Final[dict[str, Callable[[list[Any]], Any]]] = {
    "MIN": min, "MAX": max, "SUM": sum, "AVG": lambda values: sum(values) / len(values),
}  # fmt: skip


def aggregated(scope: Scope, query: nodes.Query, rows: list[Row]) -> tuple[list[Row], Projection, int]:
    """The rows of the answer, how to tell them, and their number.

    Raises:
        ApiError: MALFORMED_QUERY for a field that is neither grouped nor aggregated.
    """
    grouped = [scope.resolve(path) for path in query.groups]
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(one.get(row) for one in grouped), []).append(row)
    if not grouped:
        groups.setdefault((), [])
    columns = list(_columns(scope, query))
    made = [{name: read(members) for name, read in columns} for members in groups.values()]
    made = made[query.offset :][: query.limit]
    return made, _as_is, len(made)


def _columns(scope: Scope, query: nodes.Query) -> list[tuple[str, Callable[[list[Row]], Any]]]:
    columns: list[tuple[str, Callable[[list[Row]], Any]]] = []
    grouped, unnamed = {path.names for path in query.groups}, 0
    for one in query.selected:
        if isinstance(one, nodes.Aggregate):
            name = one.alias or f"expr{unnamed}"
            unnamed += one.alias is None
            columns.append((name, _function(one.function, scope.resolve(one.path).get if one.path else None)))
        elif isinstance(one, nodes.Path) and one.names in grouped:
            columns.append((one.names[-1], _shared(scope.resolve(one).get)))
        else:
            at = one.at if isinstance(one, nodes.Path) else 0
            raise in_query("MALFORMED_QUERY", query.text, at, "Field must be grouped or aggregated")
    return columns


def _shared(get: Getter) -> Callable[[list[Row]], Any]:
    return lambda rows: get(rows[0])


def _function(function: str, get: Getter | None) -> Callable[[list[Row]], Any]:
    def read(rows: list[Row]) -> Any:
        if get is None:
            return len(rows)
        values = [value for row in rows if (value := get(row)) is not None]
        if function == "COUNT":
            return len(values)
        if function == "COUNT_DISTINCT":
            return len(set(values))
        if not values:
            return None
        return _OF_VALUES[function](values)

    return read


def _as_is(row: Row, _: Rendering) -> Record:
    return {"attributes": {"type": "AggregateResult"}} | {name: told(value) for name, value in row.items()}
