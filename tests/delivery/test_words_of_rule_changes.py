"""What changed of a rule is said word by word, in both languages; what reads as before is not a change."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from stalewatch.delivery.wording.rule_changes import changes_in_words
from stalewatch.domain.language.model import Mode
from stalewatch.domain.language.versions import Version, changed_beside, rule_changes
from tests.delivery.tellings import NOW, sato
from tests.services.world import rulebook

RULES = """
stalewatch: 1
pack: small
title: {en: Small, ja: 小}
rules:
  - id: quiet
    title: {en: Quiet, ja: 静か}
    because: {en: Deals that nobody touches are lost., ja: 放置された商談は失注します。}
    watch: deal
    where: {amount: {at_least: 1000000}}
    start: created_at
    within: {by: stage, negotiation: 3bd, proposal: 5bd, else: 14d}
    warn: 1d
    severity: warning
  - {id: other, title: {en: Other, ja: 他}, watch: deal, start: created_at, within: 9d}
"""
PAUSED = "    pause: {until: hold_until, from: hold_set_at, max: 60d}\n"


def version(text: str, modes: Mapping[str, Mode]) -> Version:
    rules = rulebook(text).rules
    return Version(rules, {rule.id: modes.get(rule.id, Mode.LIVE) for rule in rules.rules}, {})


def said(old: str, new: str, language: str = "en", **modes: Mode) -> list[str]:
    """What is said of the way from one text to the other; `modes`: of what was there before, by the rule's id."""
    before, after = version(old, modes), version(new, {})
    reader = sato(language).reads(NOW)
    changes = rule_changes(before, after)
    return changes_in_words(changes, changed_beside(before, after), before.rules, after.rules, reader)


@pytest.mark.parametrize(
    ("found", "becomes", "english", "japanese"),
    [
        ("warn: 1d", "warn: 2d", "warn: 1 day before → 2 days before", "予告: 1日前 → 2日前"),
        ("    warn: 1d\n", "", "warn: 1 day before → none", "予告: 1日前 → なし"),
        ("at_least: 1000000", "more_than: 2000000",
         "where: Amount is at least 1,000,000 → Amount is more than 2,000,000",
         "対象: 金額が1,000,000以上 → 金額が2,000,000より大きい"),
        ("    warn: 1d\n", f"    warn: 1d\n{PAUSED}",
         "pause: none → from On hold since until On hold until, at most 60 days",
         "休止: なし → 保留開始日時から保留期限まで(最長60日)"),
        ("severity: warning", "severity: critical", "severity: warning → critical", "重要度: warning → critical"),
        ("severity: warning", "severity: warning\n    mutes: [other]", "mutes: none → other",
         "抑制する対象: なし → other"),
        ("{en: Quiet, ja: 静か}", "{en: Silent, ja: 沈黙}", "title: “Quiet” → “Silent”", "題名: “静か” → “沈黙”"),
        ("    because: {en: Deals that nobody touches are lost., ja: 放置された商談は失注します。}\n", "",
         "because: “Deals that nobody touches are lost.” → none", "理由: “放置された商談は失注します。” → なし"),
        ("else: 14d", "else: 9d", "limit otherwise: 14 days → 9 days", "期限(それ以外): 14日 → 9日"),
        ("negotiation: 3bd, ", "", "limit if Stage is Negotiation: 3 business days → none",
         "期限(フェーズが条件交渉の場合): 3営業日 → なし"),
    ],
)  # fmt: skip
def test_a_word_that_changed_is_said_before_and_after(found: str, becomes: str, english: str, japanese: str) -> None:
    other = RULES.replace(found, becomes)
    assert said(RULES, other) == [f"quiet: {english}"]
    assert said(RULES, other, "ja") == [f"quiet: {japanese}"]


def test_rows_in_another_order_are_one_line_and_no_limit() -> None:
    other = RULES.replace("negotiation: 3bd, proposal: 5bd", "proposal: 5bd, negotiation: 3bd")
    assert said(RULES, other) == ["quiet: the rows of its limit stand in another order"]
    assert said(RULES, other, "ja") == ["quiet: 期限の行の順序が変わりました"]


def test_a_rule_that_goes_live_says_its_mode() -> None:
    assert said(RULES, RULES, quiet=Mode.SHADOW) == ["quiet: mode: shadow → live"]
    assert said(RULES, RULES, "ja", quiet=Mode.SHADOW) == ["quiet: モード: shadow → live"]


def test_a_text_of_the_other_language_is_no_change_to_who_does_not_read_it() -> None:
    other = RULES.replace("静か", "沈黙")
    assert said(RULES, other) == []
    assert said(RULES, other, "ja") == ["quiet: 題名: “静か” → “沈黙”"]


def test_what_only_one_version_has_is_said_by_its_title() -> None:
    other = RULES.replace("id: other, title: {en: Other, ja: 他}", "id: young, title: {en: Young, ja: 新しい}")
    assert said(RULES, other) == ["young: added (Young)", "other: removed (Other)"]
    assert said(RULES, other, "ja") == ["young: 追加(新しい)", "other: 削除(他)"]
