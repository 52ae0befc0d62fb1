"""The editors' schemas: they take every file of ours, refuse what a schema can refuse, and are read as editors read."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from stalewatch.domain.language.catalogue import load_catalogue
from stalewatch.domain.language.durations import parse
from stalewatch.domain.language.loading import load_rules
from stalewatch.domain.language.nodes import Source
from stalewatch.domain.language.schema.fields import fields_schema
from stalewatch.domain.language.schema.parts import DURATION
from stalewatch.domain.language.schema.rules import Known, rules_schema
from stalewatch.domain.language.schema.trials import trials_schema
from tests.editors import data_of, faults, known
from tests.house.pages import Block, pages

ROOT = Path(__file__).parents[3]
SUITE = ROOT / "tests" / "rules"
PACKS = [
    *sorted((ROOT / "rules").glob("*.yaml")),
    *sorted((SUITE / "packs").glob("*.yaml")),
    SUITE / "bench" / "ten.yaml",
]
TRIALS = [*sorted((ROOT / "rules").glob("tests/*.yaml")), *sorted((SUITE / "tests").glob("*.yaml"))]
CATALOGUES = [
    ROOT / "rules" / "fields.yaml",
    SUITE / "project" / "fields.yaml",
    *sorted((ROOT / "src" / "stalewatch" / "cli" / "template").glob("fields*.yaml")),
]
BLOCKS = [block for page in pages() for block in page.blocks if block.language == "yaml"]


@cache
def data(path: Path) -> Any:
    return data_of(path.read_text("utf-8"))


@cache
def schema(kind: str, language: str = "en") -> Draft7Validator:
    whole = known()
    made = {
        "rules": lambda: rules_schema(whole, language),
        "tests": lambda: trials_schema(whole, language),
        "fields": lambda: fields_schema(whole.rules.catalogue, language),
    }[kind]()
    Draft7Validator.check_schema(made)
    return Draft7Validator(made)


# ------------------------------------------------------------------------------------------------- what is right


@pytest.mark.parametrize("path", [path for path in PACKS if path.stem != "fields"], ids=lambda path: path.name)
def test_every_pack_is_taken(path: Path) -> None:
    assert faults(schema("rules", "ja" if path.stem == "jp_enterprise" else "en"), data(path)) == []


@pytest.mark.parametrize("path", TRIALS, ids=lambda path: path.name)
def test_every_test_file_is_taken(path: Path) -> None:
    assert faults(schema("tests"), data(path)) == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.name)
def test_every_catalogue_is_taken(path: Path) -> None:
    assert faults(schema("fields"), data(path)) == []


def whole_file(block: Block) -> str:
    """A block of docs/ as the file of rules that it is a part of."""
    if block.note == "file":
        return f"stalewatch: 1\n{block.text}"
    if block.note != "rule":
        return block.text
    ready = {"id": "x", "title": "X", "watch": "deal", "start": "created_at", "within": "10bd"}
    written = [line.split(":")[0] for line in block.text.splitlines() if line[:1].strip("# ")]
    missing = {} if "use" in written else {key: text for key, text in ready.items() if key not in written}
    lines = [*(f"{key}: {text}" for key, text in missing.items()), *block.text.splitlines()]
    return "stalewatch: 1\nrules:\n  -\n" + "\n".join(f"    {line}" for line in lines)


def one_rule(text: str) -> str:
    own = f"id: y\n{text}" if "use:" in text and "id:" not in text else text
    return whole_file(Block("yaml", "rule", own, "here"))


def refused_by_us(text: str) -> bool:
    """What `rules check` says of a file."""
    return any(found.is_error for found in load_rules([Source("x", text)], known().rules.catalogue).diagnostics)


@pytest.mark.parametrize(
    "block", [one for one in BLOCKS if one.note in ("rule", "file")], ids=lambda block: block.place
)
def test_every_rule_on_a_page_is_taken(block: Block) -> None:
    text = whole_file(block)
    bands_and_scores = any(f"\n{key}:" in text for key in ("bands", "scores"))
    validator = Draft7Validator(rules_schema(known(Source("x", text)), "en")) if bands_and_scores else schema("rules")
    assert faults(validator, data_of(text)) == []


@pytest.mark.parametrize(
    "rule",
    [
        "use: default/stage-time\nwhere: {stage+: [proposal], pipeline-: expansion}",
        "use: other/pack\nmutes+: [a]\nmutes-: [b]\ntags+: x",
        "use: default/no-next-meeting\nstart: {latest_of+: [last_customer_activity_at]}",
        "use: default/exit-first-meeting\nuntil: {filled+: [pain]}",
        "use: default/stage-time\nwithin+: [{stage: approval, is: 3bd}]",
        "pause: {while: {stage: approval}, max: 30d}",
        "within: {by: stage, proposal: 10営業日, else: 4 営業時間}",
        "where: {next_step: empty, close_date: {before: 2026-12-31}, is_open: true, amount: {at_least: 3_000_000.5}}",
        "where: {any: [{stage: {not: proposal}}, {none: {team: {contains: x}}}], score.ours: {below: 50}}",
        "until: {expr: \"a == 'x = y' and b <= 3 or not (c != 4) and d >= 5\"}",
        "title: {en: X}\nwas: y\nseverity: info\nmode: live\nescalate: our-own\nowner: a@b.example",
    ],
)
def test_what_the_language_allows_is_taken(rule: str) -> None:
    assert faults(schema("rules"), data_of(one_rule(rule))) == []


# ------------------------------------------------------------------------------------------------- what is wrong

BEYOND_A_SCHEMA = {
    "06_number_as_text.yaml": "an expression is a text; only that it has no single `=` can be said of it",
    "09_warn_longer_than_limit.yaml": "durations cannot be compared",
    "11_mute_loop.yaml": "which rules there are is said by other files, and a loop by all of them together",
}


@pytest.mark.parametrize("path", sorted((SUITE / "broken").glob("*.yaml")), ids=lambda path: path.name)
def test_a_broken_file_is_refused_if_a_schema_can_tell(path: Path) -> None:
    assert bool(faults(schema("rules"), data(path))) is (path.name not in BEYOND_A_SCHEMA)


@pytest.mark.parametrize(
    "rule",
    [
        "witin: 3bd",
        "within: 14",
        "within: 0h",
        "within: 00営業時間",
        "within: １０bd",
        "within: []",
        "within: {stage: 3bd}",
        "within: {by: amount, else: 3bd}",
        "within: {by: stage, proposals: 3bd}",
        "within: [{stage: proposal}]",
        "where: {stage: proposals}",
        "where: {amout: 3}",
        "where: {amount: {before: 3}}",
        "where: {stage: {at_least: 3}}",
        "where: {amount: '3,000円'}",
        "where: {is_open: maybe}",
        "where: {close_date: soon}",
        "where: {next_step: {contain: x}}",
        "where: {entered: [next_step]}",
        "where: {filled: [next_stp]}",
        "where: {stage+: [proposal]}",
        "where: {}",
        "until: {entered: [price_band]}",
        "until: {expr: \"stage = 'proposal'\"}",
        "start: next_step",
        "start: {each: meating}",
        "start: {latest: [created_at]}",
        "start: {latest_of: [created_at], each: meeting}",
        "pause: {until: hold_until, from: hold_set_at}",
        "pause: {until: hold_until, max: 3d}",
        "pause: {while: {stage: approval}, from: hold_set_at, max: 3d}",
        "watch: dael",
        "watch: lead\nwhere: {stage: proposal}",
        "severity: high",
        "mode: on",
        "mutes+: [a]",
        "message: {fr: bonjour}",
        "id: a b",
    ],
)
def test_what_the_language_refuses_is_refused(rule: str) -> None:
    assert faults(schema("rules"), data_of(one_rule(rule))) != []
    assert refused_by_us(one_rule(rule))


@pytest.mark.parametrize(
    "text",
    [
        "rules: []",
        "stalewatch: 2",
        "stalewatch: 1\nruls: []",
        "stalewatch: 1\nexceptions: [{rules: [a]}]",
        "stalewatch: 1\nexceptions: [{until: 2026-12-31}]",
        "stalewatch: 1\nexceptions: [{rules: [a], until: soon}]",
        "stalewatch: 1\nexceptions: [{rules: [a], until: 2026-12-31, where: {amout: 1}}]",
        "stalewatch: 1\nbands: {b: {of: stage, rows: [{name: x}]}}",
        "stalewatch: 1\nbands: {b: {of: amount, rows: [{below: 3}]}}",
        "stalewatch: 1\nscores: {s: {watch: deal, items: {a: {filled: budgt}}}}",
    ],
)
def test_what_a_file_of_rules_may_not_be_is_refused(text: str) -> None:
    assert faults(schema("rules"), data_of(text)) != []
    assert refused_by_us(text)


@pytest.mark.parametrize(
    "test",
    [
        "given: {dael: {}}, expect: []",
        "given: {deal: {stage: proposals}}, expect: []",
        "given: {deal: {amount: lots}}, expect: []",
        "given: {deal: {}}, expect: [{at: 2026-01-01, rule: a, state: late}]",
        "given: {deal: {}}, expect: [{at: 2026-01-01, rule: a, says: ['1:shout']}]",
        "given: {deal: {}}, expect: [{rule: a}]",
        "given: {deal: {}}, changes: [{at: 2026-01-01}], expect: []",
        "given: {deal: {}}, changes: [{at: 2026-01-01, event: {type: party, id: m1}}], expect: []",
        "given: {deal: {}}",
    ],
)
def test_what_a_test_may_not_be_is_refused(test: str) -> None:
    text = f"stalewatch_test: 1\nrules: [a.yaml]\ntests:\n  - {{name: x, {test}}}\n"
    assert faults(schema("tests"), data_of(text)) != []


@pytest.mark.parametrize(
    "text",
    [
        "fields: {deal: {ours: {from: crm}}}",
        "fields: {deal: {stage: {type: stage}}}",
        "fields: {deal: {a: {type: int, x: 1}}}",
    ],
)
def test_what_a_catalogue_may_not_be_is_refused(text: str) -> None:
    assert faults(schema("fields"), data_of(text)) != []


@given(st.from_regex(r"[0-9]{1,3} ?(m|h|d|w|bd|bh|分|時間|日|週|週間|営業日|営業時間|s|営業|x)", fullmatch=True))
def test_every_duration_of_the_language_is_one_of_the_schema_and_no_other(text: str) -> None:
    assert (re.search(DURATION["pattern"], text) is not None) is (parse(text) is not None)


# --------------------------------------------------------------------------------------------------- what is shown


def every(part: Any) -> Any:
    yield part
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from every(inner)


@pytest.mark.parametrize("kind", ["rules", "tests", "fields"])
def test_every_word_of_a_file_is_explained_in_both_languages(kind: str) -> None:
    for language in ("en", "ja"):
        top = schema(kind, language).schema["properties"]
        assert [key for key, part in top.items() if not part.get("description")] == []
    english, japanese = (schema(kind, language).schema["properties"] for language in ("en", "ja"))
    assert [key for key in english if english[key]["description"] == japanese[key]["description"]] == []


def test_fields_show_their_title_their_type_and_their_choices() -> None:
    stage = schema("rules", "ja").schema["definitions"]["field.stage"]
    assert stage["title"] == "フェーズ"
    assert stage["description"].startswith("選択肢 · CRM の項目: qualification (見込み確認), ")


@pytest.mark.parametrize("kind", ["rules", "tests", "fields"])
def test_every_reference_leads_somewhere_and_stands_alone(kind: str) -> None:
    whole = schema(kind).schema
    references = [part for part in every(whole) if isinstance(part, dict) and "$ref" in part]
    assert [one for one in references if len(one) > 1] == []
    assert {one["$ref"].removeprefix("#/definitions/") for one in references} <= whole["definitions"].keys()


def test_what_other_files_define_is_offered_and_not_demanded() -> None:
    mutes = schema("rules").schema["definitions"]["rule"]["properties"]["mutes"]
    offered = [part["enum"] for part in every(mutes) if isinstance(part, dict) and "enum" in part]
    assert "ghosted" in offered[0]


def test_fields_of_any_script_can_be_named() -> None:
    own = 'fields: {deal: {"契約/月数": {type: int}, 金額: {type: money}}, '
    own += 'lead: {stage: {type: choice, values: ["1", new]}}}'
    built_in = Source("fields.yaml", (ROOT / "rules" / "fields.yaml").read_text("utf-8"))
    catalogue = load_catalogue([built_in, Source("own.yaml", own)]).catalogue
    assert catalogue is not None
    made = Draft7Validator(rules_schema(Known(load_rules([], catalogue).draft, {}), "ja"))
    rule = "watch: lead\nwhere: {stage: 1}\nstart: created_at"
    assert faults(made, data_of(one_rule(rule))) == []
    rule = 'use: a/b\nid: x\nwhere: {"契約/月数": {at_least: 3}, 金額: 3, stage: new}'
    assert faults(made, data_of(one_rule(rule))) == []
