"""Test files of rules: `stalewatch_test: 1`, the rules, a calendar, and tests as stories of one record each.

Reading goes in two steps, for the rules must be known before their tests can be checked: `read_trial_file`
tells which rule files it is about, `parse_trials` checks the stories against them. Times without a zone are
those of the test's calendar.
"""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass
from typing import Final

from stalewatch.domain.calendar_spec import Spec
from stalewatch.domain.deadlines import State
from stalewatch.domain.language.calendars import read_calendar
from stalewatch.domain.language.diagnostics import Findings, cure
from stalewatch.domain.language.durations import read_duration
from stalewatch.domain.language.model import RuleSet
from stalewatch.domain.language.nodes import Mapping, Node, Scalar, Source
from stalewatch.domain.language.packs import check_version
from stalewatch.domain.language.reading import read
from stalewatch.domain.language.shapes import check_keys, items_of, mapping_of, scalars_of, text_of, wrong
from stalewatch.domain.language.stories import Story, read_story
from stalewatch.domain.levels import Level
from stalewatch.domain.trial import Expectation, Live, Trial

TOKYO: Final = Spec(
    "test", "Asia/Tokyo", 9 * 60, 18 * 60, frozenset(range(5)), holidays="JP", closed=(((12, 29), (1, 3)),)
)
"""The calendar of tests that name none."""

_LIVE_KEYS: Final = ("keep_for", "reopen_within", "repeat")
_FILE_KEYS: Final = ("stalewatch_test", "rules", "calendar", "live", "tests")
_TEST_KEYS: Final = ("name", "given", "changes", "expect")
_EXPECT_KEYS: Final = ("at", "rule", "event", "state", "breach_at", "warn_at", "says")
_STATES: Final = tuple(state.word for state in State)
_KINDS: Final = ("warn", "breach", "repeat", "escalate", "reopen", "resolve")


@dataclass(frozen=True, slots=True)
class TrialFile:
    """A test file before its stories are checked.

    Attributes:
        rules: the rule files it is about, as written; they are relative to its folder.
    """

    source: Source
    rules: tuple[Scalar, ...]
    calendar: Spec
    live: Live
    tests: tuple[Mapping, ...]


def read_trial_file(source: Source, findings: Findings) -> TrialFile:
    """Read the frame of one test file."""
    reading = read(source, findings)
    root = reading.root if isinstance(reading.root, Mapping) else Mapping(source.whole, ())
    if reading.whole:
        check_version(reading, "stalewatch_test", findings)
    check_keys(root, _FILE_KEYS, {"en": "a test file", "ja": "テストファイル"}, findings)
    for key in ("rules", "tests"):
        if reading.whole and key not in root:
            _missing({"en": "a test file", "ja": "テストファイル"}, key, root, findings)
    calendar = mapping_of("calendar", root.get("calendar"), findings)
    tests = items_of("tests", root.get("tests"), findings)
    for test in tests:
        if not isinstance(test, Mapping):
            wrong("tests", test, "mapping", findings)
    return TrialFile(
        source,
        scalars_of("rules", root.get("rules"), findings),
        TOKYO if calendar is None else read_calendar(calendar, TOKYO, findings),
        _live(root.get("live"), findings),
        tuple(test for test in tests if isinstance(test, Mapping)),
    )


def parse_trials(file: TrialFile, rules: RuleSet, findings: Findings) -> tuple[Trial, ...]:
    """The tests of a file; those with an error are left out, and the error is in `findings`."""
    found = [_trial(test, file, rules, findings) for test in file.tests]
    return tuple(trial for trial in found if trial is not None)


def _live(node: Node | None, findings: Findings) -> Live:
    mapping = mapping_of("live", node, findings)
    if mapping is None:
        return Live()
    check_keys(mapping, (*_LIVE_KEYS, "escalate"), {"en": "`live`", "ja": "`live`"}, findings)
    single = [entry for entry in mapping if entry.name in _LIVE_KEYS]
    found = {entry.name: duration for entry in single if (duration := read_duration(entry.value, findings))}
    usual = Live()
    again = [Level(after=found["repeat"], to=(), again=True)] if "repeat" in found else []
    steps = [read_duration(item, findings) for item in scalars_of("escalate", mapping.get("escalate"), findings)]
    passed_on = [Level(after=after, to=()) for after in steps if after is not None]
    return Live(
        found.get("keep_for", usual.keep_for), found.get("reopen_within", usual.reopen_within), (*again, *passed_on)
    )


def _trial(node: Mapping, file: TrialFile, rules: RuleSet, findings: Findings) -> Trial | None:
    before = len(findings.found)
    check_keys(node, _TEST_KEYS, {"en": "a test", "ja": "テスト"}, findings)
    for key in ("name", "given", "expect"):
        if key not in node:
            _missing({"en": "a test", "ja": "テスト"}, key, node, findings)
    name = text_of("name", node.get("name"), findings) or ""
    story = read_story(node.get("given"), node.get("changes"), file.calendar, rules, findings)
    expected = [_expectation(item, story, rules, findings) for item in items_of("expect", node.get("expect"), findings)]
    if story is None or any(found.is_error for found in findings.found[before:]):
        return None
    expects = tuple(one for one in expected if one is not None)
    return Trial(name, story.object, story.given, story.happens, expects, node.span.line)


def _expectation(node: Node, story: Story | None, rules: RuleSet, findings: Findings) -> Expectation | None:
    if not isinstance(node, Mapping):
        wrong("expect", node, "mapping", findings)
        return None
    thing = {"en": "an expectation", "ja": "期待値"}
    check_keys(node, _EXPECT_KEYS, thing, findings)
    for key in ("at", "rule"):
        if key not in node:
            _missing(thing, key, node, findings)
    rule = _known_rule(node.get("rule"), rules, findings)
    subject = _subject(node.get("event"), story, findings)
    state = _word("state", node.get("state"), _STATES, findings)
    says = _says(node, findings)
    if story is None:
        return None
    times = {key: story.times.of(key, node.get(key), findings) for key in ("at", "breach_at", "warn_at")}
    at = times["at"]
    if at is None or rule is None:
        return None
    return Expectation(at, rule, node.span.line, subject, state, times["breach_at"], times["warn_at"], says)


def _known_rule(node: Node | None, rules: RuleSet, findings: Findings) -> str | None:
    name = text_of("rule", node, findings)
    if name is not None and rules.rule(name) is None and isinstance(node, Scalar):
        findings.unknown("unknown_tested", node, name, [rule.id for rule in rules.rules])
    return name


def _subject(node: Node | None, story: Story | None, findings: Findings) -> str | None:
    subject = text_of("event", node, findings)
    if subject is None or story is None or not isinstance(node, Scalar):
        return subject
    known = [one.event.subject for one in story.happens if one.event is not None]
    if subject not in known:
        remedy = cure("one_of", names=", ".join(known)) if known else cure("add_event")
        findings.unknown("unknown_subject", node, subject, known, remedy)
    return subject


def _says(node: Mapping, findings: Findings) -> tuple[str, ...] | None:
    if "says" not in node:
        return None
    said = scalars_of("says", node.get("says"), findings)
    for one in said:
        episode, _, kind = one.text.partition(":")
        if not (episode.isdecimal() and kind in _KINDS):
            known = [f"{episode if episode.isdecimal() else 1}:{name}" for name in _KINDS]
            remedy = cure("one_of", names=", ".join(known))
            findings.unknown("unknown_value", one, one.text, known, remedy, field="says")
    return tuple(one.text for one in said)


def _word(key: str, node: Node | None, words: tuple[str, ...], findings: Findings) -> str | None:
    text = text_of(key, node, findings)
    if text is not None and text not in words and isinstance(node, Scalar):
        findings.unknown("unknown_value", node, text, words, cure("one_of", names=", ".join(words)), field=key)
    return text


def _missing(thing: Dict[str, str], key: str, at: Mapping, findings: Findings) -> None:
    findings.report("missing_word", at, cure("add_word", key=key), thing=thing, key=key)
