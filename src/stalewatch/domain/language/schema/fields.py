"""The schema of catalogues: the fields that a company adds, and the values that it replaces."""

from __future__ import annotations

from stalewatch.domain.language.model import Catalogue, FieldType, Origin
from stalewatch.domain.language.schema.parts import (
    TEXT,
    WORDS,
    Definitions,
    Schema,
    closed,
    keyed,
    one_of,
    some,
    whole,
)
from stalewatch.domain.language.schema.words import captioned


def fields_schema(catalogue: Catalogue, language: str) -> Schema:
    """The schema of catalogues, with captions in a language. Fields that are there already are offered."""
    definitions = Definitions()
    parts: dict[str, Schema] = {
        "type": one_of(FieldType),
        "from": one_of(origin for origin in Origin if origin is not Origin.RULES),
        "values": some(TEXT),
        "title": WORDS,
        "value_titles": keyed(WORDS),
    }
    known = definitions.add("known", closed({key: captioned(key, language, part) for key, part in parts.items()}))
    new = definitions.add("new", {"allOf": [known, {"required": ["type"]}]})
    objects: dict[str, Schema] = {
        watch: {
            "type": ["object", "null"],
            "properties": {
                "extends": captioned("extends", language, one_of(catalogue.objects)),
                **dict.fromkeys(fields, known),
            },
            "additionalProperties": new,
        }
        for watch, fields in catalogue.objects.items()
    }
    of_new_object: Schema = {"type": ["object", "null"], "properties": {"extends": TEXT}, "additionalProperties": new}
    file: dict[str, Schema] = {
        "stalewatch": {"const": 1},
        "fields": {"type": ["object", "null"], "properties": objects, "additionalProperties": of_new_object},
        "events": some(TEXT),
    }
    keys = {key: captioned(key, language, part) for key, part in file.items()}
    return whole(closed(keys), definitions, "stalewatch: fields")
