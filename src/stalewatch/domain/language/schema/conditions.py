"""Conditions: every field with the comparisons that its type has, for each object that can be watched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from stalewatch.domain.language.comparisons import COMPARISONS
from stalewatch.domain.language.conditions import GROUPS
from stalewatch.domain.language.model import Field, FieldType, Origin, RuleSet
from stalewatch.domain.language.scalars import resolve
from stalewatch.domain.language.schema.parts import (
    MOMENT,
    NUMBER,
    TEXT,
    Definitions,
    Schema,
    at_least_one,
    closed,
    one_of,
    titled,
)
from stalewatch.domain.language.schema.words import captioned, described
from stalewatch.domain.language.scope import rule_scope
from stalewatch.domain.language.terms import TYPES

ANY: Final = "any"
"""Stands for the object where none is named: fields of all of them."""
_PRESENCE: Final = ("empty", "set")
_EQUAL: Final = ("is", "not", "in", "not_in")
_LINES: Final = {"is": "compare.is"}
_TIMES_ONLY: Final = ("before", "after")
_NO_SINGLE_EQUALS: Final = "^(?:'[^']*'|\"[^\"]*\"|[^'\"=]|==|[<>!]=)*$"
_SCORES: Final = "^score\\."
_TIMES: Final = (FieldType.DATE, FieldType.DATETIME)
_NUMBERS: Final = (FieldType.INT, FieldType.MONEY)
KINDS: Final[Mapping[str, tuple[FieldType, ...]]] = {
    "fields": tuple(FieldType),
    "times": _TIMES,
    "numbers": _NUMBERS,
    "labels": tuple(kind for kind in FieldType if kind not in (*_TIMES, *_NUMBERS)),
}
_EDITED: Final = (FieldType.CHOICE, FieldType.TEXT, FieldType.PERSON)
"""Fields that are compared with lists, which `key+` and `key-` change."""


@dataclass(slots=True)
class Conditions:
    """Hands out references to the parts of conditions, defining each once."""

    rules: RuleSet
    definitions: Definitions
    language: str
    _fields: dict[str, list[tuple[Field, Schema]]] = field(default_factory=dict)

    def fields(self, watch: str) -> Mapping[str, tuple[Field, ...]]:
        """What conditions on an object may name; for ANY one name may stand for fields of several objects."""
        objects = list(self.rules.catalogue.objects) if watch == ANY else [watch]
        found: dict[str, tuple[Field, ...]] = {}
        for name in objects:
            scope = rule_scope(name, self.rules.catalogue, self.rules.bands.values(), self.rules.scores.values())
            for one in scope.fields.values():
                same = found.get(one.name, ())
                found[one.name] = same if one in same else (*same, one)
        return found

    def names(self, watch: str, kind: str = "fields") -> Schema:
        """Names of an object's fields: of all `fields`, or of those that are `times`, `numbers` or `labels`."""
        name = f"{watch}.{kind}"
        if name not in self.definitions.schemas:
            fields = self.fields(watch).items()
            known = one_of(name for name, ones in fields if any(one.type in KINDS[kind] for one in ones))
            scores: Schema = {"anyOf": [known, {"type": "string", "pattern": _SCORES}]}
            self.definitions.add(name, scores if FieldType.INT in KINDS[kind] else known)
        return {"$ref": f"#/definitions/{name}"}

    def condition(self, watch: str, *, until: bool = False, changed: bool = False) -> Schema:
        """A condition on an object.

        Args:
            until: `entered` may stand in it.
            changed: it changes the one of another rule: `key+` and `key-` may stand in it.
        """
        name = f"{watch}.{'changed-' if changed else ''}{'until' if until else 'condition'}"
        if name not in self.definitions.schemas:
            self.definitions.schemas[name] = {}  # it refers to itself
            self.definitions.schemas[name] = self.written(watch, until=until, changed=changed)
        return {"$ref": f"#/definitions/{name}"}

    def written(
        self, watch: str, more: Mapping[str, Schema] | None = None, *, until: bool = False, changed: bool = False
    ) -> Schema:
        """A condition spelled out, with keys besides."""
        group = at_least_one(self.condition(watch, until=until))
        keys: dict[str, Schema] = {name: captioned(name, self.language, group) for name in GROUPS}
        keys["filled"] = captioned("filled", self.language, at_least_one(self.names(watch)))
        if until:
            keys["entered"] = captioned("entered", self.language, at_least_one(self._kept(watch)))
        expression = {"type": "string", "pattern": _NO_SINGLE_EQUALS}
        keys["expr"] = captioned("expr", self.language, expression)
        fields = {name: self._one_of(ones) for name, ones in self.fields(watch).items()}
        edits = self._edits(watch, keys) if changed else {}
        score = self._defined(Field("score", FieldType.INT, Origin.RULES))
        return closed({**(more or {}), **keys, **fields, **edits}, minProperties=1, patternProperties={_SCORES: score})

    def _kept(self, watch: str) -> Schema:
        """Fields whose changes are kept: those that no rule file computes."""
        fields = self.fields(watch).items()
        return one_of(name for name, ones in fields if any(one.origin is not Origin.RULES for one in ones))

    def _edits(self, watch: str, keys: Mapping[str, Schema]) -> dict[str, Schema]:
        lists = {name: schema for name, schema in keys.items() if name != "expr"}
        for name, ones in self.fields(watch).items():
            if any(one.type in _EDITED for one in ones):
                lists[name] = self._listed(ones)
        return {f"{name}{sign}": lists[name] for name in lists for sign in "+-"}

    def _listed(self, fields: tuple[Field, ...]) -> Schema:
        """What may be added to, and taken from, the list that a field is compared with."""
        found = [self._list(one) for one in fields]
        return found[0] if len(found) == 1 else {"anyOf": found}

    def _list(self, of_field: Field) -> Schema:
        field_name = self._defined(of_field)["$ref"].rpartition("/")[2]
        name = f"list.{field_name if of_field.values else of_field.type.value}"
        return self.definitions.add(name, at_least_one(value(of_field)))

    def _one_of(self, fields: tuple[Field, ...]) -> Schema:
        found = [self._defined(one) for one in fields]
        return found[0] if len(found) == 1 else {"anyOf": found}

    def _defined(self, of_field: Field) -> Schema:
        """The reference to what a field is compared with; objects that share a field share it."""
        known = self._fields.setdefault(of_field.name, [])
        for other, reference in known:
            if other == of_field:
                return reference
        plain = of_field.name.isascii() and not set(of_field.name) & set("/~%# ")
        name = f"field.{of_field.name if plain else len(self._fields)}{f'.{len(known)}' if known else ''}"
        reference = self.definitions.add(name, self._compared(of_field))
        known.append((of_field, reference))
        return reference

    def _compared(self, of_field: Field) -> Schema:
        """What a field is compared with, under its title; all fields of a type but choices are compared alike."""
        kind = of_field.type
        shared = f"type.{kind.value}"
        if of_field.values:
            schema = self._comparisons(kind, value(of_field))
        elif shared in self.definitions.schemas:
            schema = {"allOf": [{"$ref": f"#/definitions/{shared}"}]}
        else:
            schema = {"allOf": [self.definitions.add(shared, self._comparisons(kind, value(of_field)))]}
        line = f"{TYPES[kind][self.language]} · {described(f'from.{of_field.origin.value}', self.language)}"
        titles = [of_field.value_titles.get(name, {}).get(self.language, name) for name in of_field.values]
        shown = ", ".join(f"{name} ({title})" for name, title in zip(of_field.values, titles, strict=True))
        if of_field.offered:  # offered and not demanded: anybody may change the CRM's list at any time
            schema, shown = {**schema, "examples": list(of_field.offered)}, ", ".join(of_field.offered)
        return titled(schema, self.language, of_field.title, f"{line}: {shown}" if shown else line)

    def _comparisons(self, kind: FieldType, one: Schema) -> Schema:
        """A value, a list of values, or words that compare with them."""
        alone: Schema = {"anyOf": [one, one_of(_PRESENCE)]}
        many = {"type": "array", "items": one, "minItems": 1}
        either: Schema = {"anyOf": [alone, many]}
        words = {word: either if word in _EQUAL else one for word in COMPARISONS if _has(kind, word)}
        compared = {word: captioned(_LINES.get(word, word), self.language, it) for word, it in words.items()}
        return {"anyOf": [alone, many, closed(compared, minProperties=1)]}


def value(of_field: Field) -> Schema:
    """One constant of a field's type, as an editor reads it."""
    if of_field.type is FieldType.CHOICE:
        read = [found for name in of_field.values if isinstance(found := resolve(name), bool | int | float)]
        return {"enum": [*of_field.values, *read]} if of_field.values else TEXT
    if of_field.type is FieldType.BOOL:
        return {"type": "boolean"}
    if of_field.type.is_number:
        return NUMBER
    return MOMENT if of_field.type.is_time else {"type": "string"}


def _has(kind: FieldType, word: str) -> bool:
    if word in _EQUAL:
        return True
    if word == "contains":
        return kind.is_text
    return kind.is_time or (kind.is_number and word not in _TIMES_ONLY)
