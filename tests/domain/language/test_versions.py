"""Two versions of a file of rules compared: which rule is which, what changed of each, and what changed beside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.language.model import Mode
from stalewatch.domain.language.versions import (
    LimitChanged,
    ModeChanged,
    Reworded,
    Version,
    changed_beside,
    pairs,
    rule_changes,
)
from tests.domain.language.conftest import Check, a_file, a_rule

FIVE, TEN, FOURTEEN = (Duration(days, Unit.BUSINESS_DAY) for days in (5, 10, 14))
BAND = """
bands:
  size:
    of: amount
    rows: [{name: small, below: 100}, {name: large}]
"""


class Versions:
    """Makes versions of one file."""

    def __init__(self, check: Check) -> None:
        self._check = check

    def of(
        self,
        *rules: str,
        tail: str = "",
        modes: Mapping[str, Mode] | None = None,
        beside: Mapping[str, Any] | None = None,
    ) -> Version:
        loaded = self._check(a_file(*rules, tail=tail))
        assert loaded.ruleset is not None, loaded.render("en")
        usual = dict.fromkeys((rule.id for rule in loaded.ruleset.rules), Mode.LIVE)
        return Version(loaded.ruleset, {**usual, **(modes or {})}, beside or {})


@pytest.fixture
def versions(check: Check) -> Versions:
    return Versions(check)


def test_a_version_differs_in_nothing_from_itself(versions: Versions) -> None:
    one, same = (versions.of(a_rule(), tail=BAND, beside={"warn": 3}) for _ in range(2))
    assert rule_changes(one, same) == []
    assert changed_beside(one, same) == []


def test_rules_come_go_and_stay(versions: Versions) -> None:
    old, new = versions.of(a_rule(id="a"), a_rule(id="b")), versions.of(a_rule(id="c"), a_rule(id="b"))
    found = [(one.old and one.old.id, one.new and one.new.id) for one in rule_changes(old, new)]
    assert found == [(None, "c"), ("a", None)]
    assert [one.id for one in rule_changes(old, new)] == ["c", "a"]


def test_a_renamed_rule_is_the_one_that_it_was(versions: Versions) -> None:
    old = versions.of(a_rule(id="a"), a_rule(id="b"))
    [renamed] = rule_changes(old, versions.of(a_rule(id="new", was="a"), a_rule(id="b")))
    assert (renamed.id, renamed.was, renamed.parts) == ("new", "a", ())


def test_an_old_name_that_somebody_still_has_is_not_taken_away(versions: Versions) -> None:
    old = versions.of(a_rule(id="a"))
    new = versions.of(a_rule(id="b", was="a"), a_rule(id="a"))
    found = pairs(old.rules.rules, new.rules.rules)
    assert [(before and before.id, after and after.id) for before, after in found] == [(None, "b"), ("a", "a")]


def test_a_limit_a_mode_and_a_word_are_told_each_by_itself(versions: Versions) -> None:
    old = versions.of(a_rule())
    new = versions.of(a_rule(within="14bd", severity="critical", title="{en: B, ja: あ}"), modes={"a": Mode.SHADOW})
    [changed] = rule_changes(old, new)
    limit, severity, title, mode = changed.parts
    assert limit == LimitChanged(None, TEN, FOURTEEN)
    assert [part.word for part in (severity, title) if isinstance(part, Reworded)] == ["severity", "title"]
    assert mode == ModeChanged(Mode.LIVE, Mode.SHADOW)
    assert changed.was is None


def test_rows_are_compared_by_their_conditions(versions: Versions) -> None:
    old = versions.of(a_rule(within="{by: stage, proposal: 14bd, negotiation: 10bd, else: 5bd}"))
    [fewer] = rule_changes(old, versions.of(a_rule(within="{by: stage, proposal: 14bd, else: 5bd}")))
    [gone] = fewer.parts
    assert isinstance(gone, LimitChanged)
    assert (gone.old, gone.new) == (TEN, None)
    turned = versions.of(a_rule(within="{by: stage, negotiation: 10bd, proposal: 14bd, else: 5bd}"))
    [changed] = rule_changes(old, turned)
    same = [(part.old, part.new) for part in changed.parts if isinstance(part, LimitChanged)]
    assert same == [(TEN, TEN), (FOURTEEN, FOURTEEN), (FIVE, FIVE)]


def test_what_else_decides_is_told_by_its_name(versions: Versions) -> None:
    old = versions.of(a_rule(), tail=BAND, beside={"warn": 3, "calendar tokyo": 1})
    new = versions.of(
        a_rule(), tail=BAND.replace("100", "200"), beside={"warn": 2, "calendar tokyo": 1, "calendar ny": 1}
    )
    assert changed_beside(old, new) == ["band size", "calendar ny", "warn"]
    assert changed_beside(old, versions.of(a_rule(), beside=old.beside)) == ["band size"]
