"""Files read to their end: what breaks one rule hides nothing in the others, and carets stand where they should."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stalewatch.domain.language.diagnostics import Diagnostic, Findings
from stalewatch.domain.language.loading import Loaded
from stalewatch.domain.language.messages import Severity
from stalewatch.domain.language.nodes import Mapping, Scalar, Source
from stalewatch.domain.language.reading import read
from stalewatch.domain.language.rendering import render, width

Check = Callable[[str], Loaded]

HEAD = "stalewatch: 1\npack: p\nrules:\n"


def a_rule(rule_id: str, more: str = "") -> str:
    return f"  - id: {rule_id}\n    title: A\n    watch: deal\n    start: created_at\n    within: 1bd\n" + (
        f"    {more}\n" if more else ""
    )


def places(loaded: Loaded) -> list[str]:
    return [f"{found.line}:{found.code}" for found in loaded.diagnostics]


def test_three_rules_broken_in_three_ways_are_told_at_once(check: Check) -> None:
    text = HEAD + a_rule("a", "owner: [x") + a_rule("b", "where: {amuont: 3}") + a_rule("c", "owner: a: b")
    assert places(check(text)) == ["9:SW001", "15:SW104", "21:SW001"]


def test_a_rule_that_could_not_be_read_is_not_missed_by_those_that_name_it(check: Check) -> None:
    text = HEAD + a_rule("a", "owner: [x") + a_rule("b", "mutes: [a]")
    loaded = check(text)
    assert places(loaded) == ["9:SW001"]
    assert loaded.counts.rules == 2


def test_one_fault_in_a_rule_does_not_hide_another(check: Check) -> None:
    text = HEAD + a_rule("a", "where: {amuont: 3}\n    severity: high\n    pause: {until: stage}").replace("1bd", "3")
    assert places(check(text)) == ["8:SW110", "9:SW104", "10:SW109", "11:SW150", "11:SW151", "11:SW113"]


def test_a_placeholder_is_found_in_a_folded_text(check: Check) -> None:
    text = HEAD + a_rule("a", "message:\n      ja: x\n      en: >-\n        one {name}\n        two {nmae}, three")
    (found,) = check(text).diagnostics
    assert (found.line, found.column, found.width) == (13, 14, 4)


def test_a_place_behind_an_escape_is_exact() -> None:
    root = read(Source("x", 'a: "tab\\tthen {x}"\n'), Findings()).root
    assert isinstance(root, Mapping)
    scalar = root.get("a")
    assert isinstance(scalar, Scalar)
    assert scalar.part(scalar.text.index("{x}"), 3).column == 15


def test_carets_are_as_wide_as_what_they_stand_under() -> None:
    source = Source("x.yaml", "件名: 値段が高い\n")
    found = Diagnostic("SW105", Severity.ERROR, "x.yaml", 1, 5, 3, {"en": "no", "ja": "いいえ"})
    assert render([found], [source], "ja") == (
        "x.yaml:1:5: error SW105: いいえ\n     1 | 件名: 値段が高い\n       |       ^^^^^^\n"
    )
    assert width("値a\u0301") == 3
    assert width("\uff21\uff71") == 3  # a full-width letter and a half-width one


def test_a_very_long_line_is_shown_around_the_place() -> None:
    source = Source("x.yaml", "a" * 500 + "X" + "b" * 500)
    found = Diagnostic("SW105", Severity.ERROR, "x.yaml", 1, 501, 1, {"en": "no", "ja": "no"})
    _, line, carets = render([found], [source], "en").splitlines()
    assert line.index("X") == carets.index("^")
    assert len(line) < 220


def test_a_file_cannot_paint_on_the_terminal(check: Check) -> None:
    shown = check(HEAD + a_rule("a", 'owner: "\u202ered"\n    \u202ebad: "\\e[31m"')).render("en")
    assert "\u202e" not in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_both_line_breaks_and_a_byte_order_mark_are_fine(check: Check, line_break: str) -> None:
    text = "\ufeff" + (HEAD + a_rule("a", "severity: high")).replace("\n", line_break)
    (found,) = check(text).diagnostics
    assert (found.line, found.column) == (9, 15)


def test_findings_are_sorted_by_place_in_the_order_of_the_files(check: Callable[..., Loaded]) -> None:
    loaded = check(
        {"z.yaml": HEAD + a_rule("a", "severity: high"), "b.yaml": HEAD + a_rule("b", "mode: x\n    owner: [1]")}
    )
    assert [(found.file, found.line) for found in loaded.diagnostics] == [("z.yaml", 9), ("b.yaml", 9), ("b.yaml", 10)]
