"""What schemas are built of: captioned values, names, durations, texts per language, and definitions to refer to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from stalewatch.domain.language.diagnostics import LANGUAGES
from stalewatch.domain.language.model import Words

Schema = dict[str, Any]
DRAFT: Final = "http://json-schema.org/draft-07/schema#"
_ELAPSING: Final = "m|h|bh|分|時間|営業時間"
_DATES: Final = "d|w|bd|日|週|週間|営業日"
DURATION: Final[Schema] = {
    "type": "string",
    "pattern": f"^(?:0*[1-9][0-9]{{0,5}} ?(?:{_ELAPSING})|[0-9]{{1,6}} ?(?:{_DATES}))$",
    "examples": ["14d", "10bd", "24h", "4bh", "30m", "2w", "10営業日"],
}
NAME: Final[Schema] = {
    "type": ["string", "number"],
    "pattern": r"^[^\s!-/:-@\[-^`{-~][^\s!-,/:-@\[-^`{-~]{0,63}$",
}
"""Letters of any script, digits, `-`, `_` and `.`; an editor takes 2026 for a number."""
USED: Final[Schema] = {"type": "string", "pattern": "^[^/]+/.+$"}
"""A rule of a pack: `default/ghosted`."""
TEXT: Final[Schema] = {"type": ["string", "number", "boolean"]}
NUMBER: Final[Schema] = {
    "anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^[-+]?[0-9][0-9_]*(\.[0-9]+)?$"}]
}
"""Editors read YAML 1.2, in which 3_000_000 is a text."""
DATE: Final[Schema] = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
MOMENT: Final[Schema] = {
    "type": "string",
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?$",
}
WORDS: Final[Schema] = {
    "anyOf": [
        TEXT,
        {
            "type": "object",
            "properties": dict.fromkeys(LANGUAGES, TEXT),
            "additionalProperties": False,
            "minProperties": 1,
        },
    ]
}


def one_of(names: Iterable[str]) -> Schema:
    """One of these names and no other."""
    return {"enum": list(dict.fromkeys(names))}


def suggested(names: Iterable[str], otherwise: Schema = NAME) -> Schema:
    """Any name; these are offered. For what files define that change from day to day: `rules check` knows them all."""
    known = list(dict.fromkeys(names))
    return {"anyOf": [{"enum": known}, otherwise]} if known else otherwise


def some(item: Schema) -> Schema:
    """A list, or one alone; left empty it is none."""
    return {"anyOf": [item, {"type": "array", "items": item}, {"type": "null"}]}


def at_least_one(item: Schema) -> Schema:
    """A list that is not empty, or one alone."""
    return {"anyOf": [item, {"type": "array", "items": item, "minItems": 1}]}


def listed(item: Schema) -> Schema:
    """A list; left empty it is none."""
    return {"type": ["array", "null"], "items": item}


def keyed(value: Schema) -> Schema:
    """Any name with one of these; left empty it is none."""
    return {"type": ["object", "null"], "additionalProperties": value}


def closed(properties: Mapping[str, Schema], required: Iterable[str] = (), **more: Any) -> Schema:
    """An object with these keys and no other."""
    schema = {"type": "object", "properties": dict(properties), "additionalProperties": False, **more}
    return {**schema, "required": list(required)} if required else schema


def when(key: str, value: object, then: Schema) -> Schema:
    """What holds besides where a key has this value."""
    return {"if": {"properties": {key: {"const": value}}, "required": [key]}, "then": then}


def titled(schema: Schema, language: str, title: Words, description: str = "") -> Schema:
    """With what an editor shows: a title, and a line below it."""
    shown = {"title": title[language]} if language in title else {}
    return {**shown, **({"description": description} if description else {}), **schema}


@dataclass(slots=True)
class Definitions:
    """Parts that are referred to by name."""

    schemas: dict[str, Schema] = field(default_factory=dict)

    def add(self, name: str, schema: Schema) -> Schema:
        """Define a part; returns the reference to it."""
        self.schemas[name] = schema
        return {"$ref": f"#/definitions/{name}"}


def whole(schema: Schema, definitions: Definitions, title: str) -> Schema:
    """The schema of a kind of file."""
    return {"$schema": DRAFT, "title": title, **schema, "definitions": definitions.schemas}


def demanded(schema: Any) -> Any:
    """A schema without what it only shows and offers: two that demand the same are equal."""
    if isinstance(schema, list):
        return [demanded(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    for otherwise in (NAME, USED):
        if schema.get("anyOf", [])[1:] == [otherwise]:
            schema = {**{key: part for key, part in schema.items() if key != "anyOf"}, **otherwise}
    additional, offers = schema.get("additionalProperties"), schema.get("properties", {})
    if isinstance(additional, dict) and all(offer == additional for offer in offers.values()):
        schema = {key: part for key, part in schema.items() if key != "properties"}
    shown = ("title", "description", "examples", "$comment")
    return {key: demanded(part) for key, part in schema.items() if key not in shown or isinstance(part, dict)}
