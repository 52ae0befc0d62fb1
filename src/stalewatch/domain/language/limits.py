"""`within:`, the limit: one duration, rows of which the first that matches counts, or a table `by:` a field."""

from __future__ import annotations

from collections.abc import Sequence as Rows
from dataclasses import dataclass
from typing import Final

from stalewatch.domain.durations import Duration, Unit, ratio
from stalewatch.domain.language.conditions import parse_condition
from stalewatch.domain.language.diagnostics import Findings, cure
from stalewatch.domain.language.durations import read_duration
from stalewatch.domain.language.literals import literal_for
from stalewatch.domain.language.model import All, Compare, Condition, Limit, OneOf, Ref
from stalewatch.domain.language.nodes import Entry, Mapping, Node, Scalar, Sequence, is_empty
from stalewatch.domain.language.scope import Scope
from stalewatch.domain.language.shapes import missing, wrong
from stalewatch.domain.language.terms import THINGS, TYPES

_MOST_ROWS: Final = 200
"""Tables longer than this are not compared row by row."""
_BY: Final = "by"
_ELSE: Final = "else"


def parse_within(node: Node, scope: Scope, findings: Findings) -> tuple[Limit, ...]:
    """The rows of a limit, in their order; empty if none could be read."""
    if isinstance(node, Mapping):
        return _table(node, scope, findings)
    if isinstance(node, Sequence) and node.items:
        return _rows(node, scope, findings)
    duration = read_duration(node, findings)
    return (Limit(None, duration, node.span.line),) if duration else ()


@dataclass(frozen=True, slots=True)
class _Row:
    node: Node
    limit: Limit


def _rows(node: Sequence, scope: Scope, findings: Findings) -> tuple[Limit, ...]:
    rows = [row for item in node.items if (row := _row(item, scope, findings))]
    if len(rows) <= _MOST_ROWS:
        _check_used(rows, findings)
    return tuple(row.limit for row in rows)


def _row(node: Node, scope: Scope, findings: Findings) -> _Row | None:
    if not isinstance(node, Mapping):
        wrong("within", node, "mapping", findings, cure("row_example"))
        return None
    value = node.get("is")
    others = [entry for entry in node if entry.name != "is"]
    when = parse_condition(node, scope, findings, besides=("is",)) if others else None
    if value is None:
        missing("is", node, ("is",), THINGS["limit_row"], findings)
        return None
    duration = read_duration(value, findings)
    if duration is None or (others and when is None):
        return None
    return _Row(node, Limit(when, duration, value.span.line))


def _check_used(rows: Rows[_Row], findings: Findings) -> None:
    for number, row in enumerate(rows):
        earlier = next((other for other in rows[:number] if implies(row.limit.when, other.limit.when)), None)
        if earlier is not None:
            line = earlier.node.span.line
            findings.report("row_never_used", row.node, cure("remove_row"), line=line)


def implies(narrow: Condition | None, wide: Condition | None) -> bool:
    """True if it is plain to see that `wide` holds wherever `narrow` does."""
    parts = _parts(narrow)
    return all(any(_covers(part, wanted) for part in parts) for wanted in _parts(wide))


def _parts(condition: Condition | None) -> tuple[Condition, ...]:
    if condition is None:
        return ()
    return condition.parts if isinstance(condition, All) else (condition,)


def _covers(part: Condition, wanted: Condition) -> bool:
    if part == wanted:
        return True
    mine, theirs = _choices(part), _choices(wanted)
    return mine is not None and theirs is not None and mine[0] == theirs[0] and mine[1] <= theirs[1]


def _choices(condition: Condition) -> tuple[str, frozenset[object]] | None:
    if isinstance(condition, OneOf) and not condition.negated:
        return condition.ref.name, frozenset(literal.value for literal in condition.values)
    if isinstance(condition, Compare) and condition.op == "==" and isinstance(condition.left, Ref):
        return condition.left.name, frozenset({getattr(condition.right, "value", condition.right)})
    return None


def _table(node: Mapping, scope: Scope, findings: Findings) -> tuple[Limit, ...]:
    by = node.get(_BY)
    if by is None:
        findings.report("no_by", node, cure("add_by"))
        return ()
    if not isinstance(by, Scalar) or is_empty(by):
        findings.report("no_by", by, cure("add_by"))
        return ()
    ref = scope.ref(by.text, by, findings)
    if ref and (ref.type.is_number or ref.type.is_time):
        kind = TYPES[ref.type]
        remedy = cure("choice_fields")
        findings.report("needs_kind", by, remedy, key=_BY, wanted=THINGS["choice"], field=ref.name, type=kind)
        ref = None
    entries = [entry for entry in node if entry.name != _BY]
    ordered = [entry for entry in entries if entry.name != _ELSE] + [e for e in entries if e.name == _ELSE]
    if not ordered:
        findings.report("missing_word", node, cure("add_word", key=_ELSE), thing=THINGS["limit_row"], key=_ELSE)
    return tuple(limit for entry in ordered if (limit := _table_row(entry, ref, scope, findings)))


def _table_row(entry: Entry, ref: Ref | None, scope: Scope, findings: Findings) -> Limit | None:
    duration = read_duration(entry.value, findings)
    line = entry.value.span.line
    if entry.name == _ELSE:
        return Limit(None, duration, line) if duration else None
    literal = literal_for(ref, entry.key, scope, findings) if ref else None
    if ref is None or literal is None or duration is None:
        return None
    return Limit(Compare("==", ref, literal), duration, line)


def check_warn(warn: Duration, at: Node, limits: Rows[Limit], open_minutes: int, findings: Findings) -> None:
    """Report a warn that is as long as the smallest limit or longer (SW112)."""
    if not limits:
        return
    smallest = min(limits, key=lambda limit: ratio(limit.duration, _ONE_DAY, open_minutes))
    limit = smallest.duration
    if limit.amount and ratio(warn, limit, open_minutes) < 1:
        return
    third = max(1, limit.amount // 3)
    fits = Duration(third, limit.unit)
    remedy = cure("shorter_warn", text=str(fits)) if third < limit.amount else cure("remove_key", key="warn")
    findings.report("warn_too_long", at, remedy, warn=str(warn), limit=str(limit), line=smallest.line)


_ONE_DAY: Final = Duration(1, Unit.BUSINESS_DAY)
