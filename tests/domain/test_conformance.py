"""The timeline tests that came with the language: every one of them passes as it was written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from stalewatch.domain.calendar import Calendar
from stalewatch.domain.calendars import Calendars
from stalewatch.domain.clocks import Judge
from stalewatch.domain.instants import from_us
from stalewatch.domain.language.catalogue import load_catalogue
from stalewatch.domain.language.diagnostics import Findings
from stalewatch.domain.language.loading import load_rules
from stalewatch.domain.language.nodes import Source
from stalewatch.domain.language.trials import TrialFile, parse_trials, read_trial_file
from stalewatch.domain.trial import Mismatch, Trial
from stalewatch.domain.trials import run

SUITE = Path(__file__).parents[1] / "rules"
FILES = ("default", "episodes", "leads")


def source(path: Path) -> Source:
    return Source(path.name, path.read_text("utf-8"))


@cache
def suite(name: str) -> tuple[TrialFile, tuple[Trial, ...], Judge]:
    findings = Findings()
    path = SUITE / "tests" / f"{name}.test.yaml"
    file = read_trial_file(source(path), findings)
    catalogue = load_catalogue([source(SUITE / "project" / "fields.yaml")]).catalogue
    assert catalogue is not None
    rules = load_rules([source(path.parent / rule.text) for rule in file.rules], catalogue).ruleset
    assert rules is not None
    trials = parse_trials(file, rules, findings)
    assert findings.found == []
    return file, trials, Judge(rules, Calendars.single(Calendar(file.calendar)))


def every_trial() -> Iterator[object]:
    for name in FILES:
        for position, trial in enumerate(suite(name)[1]):
            yield pytest.param(name, position, id=f"{name}: {trial.name}")


def told(mismatch: Mismatch, zone: str) -> str:
    def shown(value: str | int | None) -> str | datetime | None:
        return from_us(value).astimezone(ZoneInfo(zone)) if isinstance(value, int) else value

    line = mismatch.expectation.line
    return f"line {line}: {mismatch.what} {shown(mismatch.expected)}, found {shown(mismatch.found)}"


@pytest.mark.parametrize(("name", "position"), list(every_trial()))
def test_a_story_goes_as_it_was_told(name: str, position: int) -> None:
    file, trials, judge = suite(name)
    mismatches = run([trials[position]], judge, file.live)
    assert [told(mismatch, file.calendar.zone) for mismatch in mismatches] == []


def test_all_stories_of_a_file_together_go_as_each_alone() -> None:
    for name in FILES:
        file, trials, judge = suite(name)
        assert run(trials, judge, file.live) == []


def test_no_story_was_left_out() -> None:
    assert [len(suite(name)[1]) for name in FILES] == [21, 8, 4]
