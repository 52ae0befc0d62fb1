"""`use`, `include`, `key+` and `key-`: rules made from rules, packs made from packs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.language.loading import Loaded
from stalewatch.domain.language.model import Compare, OneOf, Rule
from stalewatch.domain.language.nodes import Source

Check = Callable[..., Loaded]

BASE = """stalewatch: 1
pack: base
bands: {price_band: {of: amount, rows: [{name: low, below: 10}, {name: high}]}}
rules:
  - id: slow
    title: {en: Slow, ja: 停滞}
    watch: deal
    where: {stage: [proposal, approval], price_band: high}
    start: stage_entered_at
    within: 10bd
    warn: 3bd
    mutes: [other]
    tags: [x, y]
    was: [older]
  - {id: other, title: Other, watch: deal, start: created_at, within: 1bd}
"""
SHELF = {"base": Source("base.yaml", BASE)}


def mine(body: str, head: str = "") -> str:
    return f"stalewatch: 1\npack: mine\n{head}rules:\n  - id: mine\n    {body}\n"


def rules_of(loaded: Loaded) -> dict[str, Rule]:
    assert loaded.ruleset is not None, loaded.render("en")
    return {rule.id: rule for rule in loaded.ruleset.rules}


def codes(loaded: Loaded) -> list[str]:
    return [found.code for found in loaded.diagnostics]


def test_a_copy_keeps_what_it_does_not_change(check: Check) -> None:
    (copy,) = rules_of(check(mine("use: base/slow\n    within: 5bd\n    warn: 1bd"), available=SHELF)).values()
    assert (copy.id, copy.pack, copy.title["ja"]) == ("mine", "mine", "停滞")
    assert copy.within[0].duration == Duration(5, Unit.BUSINESS_DAY)
    assert copy.was == ()


def test_a_copy_does_not_bring_the_pack_in_but_its_bands(check: Check) -> None:
    loaded = check(mine("use: base/slow"), available=SHELF)
    assert loaded.ruleset is not None
    assert list(rules_of(loaded)) == ["mine"]
    assert list(loaded.ruleset.bands) == ["price_band"]


def test_lists_are_added_to_and_taken_from(check: Check) -> None:
    (copy,) = rules_of(check(mine("use: base/slow\n    tags+: [z]\n    mutes-: [other]"), available=SHELF)).values()
    assert copy.tags == ("x", "y", "z")
    assert copy.mutes == ()


def test_a_list_inside_a_condition_can_be_edited(check: Check) -> None:
    (copy,) = rules_of(check(mine("use: base/slow\n    where: {stage+: [discovery]}"), available=SHELF)).values()
    stages: Any = next(part for part in copy.where.parts if isinstance(part, OneOf))  # type: ignore[union-attr]
    assert [literal.value for literal in stages.values] == ["proposal", "approval", "discovery"]
    assert any(isinstance(part, Compare) for part in copy.where.parts)  # type: ignore[union-attr]


def test_taking_away_what_is_not_there_is_an_error(check: Check) -> None:
    assert codes(check(mine("use: base/slow\n    tags-: [q]"), available=SHELF)) == ["SW105"]


def test_key_plus_without_use_is_refused(check: Check) -> None:
    sound = "title: A\n    watch: deal\n    start: created_at\n    within: 1bd\n    "
    assert codes(check(mine(sound + "tags+: [q]"))) == ["SW101"]


def test_a_fault_in_what_was_changed_stands_in_the_changed_file(check: Check) -> None:
    (found,) = check(mine("use: base/slow\n    within: 2bd"), available=SHELF).diagnostics
    assert (found.code, found.file) == ("SW112", "base.yaml")
    (found,) = check(mine("use: base/slow\n    warn: 30bd"), available=SHELF).diagnostics
    assert (found.code, found.file, found.line) == ("SW112", "rules.yaml", 6)


def test_copies_of_copies_work_and_circles_do_not(check: Check) -> None:
    text = mine("use: mine/second\n    tags+: [b]") + "  - id: second\n    use: base/slow\n    tags: [a]\n"
    assert rules_of(check(text, available=SHELF))["mine"].tags == ("a", "b")
    circle = mine("use: mine/second") + "  - id: second\n    use: mine/mine\n"
    assert codes(check(circle)) == ["SW190", "SW190"]


def test_include_brings_a_pack_in_once(check: Check) -> None:
    loaded = check(mine("use: base/slow", head="include: [base]\n"), available=SHELF)
    assert list(rules_of(loaded)) == ["mine", "slow", "other"]
    assert [source.path for source in loaded.sources] == ["rules.yaml", "base.yaml"]


def test_packs_that_include_each_other_are_refused(check: Check) -> None:
    files = {
        "a.yaml": "stalewatch: 1\npack: a\ninclude: [b]\nrules: []\n",
        "b.yaml": "stalewatch: 1\npack: b\ninclude: [a]\nrules: []\n",
    }
    assert codes(check(files)) == ["SW190", "SW190"]


def test_who_includes_a_pack_may_tune_its_bands(check: Check) -> None:
    bands = "bands: {price_band: {of: amount, rows: [{name: low, below: 99}, {name: high}]}}\n"
    loaded = check(mine("use: base/slow", head=f"include: [base]\n{bands}"), available=SHELF)
    assert loaded.ruleset is not None, loaded.render("en")
    assert loaded.ruleset.bands["price_band"].rows[0] == ("low", 99.0)


def test_two_strangers_may_not_define_the_same_band(check: Check) -> None:
    bands = "stalewatch: 1\npack: {}\nbands: {{b: {{of: amount, rows: [{{name: low}}]}}}}\n"
    assert codes(check({"a.yaml": bands.format("a"), "b.yaml": bands.format("b")})) == ["SW107"]
