"""Whatever rule is written, `rules explain` says it: every word of it in both languages, and no placeholder is left."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.rule_in_words import parts_in_words, rule_in_words
from stalewatch.domain.language.reads import rearming_fields
from stalewatch.domain.language.summary import explain_short
from tests.domain.judge_batches import batch
from tests.services.world import default_pack, rulebook


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(
    "seeds", [range(3), pytest.param(range(500, 700), marks=pytest.mark.slow)], ids=["some", "many"]
)
def test_an_arbitrary_rule_is_said_in_words(seeds: range, language: str) -> None:
    reader = Reader(language, datetime(2026, 3, 2, tzinfo=UTC), "Asia/Tokyo")
    for seed in seeds:
        rules = batch(seed).fast.rules
        for rule in rules.rules:
            lines = rule_in_words(rule, rules, reader)
            words = "\n".join(lines)
            short = explain_short(rule, rules)
            assert all(line.strip() for line in lines), words
            assert "{" not in words + short, words
            for name in rearming_fields(rule, rules):
                assert name in words, words
                assert name in short, words
            for limit in rule.within:
                assert str(limit.duration) in short, words


def test_what_a_rule_watches_and_follows_is_said_in_the_readers_language() -> None:
    rules = rulebook(default_pack()).rules
    rule = next(one for one in rules.rules if one.id == "meeting-without-next")
    now = datetime(2026, 3, 2, tzinfo=UTC)
    japanese, english = (parts_in_words(rule, rules, Reader(language, now, "Asia/Tokyo")) for language in ("ja", "en"))
    assert (japanese["watch"], japanese["start"]) == ("案件", "商談 ごと(それぞれに時計)")
    assert (english["watch"], english["start"]) == ("deal", "each meeting, with a clock of its own")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_each_object_that_a_rule_can_watch_has_a_name(language: str) -> None:
    rules = rulebook(default_pack()).rules
    rule = next(one for one in rules.rules if one.id == "no-next-step")
    reader = Reader(language, datetime(2026, 3, 2, tzinfo=UTC), "Asia/Tokyo")
    objects = rules.catalogue.objects
    named = {obj: parts_in_words(replace(rule, watch=obj), rules, reader)["watch"] for obj in objects}
    assert set(named) == {"deal", "partner_deal", "lead"}
    assert len(set(named.values())) == len(objects)
