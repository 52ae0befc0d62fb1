"""`rules schema`: schemas of the project at hand, where its files look for them, and kept up to date."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from tests.cli.conftest import Call
from tests.editors import data_of, faults

NOW = ("--now", "2026-04-15T09:00:00Z")
OF_FILES = {
    "stalewatch.yaml": "project.schema.json",
    "fields.yaml": "fields.schema.json",
    "rules/default.yaml": "rules/rules.schema.json",
    "rules/tests/default.test.yaml": "rules/tests.schema.json",
}


@pytest.fixture
def project(here: Path, call: Call) -> Path:
    call("init", *NOW)
    return here


def schema(path: Path) -> Draft7Validator:
    return Draft7Validator(json.loads(path.read_text("utf-8")))


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_new_project_brings_the_schemas_that_its_files_name_in_their_first_line(
    here: Path, call: Call, language: str
) -> None:
    call("init", "--lang", language, *NOW)
    for file, wanted in OF_FILES.items():
        first = (here / file).read_text("utf-8").splitlines()[0]
        named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
        assert named is not None, file
        assert ((here / file).parent / named[1]).resolve() == here / wanted
        assert faults(schema(here / wanted), data_of((here / file).read_text("utf-8"))) == []
    title = json.loads((here / "rules/rules.schema.json").read_text("utf-8"))["definitions"]["field.stage"]["title"]
    assert title == {"en": "Stage", "ja": "フェーズ"}[language]


def test_a_schema_of_each_kind_is_printed_with_a_project_and_without(project: Path, call: Call) -> None:
    for wanted in OF_FILES.values():
        kind = Path(wanted).name.partition(".")[0]
        assert call("rules", "schema", "--kind", kind).out == (project / wanted).read_text("utf-8")
    (project / "stalewatch.yaml").unlink()
    for kind in ("rules", "tests", "fields", "project"):
        Draft7Validator.check_schema(json.loads(call("rules", "schema", "--kind", kind).out))


def test_it_knows_the_fields_rules_packs_and_ladders_of_the_project(project: Path, call: Call) -> None:
    text = (project / "fields.yaml").read_text("utf-8")
    (project / "fields.yaml").write_text(text + "    region: {type: choice, values: [east, west]}\n", "utf-8")
    printed = json.loads(call("rules", "schema").out)
    assert "region" in printed["definitions"]["deal.condition"]["properties"]
    rule = printed["definitions"]["rule"]["properties"]
    assert {"default/ghosted", "leads/lead-first-touch"} <= set(rule["use"]["anyOf"][0]["enum"])
    assert rule["escalate"]["anyOf"][0]["enum"] == ["standard", "fast"]
    assert "ghosted" in rule["mutes"]["anyOf"][0]["anyOf"][0]["enum"]


def test_check_says_when_a_schema_has_fallen_behind_and_write_brings_it_up_to_date(project: Path, call: Call) -> None:
    assert call("rules", "check", *NOW).err == ""
    text = (project / "fields.yaml").read_text("utf-8")
    (project / "fields.yaml").write_text(text + "    region: {type: choice, values: [east, west]}\n", "utf-8")
    said = call("rules", "check", *NOW)
    assert said.status == 0
    assert [line.split()[0] for line in said.err.splitlines()] == [
        "project.schema.json",
        "rules/rules.schema.json",
        "rules/tests.schema.json",
    ]
    wrote = call("rules", "schema", "--write", *NOW)
    assert wrote.lines == [f"wrote {name}" for name in sorted(OF_FILES.values(), key=list(OF_FILES.values()).index)]
    assert call("rules", "check", *NOW).err == ""


def test_new_rules_do_not_make_a_schema_outdated_and_none_has_to_be_there(project: Path, call: Call) -> None:
    more = "stalewatch: 1\npack: mine\nrules:\n  - {id: ours, title: O, watch: deal, start: created_at, within: 1bd}\n"
    (project / "rules" / "mine.yaml").write_text(more, "utf-8")
    assert call("rules", "check", *NOW).err == ""
    (project / "rules" / "rules.schema.json").write_text("{", "utf-8")
    assert call("rules", "check", *NOW).err.startswith("rules/rules.schema.json ")
    for name in OF_FILES.values():
        (project / name).unlink()
    assert call("rules", "check", *NOW).err == ""


def test_nothing_is_written_where_there_is_no_project(here: Path, call: Call) -> None:
    said = call("rules", "schema", "--write")
    assert said.status == 1
    assert "stalewatch.yaml" in said.err
    assert list(here.iterdir()) == []


def test_a_broken_catalogue_is_told_as_check_tells_it(project: Path, call: Call) -> None:
    (project / "fields.yaml").write_text("stalewatch: 1\nfields: {deal: {ours: {from: crm}}}\n", "utf-8")
    said = call("rules", "schema")
    assert said.status == 1
    assert "error SW102" in said.err
