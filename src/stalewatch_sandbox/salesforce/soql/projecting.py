"""Turns rows into the records of an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from stalewatch_sandbox.salesforce.errors import in_query
from stalewatch_sandbox.salesforce.schema import Field
from stalewatch_sandbox.salesforce.soql import nodes
from stalewatch_sandbox.salesforce.soql.resolving import Scope
from stalewatch_sandbox.salesforce.table import Row

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rendering:
    """What records need to know of the answer that they are in: the API version, and how a list of children is cut."""

    version: str
    children: Callable[[list[Row], Projection], Record]


Projection = Callable[[Row, Rendering], Record]
_Part = Callable[[Row, Record, Rendering], None]
_Children = Callable[[nodes.Query], tuple[str, Callable[[Row], list[Row]], Projection]]


def told(value: Any) -> Any:
    """A value as Salesforce writes it."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03}+0000"
    return value.isoformat() if isinstance(value, date) else value


def projection(
    scope: Scope, selected: tuple[nodes.Path | nodes.Aggregate | nodes.Query, ...], nested: _Children
) -> Projection:
    """How a row becomes a record with these fields.

    Raises:
        ApiError: for fields that are not there, or there twice.
    """
    tree: dict[str, Any] = {}
    parts: list[_Part] = []
    for one in selected:
        if isinstance(one, nodes.Query):
            parts.append(_children(*nested(one)))
        elif isinstance(one, nodes.Path):
            _plant(scope, tree, one)
    fields = _branch(scope, tree)
    name = scope.sobject.name

    def project(row: Row, rendering: Rendering) -> Record:
        record = {"attributes": attributes(name, row["Id"], rendering.version)}
        for part in (*fields, *parts):
            part(row, record, rendering)
        return record

    return project


def attributes(name: str, id_: str, version: str) -> Record:
    """What every record says of itself first."""
    return {"type": name, "url": f"/services/data/v{version}/sobjects/{name}/{id_}"}


def _plant(scope: Scope, tree: dict[str, Any], path: nodes.Path) -> None:
    """Put a path in its place in the tree of relationships."""
    resolved, branch = scope.resolve(path), tree
    for parent in resolved.parents:
        branch = branch.setdefault(parent.relationship or "", {_REFERENCE: parent})
    if resolved.field.name in branch:
        raise in_query("INVALID_FIELD", scope.text, path.at, f"duplicate field selected: {resolved.field.name}")
    branch[resolved.field.name] = resolved.field


_REFERENCE: Final = ""
"""Key of the reference field behind a branch of the tree."""


def _branch(scope: Scope, tree: dict[str, Any]) -> list[_Part]:
    return [
        _value(scope, member) if isinstance(member, Field) else _parent(scope, name, member)
        for name, member in tree.items()
        if name != _REFERENCE
    ]


def _value(scope: Scope, field: Field) -> _Part:
    name, default = field.name, False if field.type == "boolean" else None
    if field.type in ("date", "datetime"):

        def moment(row: Row, record: Record, _: Rendering) -> None:
            record[name] = told(row.get(name))

        return moment
    if field.type in ("currency", "percent", "double"):

        def number(row: Row, record: Record, _: Rendering) -> None:
            value = row.get(name)
            record[name] = None if value is None else float(value)

        return number
    if name == "Type" and field.label == "Type" and not field.values:  # of a relationship to several objects

        def kind(row: Row, record: Record, _: Rendering) -> None:
            record[name] = row.get(name) or scope.org.object_of(row["Id"])

        return kind

    def plain(row: Row, record: Record, _: Rendering) -> None:
        record[name] = row.get(name, default)

    return plain


def _parent(scope: Scope, name: str, tree: dict[str, Any]) -> _Part:
    reference: Field = tree[_REFERENCE]
    parts, org = _branch(scope, tree), scope.org
    is_mixed = len(reference.references) > 1

    def add(row: Row, record: Record, rendering: Rendering) -> None:
        parent = org.find(row.get(reference.name))
        if parent is None:
            record[name] = None
            return
        kind = "Name" if is_mixed else org.object_of(parent["Id"])
        record[name] = {"attributes": attributes(kind, parent["Id"], rendering.version)}
        for part in parts:
            part(parent, record[name], rendering)

    return add


def _children(name: str, rows_of: Callable[[Row], list[Row]], project: Projection) -> _Part:
    def add(row: Row, record: Record, rendering: Rendering) -> None:
        rows = rows_of(row)
        record[name] = rendering.children(rows, project) if rows else None

    return add
