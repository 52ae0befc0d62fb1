"""Constants beside a field: of its type, or a finding that says how to write them."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Final

from stalewatch.domain.language.diagnostics import Cure, Findings, cure
from stalewatch.domain.language.model import FieldType, Literal, Ref
from stalewatch.domain.language.nearest import narrowed
from stalewatch.domain.language.nodes import Scalar
from stalewatch.domain.language.scalars import moment
from stalewatch.domain.language.scope import CLOCK_WORDS, Scope
from stalewatch.domain.language.terms import TYPES

_MOST_NAMED: Final = 12
_MEANT: Final = {
    **dict.fromkeys(("yes", "y", "on", "1", "はい", "true"), "true"),
    **dict.fromkeys(("no", "n", "off", "0", "いいえ", "false"), "false"),
}
"""What YAML 1.1 and people write for yes and no."""


def literal_for(ref: Ref, node: Scalar, scope: Scope, findings: Findings) -> Literal | None:
    """The constant that a field is compared with; None, and a finding, if it is none of the field's type."""
    if ref.type is FieldType.CHOICE:
        return _choice(ref, node, scope, findings)
    if ref.type is FieldType.BOOL:
        return _yes_no(node, findings)
    if ref.type.is_number:
        return _number(ref, node, findings)
    if ref.type.is_time:
        return _time(ref, node, findings)
    if isinstance(node.value, str):
        _offered(ref, node, scope, findings)
        return Literal(node.text, ref.type)
    _mismatch(ref, node, cure("quote", text=node.text), findings)
    return None


def _choice(ref: Ref, node: Scalar, scope: Scope, findings: Findings) -> Literal | None:
    values = scope.values(ref)
    if node.text in values or (not values and node.value is not None):
        _offered(ref, node, scope, findings)
        return Literal(node.text, FieldType.CHOICE)
    remedy, titles = cure("one_of", names=", ".join(values)), scope.value_titles(ref)
    findings.unknown("unknown_value", node, node.text, values, remedy, titles=titles, field=ref.name)
    return None


def _offered(ref: Ref, node: Scalar, scope: Scope, findings: Findings) -> None:
    """Warn of a value that the CRM's own list does not have: no record will ever have it."""
    known = scope.offered(ref)
    if known and node.text not in known:
        remedy = cure("one_of_theirs", names=", ".join(known[:_MOST_NAMED]) + ", …" * (len(known) > _MOST_NAMED))
        findings.unknown("not_offered", node, node.text, known, remedy, field=ref.name)


def _yes_no(node: Scalar, findings: Findings) -> Literal | None:
    if isinstance(node.value, bool):
        return Literal(node.value, FieldType.BOOL)
    meant = _MEANT.get(narrowed(node.text).lower())
    remedy = cure("write", text=meant) if meant else cure("true_or_false")
    findings.report("not_true_false", node, remedy, text=node.text, type=TYPES[type_of(node)])
    return None


def _number(ref: Ref, node: Scalar, findings: Findings) -> Literal | None:
    if isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return Literal(float(node.value), ref.type)
    number = _digits(node.text)
    remedy = cure("without_quotes", number=number) if number else cure("write_number")
    _mismatch(ref, node, remedy, findings)
    return None


def _time(ref: Ref, node: Scalar, findings: Findings) -> Literal | None:
    value = moment(node.text) if isinstance(node.value, str) else node.value
    if isinstance(value, datetime):
        return Literal(value, FieldType.DATETIME)
    if isinstance(value, date):
        return Literal(value, FieldType.DATE)
    if node.text.lower() in CLOCK_WORDS:
        findings.report("reads_clock", node, cure("clock"), name=node.text)
    else:
        _mismatch(ref, node, cure("write_date"), findings)
    return None


def _mismatch(ref: Ref, node: Scalar, remedy: Cure, findings: Findings) -> None:
    kind = type_of(node)
    shown = f"'{node.text}'" if kind is FieldType.TEXT else node.text
    findings.report("type_mismatch", node, remedy, field=ref.name, type=TYPES[ref.type], other=TYPES[kind], value=shown)


def type_of(node: Scalar) -> FieldType:
    """The type of a constant by itself."""
    match node.value:
        case bool():
            return FieldType.BOOL
        case int() | float():
            return FieldType.INT
        case datetime():
            return FieldType.DATETIME
        case date():
            return FieldType.DATE
        case _:
            return FieldType.TEXT


def _digits(text: str) -> str:
    """`3_000_000` for `3,000,000円`; nothing if the text is more than a number with its sign of money."""
    bare = re.sub(r"[,_\s¥$€円]", "", narrowed(text))
    return f"{int(bare):_}" if re.fullmatch(r"[0-9]{1,18}", bare, re.ASCII) else ""
