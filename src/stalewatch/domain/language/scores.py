"""`bands:` and `scores:`, fields that the rules compute themselves."""

from __future__ import annotations

from stalewatch.domain.language.conditions import parse_condition
from stalewatch.domain.language.diagnostics import cure
from stalewatch.domain.language.model import Band, Condition, FieldType, Ref, Score
from stalewatch.domain.language.nodes import Entry, Mapping, Node, Scalar
from stalewatch.domain.language.rules import watch_of
from stalewatch.domain.language.setting import Setting
from stalewatch.domain.language.shapes import check_keys, items_of, mapping_of, name_of, number_of, wrong
from stalewatch.domain.language.terms import THINGS, TYPES


def parse_band(entry: Entry, setting: Setting) -> Band | None:
    """`price_band: {of: amount, rows: [{name: low, below: 3_000_000}, ..., {name: high}]}`."""
    name, findings = name_of(entry.name, entry.key, setting.findings), setting.findings
    node = mapping_of(entry.name, entry.value, findings)
    if name is None or node is None:
        return None
    check_keys(node, ("of", "rows"), "band", findings)
    if any(name in fields for fields in setting.catalogue.objects.values()):
        findings.report("taken_name", entry.key, name=name)
    for key in ("of", "rows"):
        if key not in node:
            findings.report("missing_word", entry.key, cure("add_word", key=key), thing=THINGS["band"], key=key)
    of = _measured(node.get("of"), setting)
    rows = _rows(node.get("rows"), setting)
    return Band(name, of, rows) if of and rows else None


def _measured(node: Node | None, setting: Setting) -> Ref | None:
    """The number field that a band divides."""
    if node is None:
        return None
    if not isinstance(node, Scalar):
        wrong("of", node, "name", setting.findings)
        return None
    ref = setting.scope(None).ref(node.text, node, setting.findings)
    if ref and not ref.type.is_number:
        setting.findings.report("wrong_shape", node, key="of", wanted=TYPES[FieldType.INT])
        return None
    return ref


def _rows(node: Node | None, setting: Setting) -> tuple[tuple[str, float | None], ...]:
    findings, rows, bound = setting.findings, list[tuple[str, float | None]](), float("-inf")
    for item in items_of("rows", node, findings):
        row = mapping_of("rows", item, findings)
        if row is None:
            continue
        check_keys(row, ("name", "below"), "band_row", findings)
        name = name_of("name", row.get("name"), findings)
        if "name" not in row:
            findings.report("missing_word", row, cure("add_word", key="name"), thing=THINGS["band_row"], key="name")
        below = number_of("below", row.get("below"), findings)
        if (float("inf") if below is None else below) <= bound:
            findings.report("row_never_used", row, cure("remove_row"), line=row.span.line - 1)
        bound = float("inf") if below is None else below
        if name is not None and any(name == other for other, _ in rows):
            findings.report("duplicate_name", row, thing=THINGS["band_row"], name=name)
        elif name is not None:
            rows.append((name, below))
    return tuple(rows)


def parse_score(entry: Entry, setting: Setting) -> Score | None:
    """`meddic: {watch: deal, items: {metrics: {filled: metrics}, ...}}`; items may name bands, no other scores."""
    name, findings = name_of(entry.name, entry.key, setting.findings), setting.findings
    node = mapping_of(entry.name, entry.value, findings)
    if name is None or node is None:
        return None
    check_keys(node, ("watch", "items"), "score", findings)
    for key in ("watch", "items"):
        if key not in node:
            findings.report("missing_word", entry.key, cure("add_word", key=key), thing=THINGS["score"], key=key)
    watch = watch_of(node.get("watch"), setting)
    items = mapping_of("items", node.get("items"), findings)
    if watch is None:
        return None
    return Score(name, watch, _items(items, watch, setting) if items else ())


def _items(node: Mapping, watch: str, setting: Setting) -> tuple[tuple[str, Condition], ...]:
    scope = setting.scope(watch)
    found = [(entry.name, parse_condition(entry.value, scope, setting.findings)) for entry in node]
    return tuple((name, condition) for name, condition in found if condition is not None)
