"""`field: value`, `field: [a, b]`, `field: {at_least: 3}`: what a field is compared with, in mapping form."""

from __future__ import annotations

from typing import Final

from stalewatch.domain.language.diagnostics import Filler, Findings, cure
from stalewatch.domain.language.literals import literal_for
from stalewatch.domain.language.model import (
    All,
    Compare,
    Condition,
    Contains,
    IsSet,
    Literal,
    Not,
    OneOf,
    Ref,
)
from stalewatch.domain.language.nodes import Mapping, Node, Scalar, Sequence, is_empty
from stalewatch.domain.language.scope import Scope
from stalewatch.domain.language.terms import TYPES

_ORDER: Final = {"at_least": ">=", "more_than": ">", "at_most": "<=", "below": "<", "before": "<", "after": ">"}
_TIMES: Final = ("before", "after")
_EQUAL: Final = {"is": False, "not": True, "in": False, "not_in": True}
COMPARISONS: Final = (*_ORDER, *_EQUAL, "contains")


def compared(ref: Ref, node: Node, scope: Scope, findings: Findings) -> Condition | None:
    """The condition that a field meets if it compares so with what stands beside it."""
    if isinstance(node, Mapping):
        parts = [_operator(ref, entry.key, entry.value, scope, findings) for entry in node]
        if not parts:
            findings.report("condition_null", node, cure("empty_or_set"), field=ref.name)
        return joined(parts)
    return _equal(ref, node, scope, findings, negated=False)


def joined(parts: list[Condition | None]) -> Condition | None:
    """All of the parts; None if one of them could not be read."""
    sound = [part for part in parts if part is not None]
    if not parts or len(sound) < len(parts):
        return None
    return sound[0] if len(sound) == 1 else All(tuple(sound))


def _operator(ref: Ref, key: Scalar, node: Node, scope: Scope, findings: Findings) -> Condition | None:
    if key.text in _EQUAL:
        return _equal(ref, node, scope, findings, negated=_EQUAL[key.text])
    if key.text in _ORDER:
        return _ordered(ref, key, node, scope, findings)
    if key.text == "contains":
        return _contains(ref, key, node, findings)
    remedy = cure("one_of", names=", ".join(COMPARISONS))
    findings.unknown("unknown_comparison", key, key.text, COMPARISONS, remedy)
    return None


def _equal(ref: Ref, node: Node, scope: Scope, findings: Findings, *, negated: bool) -> Condition | None:
    if isinstance(node, Sequence) and node.items:
        found = [_value(ref, item, scope, findings) for item in node.items]
        values = tuple(value for value in found if value is not None)
        return OneOf(ref, values, negated) if len(values) == len(found) else None
    if isinstance(node, Scalar) and node.plain and node.text in ("empty", "set"):
        return IsSet(ref) if (node.text == "set") is not negated else Not(IsSet(ref))
    literal = _value(ref, node, scope, findings)
    return Compare("!=" if negated else "==", ref, literal) if literal else None


def _value(ref: Ref, node: Node, scope: Scope, findings: Findings) -> Literal | None:
    if not isinstance(node, Scalar):
        findings.report("not_a_condition", node, cure("condition_example"))
        return None
    if is_empty(node):
        findings.report("condition_null", node, cure("empty_or_set"), field=ref.name)
        return None
    return literal_for(ref, node, scope, findings)


def _ordered(ref: Ref, key: Scalar, node: Node, scope: Scope, findings: Findings) -> Condition | None:
    if not (ref.type.is_time or (ref.type.is_number and key.text not in _TIMES)):
        findings.report("no_order", key, cure("one_of", names="is, not, in, not_in"), **_named(ref))
        return None
    literal = _value(ref, node, scope, findings)
    return Compare(_ORDER[key.text], ref, literal) if literal else None


def _contains(ref: Ref, key: Scalar, node: Node, findings: Findings) -> Condition | None:
    if not ref.type.is_text:
        findings.report("contains_text_only", key, cure("one_of", names="is, not, in, not_in"), **_named(ref))
        return None
    if not isinstance(node, Scalar) or is_empty(node) or not node.text:
        findings.report("condition_null", node, cure("quote", text="..."), field=ref.name)
        return None
    return Contains(ref, node.text)


def _named(ref: Ref) -> dict[str, Filler]:
    return {"field": ref.name, "type": TYPES[ref.type]}
