"""`exceptions:`, records for which named rules are silent until a date."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from datetime import date
from typing import Final

from stalewatch.domain.language.conditions import parse_condition
from stalewatch.domain.language.diagnostics import cure
from stalewatch.domain.language.model import Place, RuleException
from stalewatch.domain.language.nodes import Mapping
from stalewatch.domain.language.rules import watch_of
from stalewatch.domain.language.setting import Setting
from stalewatch.domain.language.shapes import check_keys, date_of, scalars_of, text_of
from stalewatch.domain.language.terms import THINGS

_KEYS: Final = ("watch", "where", "rules", "until", "because", "owner")
_WATCH: Final = "deal"


def parse_exception(
    node: Mapping, rules: Dict[str, str | None], lost: frozenset[str], setting: Setting
) -> RuleException | None:
    """One exception.

    Args:
        rules: what each rule of the check watches, by id (None where that could not be read).
        lost: ids of rules that could not be read at all.
    """
    findings = setting.findings
    check_keys(node, _KEYS, "exception", findings)
    names = scalars_of("rules", node.get("rules"), findings)
    if not names:
        findings.report("missing_word", node, cure("add_word", key="rules"), thing=THINGS["exception"], key="rules")
    for name in names:
        if name.text not in rules and name.text not in lost:
            findings.unknown("unknown_excepted", name, name.text, rules)
    watch = watch_of(node.get("watch"), setting)
    if "watch" not in node:
        watch = next((rules[name.text] for name in names if rules.get(name.text)), _WATCH)
    where_node = node.get("where")
    where = parse_condition(where_node, setting.scope(watch), findings) if where_node else None
    because, owner = (text_of(key, node.get(key), findings) for key in ("because", "owner"))
    until = _until(node, setting)
    if until is None or watch is None or (where_node and where is None):
        return None
    place = Place(node.span.file, node.span.line, node.span.column)
    ids = tuple(name.text for name in names)
    return RuleException(watch, where, ids, until, because or "", owner, place)


def _until(node: Mapping, setting: Setting) -> date | None:
    written = node.get("until")
    if written is None:
        setting.findings.report("endless_exception", node, cure("exception_until"))
        return None
    until, today = date_of("until", written, setting.findings), setting.options.today
    if until is not None and today is not None and until < today:
        setting.findings.report("ended_exception", written, cure("remove_exception"), date=until.isoformat())
    return until
