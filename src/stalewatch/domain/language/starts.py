"""`start:`, what starts the clock."""

from __future__ import annotations

from typing import Final

from stalewatch.domain.language.conditions import parse_condition
from stalewatch.domain.language.diagnostics import Cure, Findings, cure
from stalewatch.domain.language.model import Combine, Each, FromFields, Ref, Since, Start
from stalewatch.domain.language.nodes import Entry, Mapping, Node, Scalar, is_empty
from stalewatch.domain.language.scope import Scope
from stalewatch.domain.language.shapes import scalars_of
from stalewatch.domain.language.terms import TYPES

_COMBINES: Final = {combine.value: combine for combine in Combine}
STARTS: Final = (*_COMBINES, "since", "each")


def parse_start(node: Node, scope: Scope, events: tuple[str, ...], findings: Findings) -> Start | None:
    """A field, or one of latest_of, earliest_of, first_of, since, each."""
    if isinstance(node, Scalar) and not is_empty(node):
        ref = time_field(node, scope, findings, cure("use_since"))
        return FromFields(Combine.LATEST, (ref,)) if ref else None
    if not isinstance(node, Mapping) or len(node.entries) != 1:
        findings.report("not_a_start", node, cure("start_example"))
        return None
    return _worded(node.entries[0], scope, events, findings)


def _worded(entry: Entry, scope: Scope, events: tuple[str, ...], findings: Findings) -> Start | None:
    if entry.name in _COMBINES:
        return _combined(entry, scope, findings)
    if entry.name == "since":
        condition = parse_condition(entry.value, scope, findings)
        return Since(condition) if condition else None
    if entry.name == "each":
        return _each(entry.value, events, findings)
    findings.unknown("unknown_start", entry.key, entry.name, STARTS, cure("start_example"))
    return None


def _combined(entry: Entry, scope: Scope, findings: Findings) -> Start | None:
    names = scalars_of(entry.name, entry.value, findings)
    found = [time_field(name, scope, findings, cure("time_fields")) for name in names]
    refs = tuple(ref for ref in found if ref is not None)
    if not names:
        findings.report("not_a_start", entry.value, cure("start_example"))
    return FromFields(_COMBINES[entry.name], refs) if refs and len(refs) == len(found) else None


def time_field(
    node: Scalar, scope: Scope, findings: Findings, remedy: Cure, problem: str = "start_not_time"
) -> Ref | None:
    """The date or datetime field that a node names; what is no such field is reported as `problem`."""
    ref = scope.ref(node.text, node, findings)
    if ref is None or ref.type.is_time:
        return ref
    findings.report(problem, node, remedy, field=ref.name, type=TYPES[ref.type])
    return None


def _each(node: Node, events: tuple[str, ...], findings: Findings) -> Start | None:
    if not isinstance(node, Scalar) or is_empty(node):
        findings.report("not_a_start", node, cure("one_of", names=", ".join(events)))
        return None
    if node.text in events:
        return Each(node.text)
    findings.unknown("unknown_event", node, node.text, events, cure("one_of", names=", ".join(events)))
    return None
