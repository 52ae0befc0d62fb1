"""Arbitrary files that `rules check` takes: tidied they say the same, and an editor's schema takes them, too."""

from __future__ import annotations

from dataclasses import replace

import pytest
from jsonschema import Draft7Validator

from stalewatch.domain.language.diagnostics import Findings
from stalewatch.domain.language.formatting.canonical import canonical
from stalewatch.domain.language.loading import load_rules
from stalewatch.domain.language.model import RuleSet
from stalewatch.domain.language.nodes import Source
from stalewatch.domain.language.schema.rules import Known, rules_schema
from tests.domain.judge_batches import batch, catalogue, file_of
from tests.editors import data_of, faults

in_both_runs = pytest.mark.parametrize(
    "seeds", [range(2), pytest.param(range(1_000, 1_200), marks=pytest.mark.slow)], ids=["some", "many"]
)


def text_of(seed: int) -> str:
    slow = batch(seed).slow
    return file_of(slow.rules, slow.book, slow.exceptions)


def meaning(text: str) -> RuleSet:
    """What a file says, without where it says it."""
    found = load_rules([Source("any.yaml", text)], catalogue()).ruleset
    assert found is not None
    rules = tuple(
        replace(rule, place=None, within=tuple(replace(limit, line=0) for limit in rule.within)) for rule in found.rules
    )
    return replace(found, rules=rules, exceptions=tuple(replace(one, place=None) for one in found.exceptions))


def tidied(text: str) -> str:
    made = canonical(Source("any.yaml", text), Findings())
    assert made is not None
    return made


@in_both_runs
def test_a_tidied_file_says_the_same_and_is_tidy(seeds: range) -> None:
    for seed in seeds:
        text = text_of(seed)
        tidy = tidied(text)
        assert tidy != text, seed
        assert tidied(tidy) == tidy, seed
        assert meaning(tidy) == meaning(text), seed


@in_both_runs
def test_an_editor_takes_every_file_that_rules_check_takes(seeds: range) -> None:
    for seed in seeds:
        rules = batch(seed).fast.rules
        known = Known(rules, {"any": [rule.id for rule in rules.rules]})
        validator = Draft7Validator(rules_schema(known, "en"))
        for text in (text_of(seed), tidied(text_of(seed))):
            assert faults(validator, data_of(text)) == [], seed
