"""`bands:` and `scores:`, fields that the rules compute themselves."""

from __future__ import annotations

from typing import Final

from stalewatch.domain.language.conditions import parse_condition
from stalewatch.domain.language.diagnostics import Findings, cure
from stalewatch.domain.language.model import Band, Condition, Ref, Score, Words
from stalewatch.domain.language.nodes import Entry, Mapping, Node, Scalar, Sequence, is_empty
from stalewatch.domain.language.rules import watch_of
from stalewatch.domain.language.setting import Setting
from stalewatch.domain.language.shapes import check_keys, items_of, mapping_of, missing, name_of, number_of, wrong
from stalewatch.domain.language.terms import THINGS, TYPES

_BAND_KEYS: Final = ("of", "rows")
_ROW_KEYS: Final = ("name", "below")
_SCORE_KEYS: Final = ("watch", "items")
_ROW: Final[Words] = {"en": "row", "ja": "行"}


def parse_band(entry: Entry, setting: Setting) -> Band | None:
    """`price_band: {of: amount, rows: [{name: low, below: 3_000_000}, ..., {name: high}]}`."""
    name, findings = name_of(entry.name, entry.key, setting.findings), setting.findings
    node = _body(entry, setting)
    if name is None or node is None:
        return None
    check_keys(node, _BAND_KEYS, "band", findings)
    if any(name in fields for fields in setting.catalogue.objects.values()):
        findings.report("taken_name", entry.key, cure("another_name"), name=name)
    _check_whole(entry, node, _BAND_KEYS, _named("band", name), setting)
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
        kind, remedy = TYPES[ref.type], cure("number_fields")
        wanted = THINGS["number"]
        setting.findings.report("needs_kind", node, remedy, key="of", wanted=wanted, field=ref.name, type=kind)
        return None
    return ref


def _body(entry: Entry, setting: Setting) -> Mapping | None:
    """What stands under a name; nothing at all is a mapping without keys."""
    if is_empty(entry.value):
        return Mapping(entry.key.span, ())
    return mapping_of(entry.name, entry.value, setting.findings)


def _named(thing: str, name: str) -> Words:
    return {"en": f"{thing} `{name}`", "ja": f"{THINGS[thing]['ja']} `{name}`"}


def _check_whole(entry: Entry, node: Mapping, keys: tuple[str, ...], thing: Words, setting: Setting) -> None:
    for key in keys:
        if _says_nothing(node.get(key)):
            missing(key, node, keys, thing, setting.findings, entry.key)


def _says_nothing(node: Node | None) -> bool:
    """`items: {}` and `rows: []` are as good as left out."""
    parts = node.entries if isinstance(node, Mapping) else node.items if isinstance(node, Sequence) else (node,)
    return is_empty(node) or not parts


def _rows(node: Node | None, setting: Setting) -> tuple[tuple[str, float | None], ...]:
    findings, rows = setting.findings, list[tuple[str, float | None]]()
    before: tuple[Mapping, float] | None = None
    for item in items_of("rows", node, findings):
        row = _row(item, findings)
        if row is None:
            continue
        mapping, name, below = row
        bound = float("inf") if below is None else below
        if before is not None and bound <= before[1]:
            findings.report("row_never_used", mapping, cure("remove_row"), line=before[0].span.line)
        elif any(name == other for other, _ in rows):
            remedy = cure("another_name")
            findings.report("duplicate_name", mapping.get("name") or mapping, remedy, thing=_ROW, name=name)
        else:
            rows.append((name, below))
        before = mapping, max(bound, before[1]) if before else bound
    return tuple(rows)


def _row(item: Node, findings: Findings) -> tuple[Mapping, str, float | None] | None:
    """One row with its name and its bound."""
    if not isinstance(item, Mapping):
        wrong("rows", item, "mapping", findings, cure("write_row", text=item.text if isinstance(item, Scalar) else "…"))
        return None
    check_keys(item, _ROW_KEYS, "band_row", findings)
    if "name" not in item:
        missing("name", item, _ROW_KEYS, THINGS["band_row"], findings)
    name = name_of("name", item.get("name"), findings)
    below = number_of("below", item.get("below"), findings)
    return None if name is None else (item, name, below)


def parse_score(entry: Entry, setting: Setting) -> Score | None:
    """`meddic: {watch: deal, items: {metrics: {filled: metrics}, ...}}`; items may name bands, no other scores."""
    name, findings = name_of(entry.name, entry.key, setting.findings), setting.findings
    node = _body(entry, setting)
    if name is None or node is None:
        return None
    check_keys(node, _SCORE_KEYS, "score", findings)
    _check_whole(entry, node, _SCORE_KEYS, _named("score", name), setting)
    watch = watch_of(node.get("watch"), setting)
    items = mapping_of("items", node.get("items"), findings)
    if watch is None:
        return None
    return Score(name, watch, _items(items, watch, setting) if items else ())


def _items(node: Mapping, watch: str, setting: Setting) -> tuple[tuple[str, Condition], ...]:
    scope = setting.scope(watch)
    found = [(entry.name, parse_condition(entry.value, scope, setting.findings)) for entry in node]
    return tuple((name, condition) for name, condition in found if condition is not None)
