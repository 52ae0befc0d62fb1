"""POST …/search: which records a client gets, how many, and what it is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from stalewatch_sandbox.hubspot.errors import Json, invalid
from stalewatch_sandbox.hubspot.filters import BadFilter, Filter, Matches, matching
from stalewatch_sandbox.hubspot.index import SearchIndex
from stalewatch_sandbox.hubspot.kinds import Kind
from stalewatch_sandbox.hubspot.records import Version
from stalewatch_sandbox.hubspot.schema import Property, Type
from stalewatch_sandbox.hubspot.values import comparable, read_moment

WALL: Final = 10_000
"""No query answers rows beyond that one."""
LARGEST_PAGE: Final = 200
_GROUPS, _FILTERS, _IN_ALL, _CHARACTERS = 5, 6, 18, 3_000


@dataclass(frozen=True, slots=True)
class Query:
    """A search as the client asked for it."""

    groups: tuple[tuple[Filter, ...], ...]
    sort: tuple[str, bool] | None
    limit: int
    after: int
    properties: tuple[str, ...] | None
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a search; `after` is None on the last."""

    total: int
    versions: tuple[Version, ...]
    after: int | None


def read_query(body: Json, size: int, wall: int = WALL) -> Query:
    """Understand the body of a search, `size` bytes long, that may not go beyond row `wall`.

    Raises:
        Refused: 400, if it breaks a limit or has another shape.
    """
    groups = tuple(_group(group) for group in _list(body.get("filterGroups"), "filterGroups"))
    if len(groups) > _GROUPS or any(len(group) > _FILTERS for group in groups) or sum(map(len, groups)) > _IN_ALL:
        raise invalid(f"too many filters: at most {_GROUPS} filterGroups of {_FILTERS} filters, {_IN_ALL} in all")
    if size > _CHARACTERS and not any(one.values for group in groups for one in group):
        raise invalid(f"request body is too long: at most {_CHARACTERS} characters")
    limit, after = _whole(body.get("limit", 10), "limit"), _whole(body.get("after") or 0, "after")
    if not 0 <= limit <= LARGEST_PAGE:
        raise invalid(f"Expected limit to be at most {LARGEST_PAGE}, but was {limit}")
    if after + limit > wall:
        raise invalid(f"Paging through more than {wall} results of a query is not possible")
    properties = body.get("properties")
    named = tuple(map(str, _list(properties, "properties"))) if properties is not None else None
    return Query(groups, _sort(body.get("sorts")), limit, after, named or None, str(body.get("query") or ""))


def find(query: Query, index: SearchIndex, kind: Kind, schema: Mapping[str, Property]) -> Found:
    """Answer a search.

    Raises:
        Refused: 400, if a filter names an unknown property or cannot be understood.
    """
    rules = [_compiled(group, schema) for group in query.groups]
    found = list(_candidates(query, index, kind))
    if rules:
        found = [one for one in found if any(all(rule(one.properties) for rule in group) for group in rules)]
    if query.text:
        word = query.text.lower()
        found = [one for one in found if any(word in one.properties.get(name, "").lower() for name in kind.searched)]
    if query.sort:
        found = _sorted(found, query.sort, schema)
    page = tuple(found[query.after : query.after + query.limit])
    end = query.after + len(page)
    return Found(len(found), page, end if end < len(found) and page else None)


def _candidates(query: Query, index: SearchIndex, kind: Kind) -> Iterator[Version]:
    """Fewer than all where one group's filters say so; the filters still look at each."""
    if len(query.groups) != 1:
        return index.all()
    for one in query.groups[0]:
        if one.name == kind.modified and one.operator == "BETWEEN":
            low, high = read_moment(one.value or ""), read_moment(one.high or "")
            if low is not None and high is not None:
                return index.modified_between(low, high)
    for one in query.groups[0]:
        if one.name == "hs_object_id" and one.operator == "GT" and (one.value or "").isdigit():
            return index.above(int(one.value or 0))
        if one.name == "hs_object_id" and one.operator == "IN" and all(value.isdigit() for value in one.values):
            return index.numbered(map(int, one.values))
    return index.all()


def _compiled(group: tuple[Filter, ...], schema: Mapping[str, Property]) -> list[Matches]:
    rules = []
    for one in group:
        if one.name not in schema:
            raise invalid(f"There was a problem with the request: property {one.name} does not exist")
        try:
            rules.append(matching(one, schema[one.name]))
        except BadFilter as bad:
            raise invalid(f"There was a problem with the request: {bad}") from bad
    return rules


def _sorted(found: list[Version], sort: tuple[str, bool], schema: Mapping[str, Property]) -> list[Version]:
    """In order of a property, those without it last, equal ones in the order of ids."""
    name, is_descending = sort
    if name not in schema:
        raise invalid(f"There was a problem with the request: property {name} does not exist")
    type_ = schema[name].type
    keyed = [(comparable(one.properties.get(name, ""), type_), one) for one in found]
    empty = "" if type_ in (Type.STRING, Type.ENUMERATION, Type.BOOL) else None
    present = [(key, one) for key, one in keyed if key is not None and key != empty]
    missing = [one for key, one in keyed if key is None or key == empty]
    present.sort(key=lambda pair: _key(pair[0]), reverse=is_descending)
    return [*(one for _, one in present), *missing]


def _key(value: Decimal | int | str) -> tuple[Decimal | int, str]:
    return (0, value) if isinstance(value, str) else (value, "")


def _sort(said: object) -> tuple[str, bool] | None:
    """Both shapes that clients send: objects, and names with or without a minus sign."""
    sorts = _list(said, "sorts")
    if not sorts:
        return None
    if len(sorts) > 1:
        raise invalid("only one sort is allowed")
    sort = sorts[0]
    if isinstance(sort, dict):
        return str(sort.get("propertyName")), str(sort.get("direction", "ASCENDING")).upper() == "DESCENDING"
    text = str(sort)
    return text.removeprefix("-"), text.startswith("-")


def _group(said: object) -> tuple[Filter, ...]:
    if not isinstance(said, dict):
        raise invalid("filterGroups must be objects")
    return tuple(_filter(one) for one in _list(said.get("filters"), "filters"))


def _filter(said: object) -> Filter:
    if not isinstance(said, dict) or "propertyName" not in said or "operator" not in said:
        raise invalid("a filter needs propertyName and operator")
    values = tuple(map(str, _list(said.get("values"), "values")))
    return Filter(
        str(said["propertyName"]), str(said["operator"]), _text(said.get("value")), _text(said.get("highValue")), values
    )


def _text(said: object) -> str | None:
    return None if said is None else str(said)


def _list(said: object, name: str) -> list[object]:
    if said is None:
        return []
    if not isinstance(said, list):
        raise invalid(f"{name} must be a list")
    return said


def _whole(said: object, name: str) -> int:
    try:
        return int(str(said))
    except ValueError as bad:
        raise invalid(f"{name} must be a number, but was {said!r}") from bad
