"""Values in expressions, with their types checked while the nodes are built."""

from __future__ import annotations

import operator as op
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from stalewatch.domain.language.diagnostics import Findings, cure
from stalewatch.domain.language.literals import literal_for, type_of
from stalewatch.domain.language.model import (
    All,
    Arithmetic,
    Compare,
    Condition,
    FieldType,
    Literal,
    OneOf,
    Ref,
    Term,
    Words,
)
from stalewatch.domain.language.nodes import Scalar, Span
from stalewatch.domain.language.scope import Scope
from stalewatch.domain.language.terms import TYPES

_FLIPPED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_CALCULATE: Final[Mapping[str, Callable[[float, float], float]]] = {
    "+": op.add,
    "-": op.sub,
    "*": op.mul,
    "/": op.truediv,
}
_UNREADABLE: Final = All(())
"""Stands for a condition whose fault has been reported, so that the rest is still checked."""


@dataclass(frozen=True, slots=True)
class Operand:
    """A value where it stands. `term` is None if its name is unknown; `constant` is set for a constant."""

    term: Term | None
    span: Span
    constant: Scalar | None = None

    @property
    def type(self) -> FieldType:
        match self.term:
            case Ref(type=kind) | Literal(type=kind):
                return kind
            case _:
                return FieldType.MONEY if _has_money(self.term) else FieldType.INT

    def described(self) -> Words:
        """`amount (money)`, or the type alone where it has no name."""
        words = TYPES[self.type]
        if not isinstance(self.term, Ref):
            return words
        return {"en": f"{self.term.name} ({words['en']})", "ja": f"{self.term.name}({words['ja']})"}


def _has_money(term: Term | None) -> bool:
    if isinstance(term, Arithmetic):
        return _has_money(term.left) or _has_money(term.right)
    return term is not None and term.type is FieldType.MONEY


def constant(node: Scalar) -> Operand:
    """A constant by itself; beside a field it takes the field's type."""
    value = float(node.value) if type_of(node) is FieldType.INT else node.text  # type: ignore[arg-type]
    known = node.value if isinstance(node.value, bool) else value
    return Operand(Literal(known, type_of(node)), node.span, node)


def truth(operand: Operand, findings: Findings) -> Condition:
    """A value by itself where a yes/no is needed: only a yes/no field is one."""
    term = operand.term
    if isinstance(term, Ref) and term.type is FieldType.BOOL:
        return Compare("==", term, Literal(True, FieldType.BOOL))
    if isinstance(term, Ref):
        findings.report("not_yes_no", operand.span, cure("expression_words"), what=f"`{term.name}`")
    elif term is not None:
        findings.report("only_constants", operand.span, cure("some_field"))
    return _UNREADABLE


def arithmetic(sign: str, left: Operand, right: Operand, findings: Findings) -> Operand:
    """`left sign right` on numbers; two constants are calculated here and now."""
    if left.term is None or right.term is None:
        return Operand(None, left.span)
    for side in (left, right):
        if not side.type.is_number:
            findings.report("no_arithmetic", side.span, cure("number_fields"), type=side.described())
            return Operand(None, left.span)
    if isinstance(left.term, Literal) and isinstance(right.term, Literal):
        return _calculated(sign, left, right, findings)
    return Operand(Arithmetic(sign, left.term, right.term), left.span)


def _calculated(sign: str, left: Operand, right: Operand, findings: Findings) -> Operand:
    a, b = _value(left), _value(right)
    if sign == "/" and b == 0:
        findings.report("unexpected", right.span, text="/ 0")
        return Operand(None, left.span)
    value = _CALCULATE[sign](a, b)
    return constant(Scalar(left.span, f"{value:g}", value, True))


def _value(operand: Operand) -> float:
    known = operand.constant.value if operand.constant else None
    return float(known) if isinstance(known, int | float) else 0.0


def comparison(sign: str, left: Operand, right: Operand, scope: Scope, findings: Findings) -> Condition:
    """`left sign right`, the field on the left."""
    if left.term is None or right.term is None:
        return _UNREADABLE
    if left.constant and right.constant:
        findings.report("only_constants", left.span, cure("some_field"))
        return _UNREADABLE
    if left.constant:
        return comparison(_FLIPPED[sign], right, left, scope, findings)
    if not _can_compare(sign, left, right, findings):
        return _UNREADABLE
    if right.constant and isinstance(left.term, Ref):
        literal = literal_for(left.term, right.constant, scope, findings)
        return Compare(sign, left.term, literal) if literal else _UNREADABLE
    return Compare(sign, left.term, right.term)


def _can_compare(sign: str, left: Operand, right: Operand, findings: Findings) -> bool:
    ordered = left.type.is_number or left.type.is_time
    if sign not in ("==", "!=") and not ordered and isinstance(left.term, Ref):
        names = "==, !=, in, is empty, is set"
        kind = TYPES[left.type]
        findings.report("no_order", left.span, cure("one_of", names=names), field=left.term.name, type=kind)
        return False
    literal_decides = right.constant is not None and isinstance(left.term, Ref)
    if literal_decides or _family(left.type) == _family(right.type):
        return True
    remedy = cure("number_fields" if left.type.is_number else "time_fields" if left.type.is_time else "some_field")
    findings.report("types_differ", right.span, remedy, left=left.described(), right=right.described())
    return False


def _family(kind: FieldType) -> str:
    if kind.is_number:
        return "number"
    return "time" if kind.is_time else "text" if kind.is_text else kind.value


def one_of(left: Operand, constants: list[Scalar], negated: bool, scope: Scope, findings: Findings) -> Condition:
    """`field in [a, b]`."""
    if left.term is None:
        return _UNREADABLE
    if not isinstance(left.term, Ref):
        findings.report("only_constants", left.span, cure("some_field"))
        return _UNREADABLE
    found = [literal_for(left.term, node, scope, findings) for node in constants]
    return OneOf(left.term, tuple(literal for literal in found if literal), negated)
