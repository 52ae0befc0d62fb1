"""The words of which the editors' schemas are made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from tests.domain.language.test_schema import schema

NAMED: Final = ("properties", "patternProperties", "definitions")
"""Keywords whose keys are names of ours."""
OFTEN_ONE: Final = ("items", "additionalProperties", "propertyNames", "not", "if", "then", "else")


def keywords(part: object) -> Iterator[str]:
    """Every keyword of a schema, wherever it stands."""
    if not isinstance(part, dict):
        return
    yield from part
    for name, inner in part.items():
        parts = inner.values() if name in NAMED else inner if name in ("anyOf", "allOf") else [inner]
        if name in (*NAMED, *OFTEN_ONE, "anyOf", "allOf"):
            for one in parts:
                yield from keywords(one)


@pytest.mark.parametrize("kind", ["rules", "tests", "fields"])
def test_a_schema_says_nothing_that_editors_do_not_understand(kind: str) -> None:
    """An editor leaves out a word that it does not know, and then takes what the word was to refuse."""
    understood = {*NAMED, *OFTEN_ONE, "$ref", "$schema", "allOf", "anyOf", "const", "description", "enum", "examples"}
    understood |= {"maxProperties", "minItems", "minProperties", "pattern", "required", "title", "type"}
    assert set(keywords(schema(kind).schema)) <= understood
