"""The rules of a project: read from its folders, and another rulebook as soon as anything they stand on differs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from stalewatch.sdk.connector import Description, FieldInfo
from stalewatch.services.rules.coverage import judgeable
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.rules.rulefiles import Checked, check_project, rulebook
from stalewatch.settings import Settings, load

TODAY = date(2026, 4, 15)
CONFIG = """
stalewatch: 1
catalogue: [fields.yaml]
calendars:
  tokyo: {tz: Asia/Tokyo, holidays: JP}
  york: {tz: America/New_York}
  choose: [{team: us, use: york}, {use: tokyo}]
"""
FIELDS = "fields: {deal: {score_of_ours: {type: int, from: crm}}}\n"
RULE = """
stalewatch: 1
pack: mine
rules:
  - {id: late, title: late, watch: deal, where: {score_of_ours: {more_than: 1}}, start: created_at, within: 9d}
"""
Write = Callable[..., Settings]


@pytest.fixture
def project(tmp_path: Path) -> Write:
    """Writes a project and reads its settings; a keyword replaces a file's text."""

    def writing(**texts: str) -> Settings:
        (tmp_path / "rules").mkdir(exist_ok=True)
        files = {"stalewatch": CONFIG, "fields": FIELDS, "rules/late": RULE, **texts}
        for name, text in files.items():
            (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
        loaded = load(tmp_path / "stalewatch.yaml", {})
        assert loaded.settings is not None
        return loaded.settings

    return writing


def book_of(settings: Settings) -> Rulebook:
    book = rulebook(check_project(settings, TODAY), settings)
    assert book is not None
    return book


def codes(checked: Checked) -> list[tuple[str, int]]:
    return [(found.code, found.line) for found in checked.diagnostics]


def test_rules_read_the_projects_own_fields_and_follow_its_calendars(project: Write) -> None:
    book = book_of(project())
    assert [rule.id for rule in book.rules.rules] == ["late"]
    assert book.rules.packs.keys() == {"mine"}
    assert book.calendars.fields(book.rules) == {"team"}
    assert [calendar.spec.name for _, calendar in book.calendars.rows] == ["york", "tokyo"]


@pytest.mark.parametrize(
    "change",
    [
        {"rules/late": RULE.replace("9d", "8d")},
        {"rules/more": RULE.replace("late", "later").replace("pack: mine", "pack: other")},
        {"fields": FIELDS.replace("int", "money")},
        {"stalewatch": CONFIG.replace("holidays: JP", "holidays: US")},
        {"stalewatch": CONFIG.replace("team: us", "team: uk")},
        {"stalewatch": CONFIG + "modes: {late: live}\n"},
        {"stalewatch": CONFIG + "defaults: {warn: 3bd}\n"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_deadlines_depend_on_makes_another_version(project: Write, change: dict[str, str]) -> None:
    before = book_of(project()).version
    assert book_of(project()).version == before
    assert book_of(project(**change)).version != before


def test_what_deadlines_do_not_depend_on_makes_none(project: Write) -> None:
    before = book_of(project()).version
    assert book_of(project(stalewatch=CONFIG + "quiet: off\nweb: {port: 9}\n")).version == before


def test_shipped_packs_can_be_included_and_copied_from(project: Write) -> None:
    text = RULE.replace("pack: mine", "pack: mine\ninclude: [partner]") + "  - {use: default/ghosted, id: quieter}\n"
    book = book_of(project(**{"rules/late": text}))
    assert {"late", "quieter", "partner-report-stale"} <= {rule.id for rule in book.rules.rules}


def test_a_file_of_fields_among_the_rules_is_a_file_of_fields(project: Write) -> None:
    settings = project(stalewatch=CONFIG.replace("catalogue: [fields.yaml]\n", ""), **{"rules/fields": FIELDS})
    assert book_of(settings).rules.catalogue.objects["deal"]["score_of_ours"].type == "int"


def test_tests_and_hidden_files_among_the_rules_are_no_rules(project: Write, tmp_path: Path) -> None:
    settings = project()
    (tmp_path / "rules" / "late.test.yaml").write_text("stalewatch_test: 1\n")
    (tmp_path / "rules" / ".late.yaml").write_text("half a fi")
    assert check_project(settings, TODAY).diagnostics == ()


def test_conditions_of_the_project_file_are_checked_with_the_fields(project: Write) -> None:
    text = CONFIG.replace("team: us", "taem: us") + "routes: [{to: owner, where: {amuont: 3}}]\nmodes: {lat: live}\n"
    checked = check_project(project(stalewatch=text), TODAY)
    assert codes(checked) == [("SW104", 7), ("SW104", 8), ("SW170", 9)]
    assert checked.has_errors
    assert checked.has_warnings


def test_a_calendar_without_any_workday_is_refused(project: Write) -> None:
    checked = check_project(project(stalewatch=CONFIG + "  dead: {closed: ['01-01..12-31']}\n"), TODAY)
    assert [found.message["en"] for found in checked.diagnostics] == ["the calendar `dead` has no workday at all"]


def test_a_broken_catalogue_is_told_and_rules_wait_for_it(project: Write) -> None:
    checked = check_project(project(fields=FIELDS.replace("int", "number")), TODAY)
    assert codes(checked) == [("SW105", 1)]


def test_escalations_are_checked_only_where_there_are_any(project: Write) -> None:
    text = RULE.replace("within: 9d", "within: 9d, escalate: fast")
    assert check_project(project(**{"rules/late": text}), TODAY).diagnostics == ()
    known = CONFIG + "escalations: {slow: [{after: 3bd, to: owner}]}\n"
    assert codes(check_project(project(stalewatch=known, **{"rules/late": text}), TODAY)) == [("SW180", 5)]


# ---------------------------------------------------------------------------------------------------- coverage


def feeding(*names: str) -> Description:
    return Description(fields={"deal": [FieldInfo(ours=name, theirs=name, type="text") for name in names]})


def test_a_rule_can_judge_where_every_field_that_decides_is_fed(project: Write) -> None:
    rules = book_of(project()).rules
    assert judgeable(rules, feeding("score_of_ours"), TODAY).judging == 1
    without = judgeable(rules, feeding("amount"), TODAY)
    assert (without.judging, without.rules, without.missing) == (0, 1, {"late": ("score_of_ours",)})
    assert without.advice() == [(("score_of_ours",), ("late",))]


def test_rules_on_what_a_connection_does_not_have_are_not_its_rules(project: Write) -> None:
    rules = book_of(project()).rules
    assert judgeable(rules, Description(fields={"lead": []}), TODAY).rules == 0
