"""What a rule reads: for "cannot judge", for what is fetched, and for re-arming."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stalewatch.domain.language.loading import Loaded
from stalewatch.domain.language.model import RuleSet
from stalewatch.domain.language.reads import Reads, fields_read, rearming_fields

Check = Callable[[str], Loaded]

FILE = """stalewatch: 1
bands: {price_band: {of: amount, rows: [{name: low, below: 10}, {name: high}]}}
scores: {fit: {watch: deal, items: {need: {filled: need}, people: {stakeholders: {at_least: 2}}}}}
rules:
  - id: a
    title: A
    watch: deal
"""


@pytest.fixture
def read_by(check: Check) -> Callable[[str], tuple[Reads, RuleSet]]:
    def _read(body: str) -> tuple[Reads, RuleSet]:
        loaded = check(FILE + "".join(f"    {line}\n" for line in body.splitlines()))
        assert loaded.ruleset is not None, loaded.render("en")
        return fields_read(loaded.ruleset.rules[0], loaded.ruleset), loaded.ruleset

    return _read


ReadBy = Callable[[str], tuple[Reads, RuleSet]]


def test_what_start_where_and_until_read_must_be_known(read_by: ReadBy) -> None:
    reads, _ = read_by("start: stage_entered_at\nwithin: 1bd\nwhere: {pipeline: renewal}\nuntil: {next_step: set}")
    assert reads.judged == {"stage_entered_at", "pipeline", "next_step"}
    assert reads.lenient == set()


def test_what_limits_pauses_and_bands_read_counts_as_empty(read_by: ReadBy) -> None:
    reads, _ = read_by(
        "start: created_at\nwithin: [{segment: smb, is: 1bd}]\nwhere: {price_band: low}\n"
        "pause: {until: hold_until, from: hold_set_at, max: 9d}"
    )
    assert reads.judged == {"created_at"}
    assert reads.lenient == {"segment", "amount", "hold_until", "hold_set_at"}


def test_a_field_that_both_read_must_be_known(read_by: ReadBy) -> None:
    reads, _ = read_by("start: created_at\nwithin: [{stage: proposal, is: 1bd}]\nwhere: {stage: [proposal]}")
    assert "stage" in reads.judged
    assert "stage" not in reads.lenient


def test_a_score_in_until_is_judged_and_in_a_limit_it_is_not(read_by: ReadBy) -> None:
    strict, _ = read_by("start: created_at\nwithin: 1bd\nuntil: {score.fit: {at_least: 50}}")
    assert strict.judged == {"created_at", "need", "stakeholders"}
    loose, _ = read_by("start: created_at\nwithin: [{score.fit: {at_least: 50}, is: 1bd}]")
    assert loose.judged == {"created_at"}
    assert loose.lenient == {"need", "stakeholders"}


def test_only_presence_matters_for_set_empty_and_filled(read_by: ReadBy) -> None:
    reads, _ = read_by("start: created_at\nwithin: 1bd\nwhere: {filled: [pain, impact], impact: x}")
    assert reads.presence == {"pain"}
    assert reads.values == {"created_at", "impact"}


def test_history_is_needed_by_since_entered_and_pauses(read_by: ReadBy) -> None:
    since, _ = read_by("start: {since: {price_band: high}}\nwithin: 1bd")
    assert since.history == {"amount"}
    entered, _ = read_by("start: {each: meeting}\nwithin: 1bd\nuntil: {any: [{entered: [next_step]}, {pain: set}]}")
    assert entered.history == {"next_step"}
    assert entered.events == {"meeting"}
    paused, _ = read_by("start: created_at\nwithin: 1bd\npause: {while: {on_hold: true}, max: 9d}")
    assert paused.history == {"on_hold"}


def test_the_calendar_and_exceptions_re_arm_too(read_by: ReadBy) -> None:
    _, rules = read_by("start: {each: meeting}\nwithin: 1bd\nmessage: {en: '{competitors}', ja: x}\ntags: [x]")
    assert rearming_fields(rules.rules[0], rules, ["team"]) == ("event:meeting", "is_open", "team")
