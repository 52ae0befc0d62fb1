"""Runs a query: rows in their order, and how to tell them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from stalewatch_sandbox.salesforce.errors import ApiError, in_query
from stalewatch_sandbox.salesforce.soql import nodes
from stalewatch_sandbox.salesforce.soql.aggregates import aggregated
from stalewatch_sandbox.salesforce.soql.conditions import Predicate, compile_condition
from stalewatch_sandbox.salesforce.soql.parser import parse
from stalewatch_sandbox.salesforce.soql.plan import candidates
from stalewatch_sandbox.salesforce.soql.projecting import Projection, projection
from stalewatch_sandbox.salesforce.soql.resolving import Resolved, Scope
from stalewatch_sandbox.salesforce.table import Row

if TYPE_CHECKING:
    from collections.abc import Callable

    from stalewatch_sandbox.salesforce.org import Org

_FURTHEST = 2_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query found.

    Attributes:
        total: how many there are; a bare COUNT() has no rows.
    """

    rows: list[Row]
    project: Projection
    total: int


def run(org: Org, text: str, *, include_deleted: bool) -> Answer:
    """Parse a query and run it. `include_deleted` is `queryAll`: deleted and archived rows, too.

    Raises:
        ApiError: in Salesforce's words.
    """
    return _Run(org, include_deleted).answer(parse(text))


@dataclass(frozen=True, slots=True)
class Listing:
    """What a query lists, cell by cell, as bulk jobs write it.

    Attributes:
        rows: the cells of each row, made while they are read.
        is_ordered: it asks for an order or a limit, so that it cannot be cut into chunks.
    """

    object: str
    header: list[str]
    rows: Iterator[list[Any]]
    is_ordered: bool


def listing(org: Org, text: str, *, include_deleted: bool) -> Listing:
    """Parse a query without children and run it.

    Raises:
        ApiError: in Salesforce's words, also for what bulk queries cannot ask.
    """
    return _Run(org, include_deleted).listing(parse(text))


class _Run:
    """One query and those inside of it."""

    def __init__(self, org: Org, include_deleted: bool) -> None:
        self._org, self._all = org, include_deleted

    def answer(self, query: nodes.Query) -> Answer:
        scope = Scope(self._org, query.source, query.text)
        if query.offset > _FURTHEST:
            raise ApiError(400, "NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {_FURTHEST}")
        first = query.selected[0]
        if isinstance(first, nodes.Aggregate) and first.path is None and len(query.selected) == 1 and not query.groups:
            return Answer([], lambda row, _: row, sum(1 for _ in self._matching(scope, query)))
        if query.groups or any(isinstance(one, nodes.Aggregate) for one in query.selected):
            rows = list(self._matching(scope, query))
            return Answer(*aggregated(scope, query, rows))
        project = projection(scope, query.selected, lambda inner: self._children(scope, inner))
        rows = self._ordered(scope, query)
        return Answer(rows, project, len(rows))

    def listing(self, query: nodes.Query) -> Listing:
        scope = Scope(self._org, query.source, query.text)
        if query.groups or query.offset or any(isinstance(one, nodes.Aggregate) for one in query.selected):
            raise ApiError(400, "FEATURENOTENABLED", "Aggregate Relationships not supported in Bulk Query")
        paths = [one for one in query.selected if isinstance(one, nodes.Path)]
        if len(paths) < len(query.selected):
            raise ApiError(400, "FEATURENOTENABLED", "Nested queries are not supported in Bulk Query")
        resolved = [scope.resolve(path) for path in paths]
        header = [".".join([*(p.relationship or "" for p in one.parents), one.field.name]) for one in resolved]
        is_ordered = bool(query.order) or query.limit is not None
        table = self._org.tables[scope.sobject.name]
        rows = self._ordered(scope, query) if is_ordered else table.kept(self._matching(scope, query))
        getters = [one.get for one in resolved]
        return Listing(scope.sobject.name, header, ([get(row) for get in getters] for row in rows), is_ordered)

    def _matching(self, scope: Scope, query: nodes.Query) -> Iterable[Row]:
        table = self._org.tables[scope.sobject.name]
        shown = self._shown(scope.sobject.name)
        if query.where is None:
            return filter(shown, table)
        holds = compile_condition(scope, query.where, self._values)
        found = candidates(scope, table, query.where, self._values)
        return (row for row in found if holds(row) and shown(row))

    def _ordered(self, scope: Scope, query: nodes.Query) -> list[Row]:
        rows = self._matching(scope, query)
        orders = [(scope.resolve(order.path), order) for order in query.order]
        last = None if query.limit is None else query.offset + query.limit
        if len(orders) == 1 and _is_id(orders[0][0]) and not orders[0][1].is_descending and _is_by_id(query):
            return list(islice(rows, query.offset, last))  # the table is in that order
        if len(orders) == 1 and _is_id(orders[0][0]) and query.where is None and last is not None:
            shown = filter(self._shown(scope.sobject.name), reversed(self._org.tables[scope.sobject.name]))
            return list(islice(shown, query.offset, last))
        found = list(rows)
        for resolved, order in reversed(orders):
            if not resolved.field.is_filterable:
                message = f"field '{resolved.field.name}' can not be sorted in a query call"
                raise in_query("MALFORMED_QUERY", query.text, order.path.at, message)
            found.sort(key=_sort_key(resolved, order), reverse=order.is_descending)
        return found[query.offset : last]

    def _shown(self, name: str) -> Predicate:
        org, includes_deleted = self._org, self._all
        is_open = org.sees_all and not org.hidden and not org.blind_to

        def shown(row: Row) -> bool:
            if not includes_deleted and (row.get("IsDeleted") or row.get("IsArchived")):
                return False
            return is_open or org.is_visible(name, row)

        return shown

    def _values(self, query: nodes.Query) -> set[Any]:
        """What a semi-join selects."""
        scope = Scope(self._org, query.source, query.text)
        if len(query.selected) != 1 or not isinstance(query.selected[0], nodes.Path):
            raise in_query("MALFORMED_QUERY", query.text, query.source.at, "semi join sub-selects select one field")
        get = scope.resolve(query.selected[0]).get
        return {get(row) for row in self._matching(scope, query)} - {None}

    def _children(self, scope: Scope, query: nodes.Query) -> tuple[str, Callable[[Row], list[Row]], Projection]:
        """A list of children inside of each row."""
        wanted = query.source.names[0].lower()
        relation = next((name for name in scope.sobject.children if name.lower() == wanted), None)
        if relation is None:
            message = f"Didn't understand relationship '{query.source.names[0]}' in FROM part of query call."
            raise in_query("INVALID_TYPE", query.text, query.source.at, message)
        child, field = scope.sobject.children[relation]
        inner = Scope(self._org, nodes.Path((child,), query.source.at), query.text)
        project = projection(inner, query.selected, lambda deeper: self._children(inner, deeper))
        holds = compile_condition(inner, query.where, self._values) if query.where else lambda _: True
        shown, orders = self._shown(child), [(inner.resolve(order.path), order) for order in query.order]
        table = self._org.tables[child]

        def rows_of(row: Row) -> list[Row]:
            found = [one for one in table.equal(field, (row["Id"],)) if shown(one) and holds(one)]
            for resolved, order in reversed(orders):
                found.sort(key=_sort_key(resolved, order), reverse=order.is_descending)
            return found[: query.limit]

        return relation, rows_of, project


def _is_id(resolved: Resolved) -> bool:
    return resolved.is_own and resolved.field.type == "id"


def _is_by_id(query: nodes.Query) -> bool:
    """Whether the plan surely reads in the order of ids: there is no index that it could prefer."""
    where = query.where
    conditions = where.conditions if isinstance(where, nodes.Every) else () if where is None else (where,)
    return all(
        isinstance(one, nodes.Comparison) and one.operator != "=" and one.value.kind != "datetime" for one in conditions
    )


def _sort_key(resolved: Resolved, order: nodes.Order) -> Callable[[Row], tuple[int, Any]]:
    """Nothing comes first, unless NULLS LAST; texts are ordered without regard to case."""
    nothing = 2 if order.nulls_last is not order.is_descending else 0
    is_text = resolved.field.type not in ("id", "reference")

    def key(row: Row) -> tuple[int, Any]:
        value = resolved.get(row)
        if value is None:
            return (nothing, 0)
        return (1, value.lower() if isinstance(value, str) and is_text else value)

    return key
