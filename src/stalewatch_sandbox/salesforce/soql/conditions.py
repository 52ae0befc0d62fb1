"""Turns WHERE into a function of a row. What may be compared with what is as strict as in Salesforce."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any, Final, assert_never

from stalewatch_sandbox.salesforce.errors import ApiError, in_query
from stalewatch_sandbox.salesforce.ids import NotAnId, long_id
from stalewatch_sandbox.salesforce.schema import Field
from stalewatch_sandbox.salesforce.soql import nodes
from stalewatch_sandbox.salesforce.soql.lexer import PERCENT, UNDERSCORE
from stalewatch_sandbox.salesforce.soql.resolving import Scope
from stalewatch_sandbox.salesforce.soql.spans import span
from stalewatch_sandbox.salesforce.table import Row

Predicate = Callable[[Row], bool]
SubQuery = Callable[[nodes.Query], set[Any]]

_NUMBERS: Final = frozenset({"int", "double", "currency", "percent"})
_IDS: Final = frozenset({"id", "reference"})
_SMALLER: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_TAKES: Final = {"boolean": "boolean", "date": "date", "datetime": "dateTime"}


def literal_value(scope: Scope, field: Field, literal: nodes.Literal) -> Any:
    """A literal as rows hold it: ids in 18 characters, texts in lower case.

    Raises:
        ApiError: INVALID_FIELD or INVALID_QUERY_FILTER_OPERATOR, if it does not fit the field.
    """
    if literal.kind == "null":
        return None
    kind = "number" if field.type in _NUMBERS else field.type if field.type in _TAKES else "string"
    if literal.kind != kind:
        named = _TAKES.get(kind, "double" if kind == "number" else "string")
        quotes = "should be" if kind == "string" else "should not be"
        rule = f"must be of type {named} and {quotes} enclosed in quotes"
        message = f"value of filter criterion for field '{field.name}' {rule}"
        raise in_query("INVALID_FIELD", scope.text, literal.at, message)
    if field.type in _IDS:
        return _id(scope, literal)
    if kind == "string":
        return plain(str(literal.value)).lower() or None
    return literal.value


def plain(text: str) -> str:
    """A text in which escaped wildcards are what they look like."""
    return text.replace(UNDERSCORE, "_").replace(PERCENT, "%")


def _id(scope: Scope, literal: nodes.Literal) -> str | None:
    text = plain(str(literal.value))
    if not text:
        return None
    try:
        return long_id(text)
    except NotAnId:
        raise in_query("INVALID_QUERY_FILTER_OPERATOR", scope.text, literal.at, f"invalid ID field: {text}") from None


def compile_condition(scope: Scope, condition: nodes.Condition, sub_query: SubQuery) -> Predicate:
    """The condition as a function.

    Raises:
        ApiError: for names and values that do not fit.
    """
    match condition:
        case nodes.Every():
            every = [compile_condition(scope, one, sub_query) for one in condition.conditions]
            return lambda row: all(one(row) for one in every)
        case nodes.Any():
            some = [compile_condition(scope, one, sub_query) for one in condition.conditions]
            return lambda row: any(one(row) for one in some)
        case nodes.Not():
            inner = compile_condition(scope, condition.condition, sub_query)
            return lambda row: not inner(row)
        case nodes.Membership():
            return _membership(scope, condition, sub_query)
        case nodes.Comparison():
            return _comparison(scope, condition)
    assert_never(condition)


def _membership(scope: Scope, condition: nodes.Membership, sub_query: SubQuery) -> Predicate:
    resolved = scope.resolve(condition.path)
    if isinstance(condition.values, nodes.Query):
        if resolved.field.type not in _IDS:
            raise in_query("INVALID_FIELD", scope.text, condition.path.at, "semi join needs an id field on the left")
        wanted = sub_query(condition.values)
    else:
        wanted = {literal_value(scope, resolved.field, value) for value in condition.values}
    get, is_negated = _folded(resolved.field, resolved.get), condition.is_negated
    return lambda row: (get(row) in wanted) is not is_negated


def _comparison(scope: Scope, condition: nodes.Comparison) -> Predicate:
    resolved = scope.resolve(condition.path)
    field, sign, value = resolved.field, condition.operator, condition.value
    if not field.is_filterable:
        message = f"field '{field.name}' can not be filtered in a query call"
        raise in_query("INVALID_FIELD", scope.text, condition.path.at, message)
    get = _folded(field, resolved.get)
    if value.kind == "span":
        return _within(scope, field, get, sign, value)
    if sign == "LIKE":
        pattern = _pattern(scope, field, value)
        return lambda row: pattern.fullmatch(str(get(row) or "")) is not None
    wanted = literal_value(scope, field, value)
    if sign in ("=", "!="):
        return lambda row: (get(row) == wanted) is (sign == "=")
    if field.type == "boolean" or (wanted is None and field.type not in _IDS):
        raise ApiError(400, "INVALID_FIELD", f"invalid operator on {field.type} field")
    wanted = wanted or ("" if field.type in _IDS else wanted)  # every id is greater than an empty one
    compare = _SMALLER[sign]
    return lambda row: (found := get(row)) is not None and compare(found, wanted)


def _folded(field: Field, get: Callable[[Row], Any]) -> Callable[[Row], Any]:
    """Values as they are compared: texts without regard to case and an empty one as none, times in whole seconds."""
    if field.type == "datetime":
        return lambda row: found.replace(microsecond=0) if (found := get(row)) is not None else None
    if field.type in _IDS or field.type in _NUMBERS or field.type in _TAKES:
        return get
    return lambda row: str(get(row) or "").lower() or None


def _pattern(scope: Scope, field: Field, value: nodes.Literal) -> re.Pattern[str]:
    if value.kind != "string" or field.type in _NUMBERS or field.type in _TAKES or field.type in _IDS:
        raise in_query("INVALID_FIELD", scope.text, value.at, f"invalid operator on {field.type} field")
    pieces = {"%": ".*", "_": ".", UNDERSCORE: "_", PERCENT: "%"}
    text = "".join(pieces.get(char) or re.escape(char.lower()) for char in str(value.value))
    return re.compile(text, re.DOTALL)


def _within(scope: Scope, field: Field, get: Callable[[Row], Any], sign: str, value: nodes.Literal) -> Predicate:
    """A comparison with a span of days: before it, in it, behind it."""
    days = span(str(value.value), scope.org.clock.now().date())
    if days is None or field.type not in ("date", "datetime"):
        raise in_query("MALFORMED_QUERY", scope.text, value.at, f"unexpected token: '{value.value}'")
    low, high = (_start(day) if field.type == "datetime" else day for day in days)
    tests: dict[str, Callable[[Any], bool]] = {
        "=": lambda found: low <= found < high,
        "!=": lambda found: not low <= found < high,
        "<": lambda found: found < low,
        "<=": lambda found: found < high,
        ">": lambda found: found >= high,
        ">=": lambda found: found >= low,
    }
    if sign not in tests:
        raise in_query("MALFORMED_QUERY", scope.text, value.at, f"unexpected token: '{value.value}'")
    test = tests[sign]
    return lambda row: (found := get(row)) is not None and test(found)


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
