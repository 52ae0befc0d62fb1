"""Conditions in mapping form, shared by rules, exceptions, scores, routes and `calendars.choose`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from stalewatch.domain.language.comparisons import compared, joined
from stalewatch.domain.language.diagnostics import Findings, cure
from stalewatch.domain.language.expressions import parse_expression
from stalewatch.domain.language.model import All, AnyOf, Condition, Entered, IsSet, Not, Origin
from stalewatch.domain.language.nearest import nearest
from stalewatch.domain.language.nodes import Entry, Mapping, Node, Scalar, Sequence, is_empty
from stalewatch.domain.language.scope import Scope

GROUPS: Final = ("all", "any", "none")
CONDITION_WORDS: Final = (*GROUPS, "filled", "entered", "expr")


def parse_condition(node: Node, scope: Scope, findings: Findings, besides: Iterable[str] = ()) -> Condition | None:
    """The condition of a mapping: all of its keys must hold.

    Args:
        besides: keys that do not belong to the condition (`is` in a row of `within`, `use` in a choice).

    Returns:
        None if it cannot be read; why is in `findings`.
    """
    if not isinstance(node, Mapping):
        findings.report("not_a_condition", node, cure("condition_example"))
        return None
    left_out = frozenset(besides)
    parts = [_entry(entry, scope, findings, left_out) for entry in node if entry.name not in left_out]
    if not parts:
        findings.report("not_a_condition", node, cure("condition_example"))
    return joined(parts)


def _entry(entry: Entry, scope: Scope, findings: Findings, besides: frozenset[str]) -> Condition | None:
    if entry.name in GROUPS:
        return _group(entry, scope, findings)
    if entry.name == "filled":
        return _each_field(entry, scope, findings, IsSet)
    if entry.name == "entered":
        return _entered(entry, scope, findings)
    if entry.name == "expr":
        return _expression(entry, scope, findings)
    words = CONDITION_WORDS if _near_word(entry) else besides if nearest(entry.name, besides) else ()
    if entry.name not in scope.fields and words:
        findings.unknown("unknown_field", entry.key, entry.name, words, object=scope.object)
        return None
    ref = scope.ref(entry.name, entry.key, findings)
    return compared(ref, entry.value, scope, findings) if ref else None


def _near_word(entry: Entry) -> bool:
    """A slip in `any:` or `filled:` is seen by its list of mappings, which no field is compared with."""
    return isinstance(entry.value, Sequence) and any(isinstance(item, Mapping) for item in entry.value.items)


def _group(entry: Entry, scope: Scope, findings: Findings) -> Condition | None:
    items = entry.value.items if isinstance(entry.value, Sequence) else (entry.value,)
    if not items:
        findings.report("not_a_condition", entry.value, cure("condition_example"))
        return None
    found = [parse_condition(item, scope, findings) for item in items]
    parts = tuple(part for part in found if part is not None)
    if len(parts) < len(found):
        return None
    if entry.name == "all":
        return All(parts)
    return AnyOf(parts) if entry.name == "any" else Not(AnyOf(parts))


def _entered(entry: Entry, scope: Scope, findings: Findings) -> Condition | None:
    if not scope.entered:
        findings.report("entered_elsewhere", entry.key, cure("in_until"))
        return None
    return _each_field(entry, scope, findings, Entered)


def _each_field(entry: Entry, scope: Scope, findings: Findings, test: type[IsSet] | type[Entered]) -> Condition | None:
    """`filled: [a, b]` and `entered: [a, b]`: the same test of every field of the list."""
    items = entry.value.items if isinstance(entry.value, Sequence) else (entry.value,)
    parts: list[Condition | None] = []
    for item in items:
        if not isinstance(item, Scalar) or is_empty(item):
            findings.report("not_a_condition", item, cure("condition_example"))
            parts.append(None)
            continue
        ref = scope.ref(item.text, item, findings)
        if ref and test is Entered and scope.fields[ref.name].origin is Origin.RULES:
            findings.report("entered_computed", item, cure("its_fields"), field=ref.name)
            ref = None
        parts.append(test(ref) if ref else None)
    if not items:
        findings.report("not_a_condition", entry.value, cure("condition_example"))
    return joined(parts)


def _expression(entry: Entry, scope: Scope, findings: Findings) -> Condition | None:
    if not isinstance(entry.value, Scalar) or is_empty(entry.value):
        findings.report("not_a_condition", entry.value, cure("expression_words"))
        return None
    return parse_expression(entry.value, scope, findings)
