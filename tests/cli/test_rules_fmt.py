"""`rules fmt`: which files it writes, how, and when it leaves them alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Call

SUITE = Path(__file__).parents[1] / "rules"
NOW = ("--now", "2026-04-15T09:00:00Z")
UNTIDY = """\
stalewatch: 1
pack: mine
rules:
- within:  10bd    # two weeks
  id: 'slow'
  title: {ja: 滞留, en: Slow}
  watch: deal
  start: stage_entered_at
"""
TIDY = """\
stalewatch: 1
pack: mine

rules:
  - id: slow
    title: {en: Slow, ja: 滞留}
    watch: deal
    start: stage_entered_at
    within: 10bd   # two weeks
"""


@pytest.fixture
def project(here: Path, call: Call) -> Path:
    call("init", *NOW)
    (here / "rules" / "mine.yaml").write_text(UNTIDY, "utf-8")
    return here


def test_without_files_everything_of_the_project_is_put_in_order(project: Path, call: Call) -> None:
    said = call("rules", "fmt", *NOW)
    assert said.status == 0
    assert said.lines == ["formatted rules/mine.yaml", f"{said.lines[-1].split()[0]} file(s), 1 not in canonical form"]
    assert (project / "rules" / "mine.yaml").read_text("utf-8") == TIDY
    [again] = call("rules", "fmt", *NOW).lines
    assert again.endswith("file(s), 0 not in canonical form")


def test_check_names_what_would_change_and_writes_nothing(project: Path, call: Call) -> None:
    said = call("rules", "fmt", "--check", *NOW, "--lang", "ja")
    assert (said.status, said.lines[0]) == (1, "rules/mine.yaml は整形が必要です")
    assert (project / "rules" / "mine.yaml").read_text("utf-8") == UNTIDY
    call("rules", "fmt", *NOW)
    assert call("rules", "fmt", "--check", *NOW).status == 0


def test_diff_shows_the_lines_and_writes_nothing(project: Path, call: Call) -> None:
    said = call("rules", "fmt", "rules/mine.yaml", "--diff", *NOW)
    assert said.status == 0
    assert {"--- rules/mine.yaml", "-  id: 'slow'", "+  - id: slow"} <= set(said.lines)
    assert (project / "rules" / "mine.yaml").read_text("utf-8") == UNTIDY


@pytest.mark.usefixtures("project")
def test_for_machines_it_is_json(call: Call) -> None:
    said = call("rules", "fmt", "rules", "--check", "--json", *NOW)
    files = {one["file"]: one["changes"] for one in json.loads(said.out)["files"]}
    assert (files["rules/mine.yaml"], files["rules/default.yaml"]) == (True, False)


def test_a_file_with_errors_is_told_and_left_alone_and_the_others_are_written(project: Path, call: Call) -> None:
    broken = UNTIDY.replace("'slow'", "'other'").replace("10bd", "10")
    (project / "rules" / "broken.yaml").write_text(broken.replace("mine", "broken"), "utf-8")
    said = call("rules", "fmt", *NOW)
    assert said.status == 1
    assert said.lines[0] == "rules/broken.yaml:4:12: error SW110: a number needs a unit"
    assert "formatted rules/mine.yaml" in said.lines
    assert (project / "rules" / "broken.yaml").read_text("utf-8") == broken.replace("mine", "broken")


@pytest.mark.parametrize("file", sorted(path.name for path in (SUITE / "broken").glob("*.yaml")))
def test_no_broken_file_of_the_suite_is_touched(here: Path, call: Call, file: str) -> None:
    before = (SUITE / "broken" / file).read_bytes()
    (here / file).write_bytes(before)
    assert call("rules", "fmt", file, *NOW).status == 1
    assert (here / file).read_bytes() == before


def test_rules_that_name_rules_of_other_files_are_in_order(project: Path, call: Call) -> None:
    mutes = UNTIDY.replace("  watch:", "  mutes: [ ghosted ]\n  watch:")
    (project / "rules" / "mine.yaml").write_text(mutes, "utf-8")
    assert call("rules", "fmt", "rules/mine.yaml", *NOW).status == 0
    assert "    mutes: [ghosted]\n" in (project / "rules" / "mine.yaml").read_text("utf-8")


def test_permissions_links_and_the_byte_order_mark_stay_and_lines_end_in_lf(project: Path, call: Call) -> None:
    file = project / "rules" / "mine.yaml"
    file.rename(project / "real.yaml")
    (project / "real.yaml").write_bytes(b"\xef\xbb\xbf" + UNTIDY.replace("\n", "\r\n").encode())
    (project / "real.yaml").chmod(0o640)
    file.symlink_to(project / "real.yaml")
    assert call("rules", "fmt", *NOW).status == 0
    assert (project / "real.yaml").read_bytes() == b"\xef\xbb\xbf" + TIDY.encode()
    assert (project / "real.yaml").stat().st_mode & 0o777 == 0o640
    assert file.is_symlink()
    assert [path.name for path in project.iterdir() if path.name.startswith(".")] == []


def test_without_a_project_the_usual_folders_are_looked_at(here: Path, call: Call) -> None:
    (here / "rules" / "tests").mkdir(parents=True)
    (here / "rules" / "mine.yaml").write_text(UNTIDY, "utf-8")
    test = "stalewatch_test: 1\ntests: []\nrules: ['../mine.yaml']\n"
    (here / "rules" / "tests" / "mine.test.yaml").write_text(test, "utf-8")
    assert call("rules", "fmt", *NOW).status == 0
    assert (here / "rules" / "mine.yaml").read_text("utf-8") == TIDY
    tidy = 'stalewatch_test: 1\nrules: ["../mine.yaml"]\ntests: []\n'
    assert (here / "rules" / "tests" / "mine.test.yaml").read_text("utf-8") == tidy
