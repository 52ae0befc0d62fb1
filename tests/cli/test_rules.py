"""`rules check`, `rules test` and `rules explain`, as people call them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Call

SUITE = Path(__file__).parents[1] / "rules"
FIRST = "no next meeting - 14 calendar days, warned 4 days earlier, a booking moves the clock"
NOW = ("--now", "2026-04-15T09:00:00Z")


@pytest.fixture
def project(here: Path, call: Call) -> Path:
    call("init", *NOW)
    return here


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


# ------------------------------------------------------------------------------------------------------- check


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_broken_files_are_told_byte_for_byte(call: Call, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.chdir(SUITE / "broken")
    said = [call("rules", "check", file.name, "--lang", language) for file in sorted(Path().glob("*.yaml"))]
    assert {one.status for one in said} == {1}
    assert "\n".join(one.out for one in said) == Path(f"EXPECTED.{language}.txt").read_text("utf-8")


def test_without_files_the_whole_project_is_checked_at_once(project: Path, call: Call) -> None:
    change(project / "stalewatch.yaml", "budget: {immediate_per_day: 3}", "budget: {immediate: 3}")
    change(project / "stalewatch.yaml", "where: {severity: critical}", "where: {severity: critcal}")
    change(project / "rules" / "default.yaml", "escalate: standard", "escalate: standart")
    said = call("rules", "check", *NOW)
    assert said.status == 1
    heads = [line.split(": ", 1)[1] for line in said.lines if ": error SW" in line]
    assert heads == [
        "error SW101: unknown key `immediate` in `budget`",
        "error SW105: `critcal` is not a value of severity",
        "error SW180: no escalation `standart`",
    ]
    assert said.lines[-1] == "3 file(s), 19 rules, 3 error(s), 0 warning(s)"


def test_warnings_alone_are_fine_unless_they_must_not_be(project: Path, call: Call) -> None:
    change(project / "stalewatch.yaml", "modes: {default: live}", "modes: {default: live, gosted: off}")
    assert call("rules", "check", *NOW).status == 0
    said = call("rules", "check", "--strict", *NOW)
    assert said.status == 3
    assert "warning SW170: no rule or pack `gosted` here" in said.out
    assert "did you mean `ghosted`?" in said.out


@pytest.mark.usefixtures("project")
def test_an_exception_that_ended_is_a_warning_by_the_date_that_counts(call: Call) -> None:
    assert call("rules", "check", "--strict", "--now", "2026-04-15T09:00:00Z").status == 0
    late = call("rules", "check", "--strict", "--now", "2031-01-01T09:00:00Z")
    assert (late.status, "SW141" in late.out) == (3, True)


@pytest.mark.usefixtures("project")
def test_a_connection_tells_what_it_cannot_feed(call: Call) -> None:
    said = call("rules", "check", "--connection", "export", *NOW)
    assert said.status == 0
    assert "exit-first-meeting: cannot judge by export; map agenda" in said.lines
    assert call("rules", "check", "--connection", "export", "--strict", *NOW).status == 3


def test_a_rule_file_is_checked_where_there_is_no_project(here: Path, call: Call) -> None:
    shutil.copy(SUITE / "packs" / "partner.yaml", here)
    said = call("rules", "check", "partner.yaml")
    assert (said.status, said.out) == (0, "1 file(s), 3 rules, 0 error(s), 0 warning(s)\n")


def test_a_project_with_what_comes_with_the_suite_checks(here: Path, call: Call) -> None:
    shutil.copy(SUITE / "project" / "stalewatch.yaml", here)
    shutil.copytree(SUITE / "packs", here / "rules")
    said = call("rules", "check", "--strict", *NOW)
    assert (said.status, said.out) == (0, "5 file(s), 31 rules, 0 error(s), 0 warning(s)\n")


def test_a_file_that_is_no_utf_8_is_a_finding(project: Path, call: Call) -> None:
    (project / "rules" / "sjis.yaml").write_bytes("title: 案件".encode("shift_jis"))
    said = call("rules", "check", *NOW)
    assert said.status == 1
    assert "rules/sjis.yaml:1:1: error SW001: the file cannot be read: not UTF-8 (byte 7)" in said.lines


# -------------------------------------------------------------------------------------------------------- test


@pytest.mark.usefixtures("here")
def test_the_tests_of_the_suite_pass(call: Call) -> None:
    said = call("rules", "test", SUITE / "tests")
    assert (said.status, said.lines) == (0, ["3 file(s), 33 test(s), 0 failed"])


def test_what_came_out_otherwise_is_told_with_place_and_zone(here: Path, call: Call) -> None:
    shutil.copytree(SUITE / "packs", here / "packs")
    (here / "tests").mkdir()
    shutil.copy(SUITE / "tests" / "default.test.yaml", here / "tests")
    stories = here / "tests" / "default.test.yaml"
    change(stories, "breach_at: 2026-03-16 18:00, warn_at", "breach_at: 2026-03-17 18:00, warn_at")
    change(stories, "state: at_risk}", "state: watching}")
    said = call("rules", "test")
    assert said.status == 1
    assert said.lines[:4] == [
        f"tests/default.test.yaml:12: {FIRST}",
        "  no-next-meeting: breach_at at 2026-03-05 09:00 should be 2026-03-17 18:00, but is 2026-03-16 18:00",
        f"tests/default.test.yaml:13: {FIRST}",
        "  no-next-meeting: state at 2026-03-12 09:00 should be watching, but is at_risk",
    ]
    assert said.lines[-1] == "1 file(s), 21 test(s), 1 failed"
    japanese = call("rules", "test", "--lang", "ja")
    assert "2026-03-05 09:00 の breach_at は 2026-03-17 18:00 のはずですが、2026-03-16 18:00 です" in japanese.out
    [first, _] = json.loads(call("rules", "test", "--json").out)["failures"]
    assert (first["line"], first["expected"], first["found"]) == (12, "2026-03-17 18:00", "2026-03-16 18:00")


def test_rules_that_nobody_tests_are_listed(project: Path, call: Call) -> None:
    tests = project / "rules" / "tests"
    (tests / "default.test.yaml").unlink()
    (tests / "mine.test.yaml").write_text(
        "stalewatch_test: 1\n"
        "rules: [../default.yaml]\n"
        "tests:\n"
        "  - name: a meeting\n"
        "    given: {deal: {stage: discovery, created_at: 2026-03-02 10:00}}\n"
        "    expect: [{at: 2026-03-03 09:00, rule: no-next-meeting, state: watching}]\n"
    )
    said = call("rules", "test", *NOW)
    assert said.status == 0
    assert said.lines[0] == "1 file(s), 1 test(s), 0 failed"
    assert said.lines[1].startswith("without a test: stage-time, ghosted, ")
    assert "no-next-meeting" not in said.lines[1]


def test_a_test_file_with_mistakes_fails_with_their_places(project: Path, call: Call) -> None:
    (project / "a.test.yaml").write_text("stalewatch_test: 1\nrules: [gone.yaml]\ntests: [{nme: a}]\n")
    said = call("rules", "test", "a.test.yaml", *NOW)
    assert said.status == 1
    assert "a.test.yaml:2:9: error SW190: `gone.yaml` is not there" in said.out


def test_no_tests_at_all_is_no_failure(project: Path, call: Call) -> None:
    (project / "rules" / "tests" / "default.test.yaml").unlink()
    said = call("rules", "test", *NOW)
    assert said.status == 0
    assert said.lines[0].startswith("there is no *.test.yaml in ")


# ------------------------------------------------------------------------------------------------------ mutate


@pytest.mark.usefixtures("project")
def test_a_new_project_brings_tests_that_hold_on_to_every_number(call: Call) -> None:
    said = call("rules", "test", "--mutate", "--min", "95", *NOW)
    assert said.status == 0
    assert said.lines[0] == "1 file(s), 20 test(s), 0 failed"
    assert said.lines[1:] == ["104 of 104 changes noticed (100 %)"]


def test_numbers_that_no_test_holds_on_to_are_shown_where_they_stand(project: Path, call: Call) -> None:
    stories = project / "rules" / "tests" / "default.test.yaml"
    change(stories, ", breach_at: 2026-04-15 18:00, warn_at: 2026-04-10 09:00}", "}")
    said = call("rules", "test", "--mutate", *NOW)
    assert said.status == 0
    assert said.lines[1:] == [
        "rules/default.yaml:45:36: no test notices `9bd` instead of `10bd` (stage-time)",
        "    45 |       - {stage: qualification, is: 10bd}",
        "       |                                    ^^^^",
        "rules/default.yaml:53:11: no test notices `4bd` instead of `3bd` (stage-time)",
        "    53 |     warn: 3bd   # assumed",
        "       |           ^^^",
        "A test notices if it expects the exact breach_at or warn_at, or a state on each side of the limit.",
        "102 of 104 changes noticed (98 %)",
    ]
    japanese = call("rules", "test", "--mutate", "--min", "99", "--lang", "ja", *NOW)
    assert japanese.status == 1
    assert "`10bd` を `9bd` に変えても、どのテストも気付きません(stage-time)" in japanese.out
    assert japanese.lines[-1] == "99 % に届きません"
    found = json.loads(call("rules", "test", "--mutate", "--json", *NOW).out)["mutation"]
    assert (found["tried"], found["noticed"], found["percent"]) == (104, 102, 98)
    assert [(one["line"], one["old"], one["new"]) for one in found["missed"]] == [
        (45, "10bd", ["9bd"]),
        (53, "3bd", ["4bd"]),
    ]


def test_nothing_is_changed_while_a_test_fails(project: Path, call: Call) -> None:
    change(project / "rules" / "default.yaml", "within: 14d", "within: 13d")
    said = call("rules", "test", "--mutate", *NOW)
    assert said.status == 1
    assert said.lines[-1] == "No number was changed: first all tests must pass."


@pytest.mark.usefixtures("project")
def test_a_least_share_without_changes_is_a_misunderstanding(call: Call) -> None:
    said = call("rules", "test", "--min", "95", *NOW)
    assert (said.status, "--min needs --mutate" in said.err) == (2, True)


# ----------------------------------------------------------------------------------------------------- explain


@pytest.mark.usefixtures("here")
def test_the_short_form_is_the_suites(call: Call) -> None:
    packs = sorted((SUITE / "packs").glob("*.yaml"))
    said = call("rules", "explain", "--short", "--config", SUITE / "project" / "stalewatch.yaml", *packs)
    _, *expected = (SUITE / "EXPLAIN.txt").read_text("utf-8").splitlines()
    assert said.lines == expected


@pytest.mark.usefixtures("project")
def test_a_rule_is_explained_in_words(call: Call) -> None:
    said = call("rules", "explain", "ghosted", *NOW)
    assert said.lines[:2] == [
        "ghosted · Customer went silent (default, critical)",
        "  Counted from the last thing the CUSTOMER did - our own emails do not reset it.",
    ]
    assert "  Where     Messages since the customer answered is at least 2 and Stage is not Qualification" in said.lines
    assert "  Pause     from On hold since until On hold until, at most 60 days" in said.lines


@pytest.mark.usefixtures("project")
def test_a_rule_is_explained_in_japanese(call: Call) -> None:
    said = call("rules", "explain", "no-next-step", "--lang", "ja", *NOW)
    assert "開始    次が成り立った時: " in said.out
    assert "2営業日" in said.out


@pytest.mark.usefixtures("project")
def test_all_rules_can_be_explained_in_both_languages(call: Call) -> None:
    for language in ("en", "ja"):
        said = call("rules", "explain", *sorted((SUITE / "packs").glob("*.yaml")), "--lang", language, *NOW)
        assert said.status == 0
        assert said.out.count("\n\n") == 30


@pytest.mark.usefixtures("project")
def test_a_rule_that_is_not_there_has_a_neighbour(call: Call) -> None:
    said = call("rules", "explain", "ghosed", *NOW)
    assert (said.status, said.err) == (1, "there is no rule `ghosed`\n  did you mean `ghosted`?\n")


def test_rules_with_errors_are_not_explained(project: Path, call: Call) -> None:
    change(project / "rules" / "default.yaml", "watch: deal", "watch: dael")
    said = call("rules", "explain", *NOW)
    assert said.status == 1
    assert "`dael` cannot be watched" in said.err
