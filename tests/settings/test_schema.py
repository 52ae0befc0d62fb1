"""The schema of stalewatch.yaml: every key that settings read and no other, and every file of ours is taken."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from stalewatch.domain.language.calendars import CALENDAR_KEYS
from stalewatch.settings import connections
from stalewatch.settings.connections import Offered
from stalewatch.settings.schema import project_schema
from stalewatch.settings.schema_words import TEXTS
from tests.editors import data_of, faults, known
from tests.house.keys import of_settings
from tests.house.pages import pages

ROOT = Path(__file__).parents[2]
FILES = [
    ROOT / "tests" / "rules" / "project" / "stalewatch.yaml",
    *sorted((ROOT / "src" / "stalewatch" / "cli" / "template").glob("stalewatch*.yaml")),
]
BLOCKS = [block for page in pages() for block in page.blocks if block.language == "yaml"]
SETTINGS = [
    block
    for block in BLOCKS
    if block.note == "settings"
    or (not block.note and block.text.startswith("stalewatch: 1") and "\nrules:\n" not in block.text)
]


@cache
def schema(language: str = "en") -> Draft7Validator:
    made = project_schema(known(), Offered(connectors=("csv", "salesforce"), notifiers=("console",)), language)
    Draft7Validator.check_schema(made)
    return Draft7Validator(made)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_configuration_of_ours_is_taken(path: Path) -> None:
    assert faults(schema(), data_of(path.read_text("utf-8"))) == []


@pytest.mark.parametrize("block", SETTINGS, ids=lambda block: block.place)
def test_every_configuration_on_a_page_is_taken(block: Any) -> None:
    whole = block.text if block.text.startswith("stalewatch: 1") else f"stalewatch: 1\n{block.text}"
    assert faults(schema(), data_of(whole)) == []


@pytest.mark.parametrize(
    "text",
    [
        "databse: x",
        "web: {port: http}",
        "defaults: {language: fr}",
        "defaults: {warn: 3}",
        "defaults: {currency: yen}",
        "calendars: {tokyo: {hours: nine to five}}",
        "calendars: {tokyo: {tz: Asia/Tokyo}, choose: [{team: us}]}",
        "calendars: {tokyo: {tz: Asia/Tokyo}, choose: [{taem: us, use: tokyo}]}",
        "routes: [{where: {severity: critcal}, to: owner}]",
        "routes: [{where: {any: [{stage: proposal}]}, to: owner}]",
        "routes: [{name: x}]",
        "routes: [{to: owner, digest: {at: noon}}]",
        "escalations: {standard: [{to: owner}]}",
        "escalations: {standard: [{after: 3, to: owner}]}",
        "modes: {default: on}",
        "quiet: {from: 09:00}",
        "storm_guard: {share: most}",
        "connections: [{id: a}]",
        "notify: {email: {url: smtps://h}}",
        "people: {a@b.example: {boss: c@b.example}}",
        "acted: [slept]",
    ],
)
def test_what_the_file_may_not_say_is_refused(text: str) -> None:
    assert faults(schema(), data_of(f"stalewatch: 1\n{text}")) != []


@pytest.mark.parametrize(
    "text",
    [
        "web: {port: '${PORT:-8080}'}",
        "defaults: {warn: off, rollout: off, storm_guard: off}\nquiet: off",
        "notify:\npeople:\nmodes:",
        "connections: [{id: a, type: ours, path: x, every: '${EVERY}'}]",
        "routes: [{to: '#deals', where: {rule: [a, b], filled: next_step, amount: {at_least: 3_000}}}]",
    ],
)
def test_what_the_file_may_say_is_taken(text: str) -> None:
    assert faults(schema(), data_of(f"stalewatch: 1\n{text}")) == []


def keys(part: Any) -> Iterator[str]:
    """The keys that a schema writes out, without the fields that conditions name and what is known by name."""
    if isinstance(part, dict):
        yield from part.get("properties", ())
        for name, inner in part.items():
            if name != "definitions":
                yield from keys(inner)
    for inner in part if isinstance(part, list) else ():
        yield from keys(inner)


def test_it_has_every_key_that_settings_read_and_no_other() -> None:
    whole = schema().schema
    mine = {key: part for key, part in whole["properties"].items() if key not in ("modes", "calendars")}
    written = {*whole["properties"], *keys(mine), "choose", "use", *CALENDAR_KEYS, "filled"}
    read = of_settings() | set(CALENDAR_KEYS) | set(connections._USUAL)
    assert read - written == set()
    assert written - read - {"console", "en", "ja"} == set()  # a name may be given per language


def test_every_key_is_explained_in_both_languages() -> None:
    english, japanese = (schema(language).schema["properties"] for language in ("en", "ja"))
    assert [key for key in english if english[key]["description"] == japanese[key]["description"]] == []
    assert [key for key, words in TEXTS.items() if set(words) != {"en", "ja"} or not all(words.values())] == []
