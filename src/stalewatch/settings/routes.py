"""`routes:` and `escalations:`: who is told, first match wins, and who is told next if nobody acts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from stalewatch.domain.language.diagnostics import cure
from stalewatch.domain.language.nodes import Entry, Node, Scalar, Sequence, is_empty
from stalewatch.domain.language.nodes import Mapping as Keys
from stalewatch.domain.language.times_of_day import read_time
from stalewatch.domain.levels import Level, Levels
from stalewatch.domain.route_conditions import FieldTest, Where
from stalewatch.domain.routing import EVERYTHING_ELSE, NINE, OnUnknown, Route
from stalewatch.sdk.notifier import Style
from stalewatch.settings.section import Section
from stalewatch.settings.targets import read_targets

_STYLES: Final = (Style.DIGEST.value, Style.IMMEDIATE.value)
_ON_UNKNOWN: Final = (OnUnknown.PARK.value, OnUnknown.RESEND.value)
_ONE_VALUE: Final = ("is", "not", "at_least", "more_than", "at_most", "below")
_LISTS: Final = {"is": "in", "not": "not_in", "in": "in", "not_in": "not_in"}
_GROUP_BY: Final = ("owner", "deal", "rule", "team", "stage")


def read_routes(root: Section, people: Collection[str], *, letters: bool) -> tuple[Route, ...]:
    """The routes in their order; without any, everything goes to the owner's digest."""
    routes = tuple(_route(row, number, people, letters=letters) for number, row in enumerate(root.rows("routes"), 1))
    return routes or (EVERYTHING_ELSE,)


def _route(row: Section, number: int, people: Collection[str], *, letters: bool) -> Route:
    row.only("name", "where", "to", "style", "digest", "on_unknown")
    digest = row.inner("digest")
    at, group_by = NINE, EVERYTHING_ELSE.group_by
    if digest is not None:
        digest.only("at", "group_by")
        when = digest.get("at")
        at = _or_nine(read_time(when, row.findings) if when is not None else None)
        group_by = _grouped(digest) or group_by
    where = row.inner("where")
    return Route(
        name=row.text("name") or f"route {number}",
        to=read_targets(row, people, letters=letters),
        matches=None if where is None else read_where(where),
        style=Style(row.word("style", _STYLES) or Style.DIGEST),
        digest_at=at,
        group_by=group_by,
        on_unknown=OnUnknown(row.word("on_unknown", _ON_UNKNOWN) or OnUnknown.PARK),
    )


def _or_nine(minutes: int | None) -> int:
    return NINE if minutes is None else minutes


def _grouped(digest: Section) -> tuple[str, ...]:
    for node in digest.scalars("group_by"):
        if node.text not in _GROUP_BY:
            remedy = cure("one_of", names=", ".join(_GROUP_BY))
            digest.findings.unknown("unknown_value", node, node.text, _GROUP_BY, remedy, field="group_by")
    return tuple(name for name in digest.names("group_by") if name in _GROUP_BY)


def read_where(section: Section) -> Where:
    """The tests of a `where`; whether its fields exist is checked with the catalogue, later."""
    return Where(tuple(test for entry in section.node for test in _tests(entry, section)))


def _tests(entry: Entry, section: Section) -> list[FieldTest]:
    if entry.name == "filled":
        return [FieldTest(name, "set") for name in section.names("filled")]
    if entry.name in ("all", "any", "none", "expr", "entered"):
        section.findings.report("not_in_a_route", entry.key, cure("condition_example"), name=entry.name)
        return []
    if isinstance(entry.value, Keys):
        found = [_compared(entry.name, inner, section) for inner in entry.value]
    else:
        found = [_equal(entry.name, "is", entry.value, section)]
    return [test for test in found if test is not None]


def _compared(field: str, entry: Entry, section: Section) -> FieldTest | None:
    if entry.name in _LISTS and isinstance(entry.value, Sequence):
        return _equal(field, entry.name, entry.value, section)
    if entry.name in _ONE_VALUE:
        return _equal(field, entry.name, entry.value, section)
    known = (*_ONE_VALUE, "in", "not_in")
    remedy = cure("one_of", names=", ".join(known))
    section.findings.unknown("unknown_comparison", entry.key, entry.name, known, remedy)
    return None


def _equal(field: str, word: str, node: Node, section: Section) -> FieldTest | None:
    if isinstance(node, Sequence) and word in _LISTS:
        values = tuple(value for item in node.items if (value := _value(item)) is not None)
        if values and len(values) == len(node.items):
            return FieldTest(field, _LISTS[word], values)
    elif isinstance(node, Scalar) and not is_empty(node):
        if node.plain and node.text in ("set", "empty") and word == "is":
            return FieldTest(field, node.text)
        return FieldTest(field, word, _value(node))
    section.findings.report("not_a_condition", node, cure("condition_example"))
    return None


def _value(node: Node) -> str | bool | int | float | None:
    value = node.value if isinstance(node, Scalar) else None
    return value if isinstance(value, str | bool | int | float) else (node.text if isinstance(node, Scalar) else None)


def read_escalations(root: Section, people: Collection[str], *, letters: bool) -> Mapping[str, Levels] | None:
    """The ladders by name; None if the project says nothing of them."""
    section = root.inner("escalations")
    if section is None:
        return None
    return {entry.name: tuple(_steps(section, entry.name, people, letters=letters)) for entry in section.node}


def _steps(section: Section, name: str, people: Collection[str], *, letters: bool) -> list[Level]:
    steps = []
    for row in section.rows(name):
        row.only("after", "to", "say", "style", "stop")
        row.need("after")
        after, to = row.duration("after"), read_targets(row, people, letters=letters)
        style = row.word("style", _STYLES)
        say, stop = row.word("say", ("again",)), row.flag("stop")
        if after is not None:
            way = Style(style) if style else None
            steps.append(Level(after=after, to=to, again=say is not None, style=way, stop=stop))
    return steps
