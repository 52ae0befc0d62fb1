"""The story of one record in a test of rules: what is given from its creation on, and what then happens."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from stalewatch.domain.assemble import Happening, Raw
from stalewatch.domain.calendar_spec import Spec
from stalewatch.domain.instants import to_us
from stalewatch.domain.language.diagnostics import Findings, cure
from stalewatch.domain.language.literals import literal_for
from stalewatch.domain.language.model import FieldType, Ref, RuleSet
from stalewatch.domain.language.nodes import Entry, Mapping, Node, Scalar, is_empty
from stalewatch.domain.language.scope import Scope
from stalewatch.domain.language.shapes import check_keys, items_of, mapping_of, text_of, wrong
from stalewatch.domain.language.terms import TYPES
from stalewatch.domain.trial import Happens, Sleep

_CHANGES: Final = ("set", "event", "snooze", "hold")


@dataclass(frozen=True, slots=True)
class Times:
    """Local times of one calendar as instants. A date without a time is the close of that date."""

    calendar: Spec

    def of(self, key: str, node: Node | None, findings: Findings) -> int | None:
        """The instant of a node, in microseconds; None if it is not there, or, with a finding, is no time."""
        if node is None:
            return None
        value = node.value if isinstance(node, Scalar) else None
        if not isinstance(value, date):
            findings.report("wrong_shape", node, cure("moment_example"), key=key, wanted=TYPES[FieldType.DATETIME])
            return None
        return to_us(self.aware(value))

    def aware(self, value: date) -> datetime:
        """A local date or time in the calendar's zone."""
        if not isinstance(value, datetime):
            midnight = datetime(value.year, value.month, value.day)  # noqa: DTZ001 - the zone follows
            value = midnight + timedelta(minutes=self.calendar.closes)
        return value.replace(tzinfo=ZoneInfo(self.calendar.zone))


@dataclass(frozen=True, slots=True)
class Story:
    """One record's story, checked."""

    object: str
    given: Dict[str, Raw]
    happens: tuple[Happens, ...]
    times: Times


def read_story(
    given: Node | None, changes: Node | None, calendar: Spec, rules: RuleSet, findings: Findings
) -> Story | None:
    """The story that `given` and `changes` tell; None if it is not even said whose it is."""
    entry = _whose(given, rules, findings)
    if entry is None:
        return None
    reader = _Reader(Scope(entry.name, rules.catalogue.objects[entry.name]), Times(calendar), rules, findings)
    values = reader.values(mapping_of(entry.name, entry.value, findings))
    values.setdefault("is_open", True)
    happens = [reader.change(item) for item in items_of("changes", changes, findings)]
    told = sorted((one for one in happens if one is not None), key=lambda one: one.at)
    return Story(entry.name, values, _with_waits_counted(values, told), reader.times)


def _whose(given: Node | None, rules: RuleSet, findings: Findings) -> Entry | None:
    mapping = mapping_of("given", given, findings)
    if mapping is None:
        return None
    objects = tuple(rules.catalogue.objects)
    for entry in mapping.entries[1:] if len(mapping.entries) > 1 else ():
        findings.report("unexpected", entry.key, cure("remove_key", key=entry.name), text=entry.name)
    if not mapping.entries:
        wrong("given", mapping, "mapping", findings)
        return None
    first = mapping.entries[0]
    if first.name not in objects:
        findings.unknown("cannot_watch", first.key, first.name, objects, cure("one_of", names=", ".join(objects)))
        return None
    return first


def _with_waits_counted(given: Dict[str, Raw], happens: list[Happens]) -> tuple[Happens, ...]:
    """A hold is one more wait of the record; `wait_count` goes up as it does when somebody puts a deal on hold."""
    count = given.get("wait_count")
    told = []
    for one in happens:
        sets = dict(one.sets)
        if sets.get("wait_count") == _ONE_MORE:
            sets["wait_count"] = (int(count) if isinstance(count, int | float) else 0) + 1
        count = sets.get("wait_count", count)
        told.append(Happens(one.at, sets, one.event, one.snooze))
    return tuple(told)


_ONE_MORE: Final = "one more"
"""Stands for the next number until all changes are in their order; no number field can hold it."""


@dataclass(frozen=True, slots=True)
class _Reader:
    scope: Scope
    times: Times
    rules: RuleSet
    findings: Findings

    def values(self, node: Mapping | None) -> dict[str, Raw]:
        """Fields with their values; null and "" are empty."""
        found: dict[str, Raw] = {}
        for entry in node or ():
            ref = self.scope.ref(entry.name, entry.key, self.findings)
            if ref is not None:
                found[entry.name] = self._value(ref, entry.value)
        return found

    def _value(self, ref: Ref, node: Node) -> Raw:
        if not isinstance(node, Scalar):
            wrong(ref.name, node, "text", self.findings)
            return None
        if is_empty(node) or node.text == "":
            return None
        literal = literal_for(ref, node, self.scope, self.findings)
        value = literal.value if literal else None
        if isinstance(value, date):
            aware = self.times.aware(value)
            return aware if ref.type is FieldType.DATETIME else aware.date()
        return value

    def change(self, node: Node) -> Happens | None:
        """One entry of `changes`."""
        if not isinstance(node, Mapping):
            wrong("changes", node, "mapping", self.findings)
            return None
        thing = {"en": "a change", "ja": "変更"}
        check_keys(node, ("at", *_CHANGES), thing, self.findings)
        if "at" not in node:
            self.findings.report("missing_word", node, cure("add_word", key="at"), thing=thing, key="at")
        if not any(key in node for key in _CHANGES):
            self.findings.report("nothing_happens", node, names=", ".join(_CHANGES))
        at = self.times.of("at", node.get("at"), self.findings)
        sets = self.values(mapping_of("set", node.get("set"), self.findings))
        event = self._event(node.get("event"), at or 0)
        snooze = self._snooze(node.get("snooze"))
        sets |= self._hold(node.get("hold"), node.get("at"))
        return None if at is None else Happens(at, sets, event, snooze)

    def _event(self, node: Node | None, at: int) -> Happening | None:
        mapping = mapping_of("event", node, self.findings)
        if mapping is None:
            return None
        thing = {"en": "an event", "ja": "イベント"}
        check_keys(mapping, ("type", "id", "began"), thing, self.findings)
        kind, subject = (self._required(key, mapping, thing) for key in ("type", "id"))
        began = self.times.of("began", mapping.get("began"), self.findings)
        known, where = self.rules.catalogue.events, mapping.get("type")
        if kind is not None and kind not in known and isinstance(where, Scalar):
            self.findings.unknown("unknown_event", where, kind, known, cure("one_of", names=", ".join(known)))
        if kind is None or subject is None:
            return None
        return Happening(kind, subject, at, at if began is None else began)

    def _snooze(self, node: Node | None) -> Sleep | None:
        mapping = mapping_of("snooze", node, self.findings)
        if mapping is None:
            return None
        thing = {"en": "a snooze", "ja": "スヌーズ"}
        check_keys(mapping, ("rule", "until", "reason"), thing, self.findings)
        rule, where = self._required("rule", mapping, thing), mapping.get("rule")
        if rule is not None and self.rules.rule(rule) is None and isinstance(where, Scalar):
            self.findings.unknown("unknown_tested", where, rule, [one.id for one in self.rules.rules])
        self._required("until", mapping, thing)
        until = self.times.of("until", mapping.get("until"), self.findings)
        return None if rule is None or until is None else Sleep(rule, until)

    def _hold(self, node: Node | None, when: Node | None) -> dict[str, Raw]:
        """What putting the record on hold writes."""
        mapping = mapping_of("hold", node, self.findings)
        if mapping is None:
            return {}
        thing = {"en": "a hold", "ja": "保留"}
        check_keys(mapping, ("until", "reason"), thing, self.findings)
        self._required("until", mapping, thing)
        until, reason = mapping.get("until"), text_of("reason", mapping.get("reason"), self.findings)
        begun = when.value if isinstance(when, Scalar) else None
        sets: dict[str, Raw] = {"on_hold": True, "hold_reason": reason, "wait_count": _ONE_MORE}
        if isinstance(begun, date):
            sets["hold_set_at"] = self.times.aware(begun)
        if until is not None and (ref := self.scope.ref("hold_until", mapping.span, self.findings)):
            sets["hold_until"] = self._value(ref, until)
        return {name: value for name, value in sets.items() if name in self.scope.fields}

    def _required(self, key: str, node: Mapping, thing: Dict[str, str]) -> str | None:
        if key not in node:
            self.findings.report("missing_word", node, cure("add_word", key=key), thing=thing, key=key)
        return text_of(key, node.get(key), self.findings)
