"""One rule: where … start … within … until … (pause … warn …)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, TypeVar

from stalewatch.domain.durations import Duration
from stalewatch.domain.language.conditions import parse_condition
from stalewatch.domain.language.diagnostics import cure
from stalewatch.domain.language.durations import read_duration
from stalewatch.domain.language.limits import check_warn, parse_within
from stalewatch.domain.language.model import (
    Condition,
    FromFields,
    Limit,
    Mode,
    Place,
    Rule,
    Severity,
    Start,
)
from stalewatch.domain.language.nodes import Mapping, Node, Scalar
from stalewatch.domain.language.pauses import parse_pause
from stalewatch.domain.language.placeholders import check_message
from stalewatch.domain.language.scope import Scope
from stalewatch.domain.language.setting import Setting
from stalewatch.domain.language.shapes import check_keys, missing, name_of, scalars_of, text_of, words_of
from stalewatch.domain.language.starts import parse_start
from stalewatch.domain.language.terms import OBJECT_WORDS

REQUIRED: Final = ("id", "title", "watch", "start", "within")
RULE_KEYS: Final = (
    *REQUIRED,
    *("where", "until", "pause", "warn", "because", "severity", "mutes", "escalate", "mode", "message"),
    *("was", "owner", "tags", "use"),
)
_Word = TypeVar("_Word", bound=StrEnum)


def parse_rule(node: Mapping, pack: str, setting: Setting) -> Rule | None:
    """The rule of a mapping; None if a part of it could not be read. Every part is looked at."""
    before = len(setting.findings.found)
    check_keys(node, RULE_KEYS, "rule", setting.findings)
    _check_required(node, setting)
    rule = _assembled(node, pack, setting)
    broken = any(found.is_error for found in setting.findings.found[before:])
    return None if broken else rule


def _check_required(node: Mapping, setting: Setting) -> None:
    written = node.get("id")
    shown = f" `{written.text}`" if isinstance(written, Scalar) else ""
    thing = {"en": f"rule{shown}", "ja": f"ルール{shown}"} if shown else {"en": "a rule", "ja": "ルール"}
    for key in REQUIRED:
        if key not in node:
            missing(key, node, RULE_KEYS, thing, setting.findings)


def _assembled(node: Mapping, pack: str, setting: Setting) -> Rule | None:
    findings = setting.findings
    rule_id = name_of("id", node.get("id"), findings)
    watch = watch_of(node.get("watch"), setting)
    scope = setting.scope(watch)
    start, within, warn = _clock(node, scope, setting)
    where, until = _conditions(node, scope, setting)
    pause_node, message = node.get("pause"), node.get("message")
    pause = parse_pause(pause_node, scope, findings) if pause_node else None
    check_message(message, scope, findings)
    title, because, words = (words_of(key, node.get(key), findings) for key in ("title", "because", "message"))
    severity = _word("severity", node.get("severity"), Severity, setting) or Severity.WARNING
    mode = _word("mode", node.get("mode"), Mode, setting)
    mutes, was, tags = (_names(key, node, setting) for key in ("mutes", "was", "tags"))
    escalate, owner = _escalation(node, setting), text_of("owner", node.get("owner"), findings)
    if rule_id is None or watch is None or start is None or not within:
        return None
    return Rule(
        id=rule_id,
        pack=pack,
        title=title,
        watch=watch,
        start=start,
        within=within,
        where=where,
        until=until,
        pause=pause,
        warn=warn,
        because=because,
        severity=severity,
        mutes=mutes,
        mode=mode,
        escalate=escalate,
        message=words,
        was=was,
        tags=tags,
        owner=owner,
        place=Place(node.span.file, node.span.line, node.span.column),
    )


def watch_of(node: Node | None, setting: Setting) -> str | None:
    """The object that is watched: deal, partner_deal or lead."""
    name = text_of("watch", node, setting.findings)
    if name is None or name in setting.catalogue.objects or not isinstance(node, Scalar):
        return name
    objects = tuple(setting.catalogue.objects)
    remedy = cure("one_of", names=", ".join(objects))
    titles = {word: object_ for word, object_ in OBJECT_WORDS.items() if object_ in objects}
    setting.findings.unknown("cannot_watch", node, name, objects, remedy, titles=titles)
    return None


def _clock(node: Mapping, scope: Scope, setting: Setting) -> tuple[Start | None, tuple[Limit, ...], Duration | None]:
    start_node, within_node, warn_node = node.get("start"), node.get("within"), node.get("warn")
    findings = setting.findings
    start = parse_start(start_node, scope, setting.catalogue.events, findings) if start_node else None
    within = parse_within(within_node, scope, findings) if within_node else ()
    warn = read_duration(warn_node, findings) if warn_node else None
    dated = isinstance(start, FromFields) and start.is_dated
    if warn and warn_node and not dated:
        check_warn(warn, warn_node, within, setting.options.open_minutes, findings)
    return start, within, warn


def _conditions(node: Mapping, scope: Scope, setting: Setting) -> tuple[Condition | None, Condition | None]:
    where, until = node.get("where"), node.get("until")
    return (
        parse_condition(where, scope, setting.findings) if where else None,
        parse_condition(until, scope.with_entered(), setting.findings) if until else None,
    )


def _word(key: str, node: Node | None, words: type[_Word], setting: Setting) -> _Word | None:
    """One word of a fixed list."""
    text = text_of(key, node, setting.findings)
    if text is None or not isinstance(node, Scalar):
        return None
    names = tuple(word.value for word in words)
    if text in names:
        return words(text)
    setting.findings.unknown("unknown_severity", node, text, names, cure("one_of", names=", ".join(names)), key=key)
    return None


def _names(key: str, node: Mapping, setting: Setting) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item.text for item in scalars_of(key, node.get(key), setting.findings)))


def _escalation(node: Mapping, setting: Setting) -> str | None:
    at = node.get("escalate")
    name = text_of("escalate", at, setting.findings)
    known = setting.options.escalations
    if name is not None and known is not None and name not in known and isinstance(at, Scalar):
        remedy = cure("one_of", names=", ".join(known)) if known else cure("remove_key", key="escalate")
        setting.findings.unknown("unknown_escalation", at, name, known, remedy)
    return name
