"""The schema of rule files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from stalewatch.domain.language.model import Combine, Mode, RuleSet, Severity
from stalewatch.domain.language.rules import REQUIRED
from stalewatch.domain.language.schema.conditions import ANY, Conditions
from stalewatch.domain.language.schema.parts import (
    DATE,
    DURATION,
    NAME,
    NUMBER,
    TEXT,
    USED,
    WORDS,
    Definitions,
    Schema,
    at_least_one,
    closed,
    keyed,
    listed,
    one_of,
    some,
    suggested,
    when,
    whole,
)
from stalewatch.domain.language.schema.words import captioned

_EDITED: Final = ("mutes", "tags", "was")
"""Keys of a rule that are lists of names."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a project knows of itself, to offer and to check in editors.

    Attributes:
        rules: as far as they can be understood.
        packs: the ids of the rules of every pack that may be used or included.
        escalations: names of ladders.
    """

    rules: RuleSet
    packs: Mapping[str, Iterable[str]]
    escalations: Iterable[str] = ()

    @property
    def ids(self) -> list[str]:
        return [rule.id for rule in self.rules.rules]


def rules_schema(known: Known, language: str) -> Schema:
    """The schema of rule files, with captions in a language."""
    definitions = Definitions()
    return _File(known, language, definitions, Conditions(known.rules, definitions, language)).schema()


@dataclass(frozen=True, slots=True)
class _File:
    known: Known
    language: str
    definitions: Definitions
    conditions: Conditions

    def schema(self) -> Schema:
        rule, changed = (self.definitions.add(name, self._rule(changed=name != "rule")) for name in ("rule", "changed"))
        parts = {
            "stalewatch": {"const": 1},
            "pack": NAME,
            "title": WORDS,
            "include": some(suggested(self.known.packs)),
            "bands": keyed(self.definitions.add("band", self._band())),
            "scores": keyed(self.definitions.add("score", self._score())),
            "rules": listed({"if": {"required": ["use"]}, "then": changed, "else": rule}),
            "exceptions": listed(self.definitions.add("exception", self._exception())),
        }
        keys = self._captioned(parts, title="pack.title")
        return whole(closed(keys, ("stalewatch",)), self.definitions, "stalewatch: rules")

    def _captioned(self, parts: Mapping[str, Schema], **lines: str) -> dict[str, Schema]:
        """Parts with the lines of their words; `lines` names another for some."""
        return {key: captioned(lines.get(key, key), self.language, part) for key, part in parts.items()}

    # ------------------------------------------------------------------------------------------------- a rule

    def _rule(self, *, changed: bool) -> Schema:
        """A rule; `changed` is one that copies another by `use`, and may leave out and change what that one says."""
        objects = tuple(self.known.rules.catalogue.objects)
        by_object = [when("watch", watch, self._clock(watch, changed=changed)) for watch in objects]
        if changed:
            unsaid: Schema = {"if": {"not": {"required": ["watch"]}}, "then": self._clock(ANY, changed=True)}
            by_object.append(unsaid)
        keys = {**self._keys(), **(self._edits() if changed else {})}
        return {**closed(keys, ("id", "use") if changed else REQUIRED), "allOf": by_object}

    def _keys(self) -> dict[str, Schema]:
        """Every word of a rule; those that depend on what is watched follow in `_clock`."""
        names, rules = some(NAME), some(suggested(self.known.ids))
        used = (f"{pack}/{rule}" for pack, ids in self.known.packs.items() for rule in ids)
        parts: dict[str, Schema] = {
            "id": NAME,
            "was": names,
            "use": suggested(used, USED),
            "title": WORDS,
            "because": WORDS,
            "owner": TEXT,
            "tags": some(TEXT),
            "mode": one_of(Mode),
            "watch": one_of(self.known.rules.catalogue.objects),
            **{key: {} for key in ("where", "start", "within", "until", "pause")},
            "warn": self._duration(),
            "severity": one_of(Severity),
            "mutes": rules,
            "escalate": suggested(self.known.escalations),
            "message": WORDS,
        }
        return self._captioned(parts)

    def _edits(self) -> dict[str, Schema]:
        lists = {"mutes": suggested(self.known.ids), "tags": TEXT, "was": NAME}
        edits: dict[str, tuple[str, Schema]]
        edits = {f"{key}{sign}": (f"edit{sign}", some(lists[key])) for key in _EDITED for sign in "+-"}
        edits["within+"] = ("edit+", {})
        return {key: captioned(line, self.language, schema) for key, (line, schema) in edits.items()}

    def _clock(self, watch: str, *, changed: bool) -> Schema:
        """What depends on the fields of the object that is watched."""
        parts = {
            "where": self.conditions.condition(watch, changed=changed),
            "start": self._start(watch, changed=changed),
            "within": self._within(watch),
            "until": self.conditions.condition(watch, until=True, changed=changed),
            "pause": self._pause(watch),
        }
        if changed:
            parts["within+"] = self.definitions.add(f"{watch}.rows", self._rows(watch))
        return {"properties": parts}

    def _duration(self) -> Schema:
        return self.definitions.add("duration", DURATION)

    def _start(self, watch: str, *, changed: bool) -> Schema:
        times = self.conditions.names(watch, "times")
        parts: dict[str, Schema] = {combine.value: at_least_one(times) for combine in Combine}
        parts["since"] = self.conditions.condition(watch)
        parts["each"] = one_of(self.known.rules.catalogue.events)
        keys = self._captioned(parts)
        if changed:
            keys |= {f"{combine.value}{sign}": at_least_one(times) for combine in Combine for sign in "+-"}
        one_word = closed(keys, minProperties=1, maxProperties=2 if changed else 1)
        name = f"{watch}.{'changed-' if changed else ''}start"
        return self.definitions.add(name, {"anyOf": [times, one_word]})

    def _within(self, watch: str) -> Schema:
        rows = self.definitions.add(f"{watch}.rows", self._rows(watch))
        table = self.definitions.add(f"{watch}.table", self._table(watch))
        return {"anyOf": [self._duration(), rows, table]}

    def _rows(self, watch: str) -> Schema:
        limit = captioned("is", self.language, self._duration())
        row = {**self.conditions.written(watch, {"is": limit}), "required": ["is"]}
        return {"type": "array", "items": row, "minItems": 1}

    def _table(self, watch: str) -> Schema:
        """`by` a field, with a limit for its values; of a choice with known values for those and no others."""
        duration = self._duration()
        keys = {"by": self.conditions.names(watch, "labels"), "else": duration}
        values: dict[str, list[str]] = {}
        for name, fields in self.conditions.fields(watch).items():
            known = [value for one in fields for value in one.values]
            if known and all(one.values for one in fields):
                values[name] = known
        by_field = [
            when(
                "by",
                name,
                {"propertyNames": {"enum": ["by", *known, "else"]}, "properties": dict.fromkeys(known, duration)},
            )
            for name, known in values.items()
        ]
        table = {"type": "object", "properties": self._captioned(keys), "additionalProperties": duration}
        return {**table, "required": ["by"], "minProperties": 2, **({"allOf": by_field} if by_field else {})}

    def _pause(self, watch: str) -> Schema:
        times = self.conditions.names(watch, "times")
        held = self.conditions.condition(watch)
        parts: dict[str, Schema] = {"until": times, "from": times, "while": held, "max": self._duration()}
        keys = self._captioned(parts, **{key: f"pause.{key}" for key in parts})
        ways: list[Schema] = [{"required": ["while"], "properties": {"until": False, "from": False}}]
        ways.append({"required": ["until", "from"], "properties": {"while": False}})
        return self.definitions.add(f"{watch}.pause", closed(keys, ("max",), anyOf=ways))

    # ------------------------------------------------------------------------------ bands, scores, exceptions

    def _band(self) -> Schema:
        row = self._captioned({"name": NAME, "below": NUMBER}, name="band.name", below="band.below")
        rows = {"type": "array", "minItems": 1, "items": closed(row, ("name",))}
        parts = {"of": self.conditions.names(ANY, "numbers"), "rows": rows}
        return closed(self._captioned(parts, of="band.of", rows="band.rows"), ("of", "rows"))

    def _score(self) -> Schema:
        objects = tuple(self.known.rules.catalogue.objects)
        parts = {"watch": one_of(objects), "items": {"type": "object"}}
        of_each = [when("watch", watch, {"properties": {"items": self._items(watch)}}) for watch in objects]
        return {**closed(self._captioned(parts, items="score.items"), ("watch", "items")), "allOf": of_each}

    def _items(self, watch: str) -> Schema:
        return {"type": "object", "additionalProperties": self.conditions.condition(watch)}

    def _exception(self) -> Schema:
        objects = tuple(self.known.rules.catalogue.objects)
        parts = {
            "watch": one_of(objects),
            "where": {},
            "rules": at_least_one(suggested(self.known.ids)),
            "until": DATE,
            "because": TEXT,
            "owner": TEXT,
        }
        where = [when("watch", watch, {"properties": {"where": self.conditions.condition(watch)}}) for watch in objects]
        where.append(
            {
                "if": {"not": {"required": ["watch"]}},
                "then": {"properties": {"where": self.conditions.condition(ANY)}},
            }
        )
        keys = self._captioned(parts, rules="exception.rules", until="exception.until")
        return {**closed(keys, ("rules", "until")), "allOf": where}
