"""`rules test`: the test files of a project, run against the rules they name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from os.path import normpath
from pathlib import Path

from stalewatch.domain.calendar import Calendar, CalendarError
from stalewatch.domain.calendars import Calendars
from stalewatch.domain.clocks import Judge
from stalewatch.domain.language.diagnostics import Diagnostic, Findings, cure
from stalewatch.domain.language.model import RuleSet
from stalewatch.domain.language.nodes import Source
from stalewatch.domain.language.rendering import render
from stalewatch.domain.language.trials import TrialFile, parse_trials, read_trial_file
from stalewatch.domain.trial import Mismatch
from stalewatch.domain.trials import Rehearsal
from stalewatch.services.rules.reading import read_source, trial_files
from stalewatch.services.rules.rulefiles import check_files
from stalewatch.settings import Settings


@dataclass(frozen=True, slots=True)
class Failure:
    """An expectation that did not come true, with its file and the zone in which its times are written."""

    file: str
    zone: str
    mismatch: Mismatch


@dataclass(frozen=True, slots=True)
class Played:
    """A test file that was run: the rule files it names, what they say, and its tests, ready for other versions."""

    file: str
    rule_files: tuple[Path, ...]
    rules: RuleSet
    calendars: Calendars
    rehearsal: Rehearsal


@dataclass(slots=True)
class Outcome:
    """What came of it.

    Attributes:
        played: the test files that could be run.
        diagnostics: what is wrong with test files, or with the rules they name; such files were not run.
        untested: rules that no expectation names.
    """

    files: int = 0
    played: list[Played] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    rules: dict[str, bool] = field(default_factory=dict)

    @property
    def tests(self) -> int:
        """How many tests were run."""
        return sum(len(one.rehearsal.trials) for one in self.played)

    @property
    def failed(self) -> int:
        """How many tests failed; a test may fail in several places."""
        return len({(failure.file, failure.mismatch.trial.line) for failure in self.failures})

    @property
    def untested(self) -> tuple[str, ...]:
        return tuple(rule for rule, tested in self.rules.items() if not tested)

    @property
    def is_good(self) -> bool:
        return not self.failures and not any(found.is_error for found in self.diagnostics)

    def render(self, language: str) -> str:
        """The diagnostics as people read them."""
        return render(self.diagnostics, self.sources, language, None)


def run_tests(paths: Sequence[Path], settings: Settings | None, today: date) -> Outcome:
    """Run the test files named, and those in the folders named and in their `tests/`."""
    run = Outcome()
    for path in trial_files(paths):
        findings = Findings()
        source = read_source(path, findings)
        if source is not None:
            run.files += 1
            _run_file(path, source, settings, today, findings, run)
        run.diagnostics += findings.sorted()
    return run


def _run_file(
    path: Path, source: Source, settings: Settings | None, today: date, findings: Findings, run: Outcome
) -> None:
    run.sources.append(source)
    file = read_trial_file(source, findings)
    rules = _rules_of(path, file, settings, today, findings, run)
    if rules is None:
        return
    tests = parse_trials(file, rules, findings)
    calendar = _calendar(file, findings)
    if calendar is None or findings.has_errors:
        return
    tested = {expected.rule for test in tests for expected in test.expects}
    for rule in rules.rules:
        run.rules[rule.id] = run.rules.get(rule.id, False) or rule.id in tested
    rehearsal = Rehearsal(tests, rules.catalogue, file.live)
    done = Played(source.path, _named(path, file), rules, Calendars.single(calendar), rehearsal)
    run.played.append(done)
    mismatches = rehearsal.mismatches(Judge(rules, done.calendars))
    run.failures += [Failure(source.path, file.calendar.zone, mismatch) for mismatch in mismatches]


def _named(path: Path, file: TrialFile) -> tuple[Path, ...]:
    """The rule files a test file names, relative to its folder."""
    return tuple(Path(normpath(path.parent / node.text)) for node in file.rules)


def _rules_of(
    path: Path, file: TrialFile, settings: Settings | None, today: date, findings: Findings, run: Outcome
) -> RuleSet | None:
    """The rules a test file names; their own errors are told once."""
    files = []
    for node, rule_file in zip(file.rules, _named(path, file), strict=True):
        if rule_file.exists():
            files.append(rule_file)
        else:
            findings.report("no_such_file", node, cure("make_it"), name=node.text)
    checked = check_files(files, settings, today)
    known = {_identity(found) for found in run.diagnostics}
    run.diagnostics += [found for found in checked.diagnostics if found.is_error and _identity(found) not in known]
    run.sources += checked.sources
    return None if len(files) < len(file.rules) else checked.ruleset


def _identity(found: Diagnostic) -> tuple[str, str, int, int]:
    return found.code, found.file, found.line, found.column


def _calendar(file: TrialFile, findings: Findings) -> Calendar | None:
    try:
        return Calendar(file.calendar)
    except CalendarError:
        findings.report("no_workday", file.source.whole, name=file.calendar.name)
        return None
