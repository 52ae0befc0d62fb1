"""Test files of rules, read: every mistake at once with its place, and stories as they were meant."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from stalewatch.domain.calendar import Calendar
from stalewatch.domain.calendars import Calendars
from stalewatch.domain.clocks import Judge
from stalewatch.domain.instants import to_us
from stalewatch.domain.language.catalogue import load_catalogue
from stalewatch.domain.language.diagnostics import Counts, Findings
from stalewatch.domain.language.loading import load_rules
from stalewatch.domain.language.model import RuleSet
from stalewatch.domain.language.nodes import Source
from stalewatch.domain.language.rendering import render
from stalewatch.domain.language.trials import TrialFile, parse_trials, read_trial_file
from stalewatch.domain.trial import Trial
from stalewatch.domain.trials import run

CATALOGUE = """
fields:
  deal:
    created_at: {type: datetime, from: crm}
    is_open: {type: bool, from: crm}
    stage: {type: choice, from: crm, values: [proposal, negotiation]}
    stage_entered_at: {type: datetime, from: derived}
    amount: {type: money, from: crm}
    next_step: {type: text, from: crm}
    on_hold: {type: bool, from: stalewatch}
    hold_set_at: {type: datetime, from: stalewatch}
    hold_until: {type: date, from: stalewatch}
    hold_reason: {type: text, from: stalewatch}
    wait_count: {type: int, from: stalewatch}
events: [meeting]
"""
RULES = """
stalewatch: 1
rules:
  - {id: stage-time, title: {en: t, ja: t}, watch: deal, start: stage_entered_at, within: 10bd}
"""


def rules() -> RuleSet:
    catalogue = load_catalogue([Source("fields.yaml", CATALOGUE)]).catalogue
    assert catalogue is not None
    found = load_rules([Source("rules.yaml", RULES)], catalogue).ruleset
    assert found is not None
    return found


def read(text: str) -> tuple[TrialFile, tuple[Trial, ...], Findings]:
    findings = Findings()
    file = read_trial_file(Source("a.test.yaml", text), findings)
    return file, parse_trials(file, rules(), findings), findings


def only(text: str) -> Trial:
    _, trials, findings = read(text)
    assert findings.found == []
    [trial] = trials
    return trial


def new_york(text: str) -> int:
    return to_us(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/New_York")))


KINDS = "1:warn, 1:breach, 1:repeat, 1:escalate, 1:reopen, 1:resolve"
ADD_EVENT = "add it to `changes`: {at: 2026-03-31 09:00, event: {type: meeting, id: m1}}"
BROKEN = """\
stalewatch_test: 1
rules: [rules.yaml]
calender: {tz: UTC}
calendar: {tz: Asia/Tokio, hours: "18:00-09:00", days: mon-fry, holidays: XX, closed: ["13-01"]}
live: {keep_for: 2}
tests:
  - name: a
    given: {deal: {stage: proposl, amuont: 3, amount: many}}
    changes:
      - {at: 2026-03-02 10:00}
      - {at: noon, event: {type: meting, id: m1}}
      - {at: 2026-03-02 10:00, snooze: {rule: stage-tim, until: 2026-03-05 10:00}}
      - {set: {next_step: x}}
    expect:
      - {at: 2026-03-02 10:00, rule: stage-tmie, state: breeched, event: m2}
      - {at: 2026-03-02 10:00, rule: stage-time, says: ["1:breech", warn]}
  - {name: b, given: {dael: {}}, expect: []}
"""


def test_every_mistake_is_told_at_once_with_its_place() -> None:
    _, trials, findings = read(BROKEN)
    places = [(found.code, found.line, found.message["en"], found.cure.get("en")) for found in findings.sorted()]
    assert places == [
        ("SW101", 3, "unknown key `calender` in a test file", "did you mean `calendar`?"),
        ("SW180", 4, "no time zone `Asia/Tokio`", "write it like Asia/Tokyo"),
        ("SW125", 4, "`18:00-09:00` are not hours of a day", 'write them like "09:00-18:00"'),
        ("SW125", 4, "`mon-fry` are not days of the week", "write mon-fri, or [mon, wed]"),
        ("SW180", 4, "the holidays of `XX` are not known", "write a country such as JP or DE-BY, or leave it out"),
        ("SW125", 4, "`13-01` is not a range of dates", 'write it like "12-29..01-03"'),
        ("SW110", 5, "a number needs a unit", "write `2d` or `2bd` (calendar days / business days)"),
        ("SW105", 8, "`proposl` is not a value of stage", "did you mean `proposal`?"),
        ("SW104", 8, "deal has no field `amuont`", "did you mean `amount`?"),
        ("SW125", 8, "cannot compare amount (money) with text 'many'", "write a number"),
        ("SW102", 10, "a change needs one of: set, event, snooze, hold", None),
        ("SW125", 11, "`at` needs date and time", "write it like 2026-03-31 09:00"),
        ("SW115", 11, "unknown event `meting`", "did you mean `meeting`?"),
        ("SW170", 12, "no rule `stage-tim` to test", "did you mean `stage-time`?"),
        ("SW102", 13, "a change has no `at:`", "add `at:`"),
        ("SW170", 15, "no rule `stage-tmie` to test", "did you mean `stage-time`?"),
        ("SW105", 15, "`breeched` is not a value of state", "did you mean `breached`?"),
        ("SW115", 15, "no event `m2` in this test", ADD_EVENT),
        ("SW105", 16, "`1:breech` is not a value of says", "did you mean `1:breach`?"),
        ("SW105", 16, "`warn` is not a value of says", f"one of: {KINDS}"),
        ("SW108", 17, "`dael` cannot be watched", "did you mean `deal`?"),
    ]
    assert trials == ()


def test_the_mistakes_are_told_in_japanese_too() -> None:
    file, _, findings = read(BROKEN)
    told = render(findings.sorted(), [file.source], "ja", Counts(1, 1, len(findings.found)))
    assert "a.test.yaml:4:16: error SW180: `Asia/Tokio` というタイムゾーンはありません" in told
    assert "`mon-fry` は曜日として読めません" in told


MISSHAPEN = """\
stalewatch_test: 1
rules: {a: b}
calendar: {hours: [9, 18]}
live: soon
tests:
  - of a deal
  - {given: {deal: {created_at: 2026-03-02 10:00}}, expct: []}
  - name: [a, b]
    given: {deal: {created_at: 2026-03-02 10:00, stage: proposal}}
    changes: [now, {at: 2026-03-03 10:00, hold: {reason: [x], untill: 2026-03-10}}, {at: 2026-03-04, snooze: {}}]
    expect: [later, {rule: stage-time, says: {a: b}}]
"""


def test_what_has_another_shape_is_told_where_it_stands_in_both_languages() -> None:
    file, trials, findings = read(MISSHAPEN)
    told = [(found.line, found.message["en"], found.message["ja"]) for found in findings.sorted()]
    assert told == [
        (2, "`rules` needs names", "`rules` には名前のリストが必要です"),
        (3, "`…` are not hours of a day", "`…` は時間帯として読めません"),
        (4, "`live` needs keys with values", "`live` にはキーと値の組が必要です"),
        (6, "`tests` needs keys with values", "`tests` にはキーと値の組が必要です"),
        (7, "a test has no `name:`", "テスト に `name:` がありません"),
        (7, "a test has no `expect:`", "テスト に `expect:` がありません"),
        (7, "unknown key `expct` in a test", "テストに `expct` というキーはありません"),
        (8, "`name` needs a text", "`name` には文字列が必要です"),
        (10, "`changes` needs keys with values", "`changes` にはキーと値の組が必要です"),
        (10, "a hold has no `until:`", "保留 に `until:` がありません"),
        (10, "`reason` needs a text", "`reason` には文字列が必要です"),
        (10, "unknown key `untill` in a hold", "保留に `untill` というキーはありません"),
        (10, "a snooze has no `rule:`", "スヌーズ に `rule:` がありません"),
        (10, "a snooze has no `until:`", "スヌーズ に `until:` がありません"),
        (11, "`expect` needs keys with values", "`expect` にはキーと値の組が必要です"),
        (11, "an expectation has no `at:`", "期待値 に `at:` がありません"),
        (11, "`says` needs names", "`says` には名前のリストが必要です"),
    ]
    assert trials == ()
    assert len(file.tests) == 2


def test_a_file_without_its_parts_is_told_which() -> None:
    _, _, findings = read("stalewatch_test: 1\nlive: {keep: 2d}\n")
    assert [(found.message["en"], found.message["ja"]) for found in findings.sorted()] == [
        ("a test file has no `rules:`", "テストファイル に `rules:` がありません"),
        ("a test file has no `tests:`", "テストファイル に `tests:` がありません"),
        ("unknown key `keep` in `live`", "`live`に `keep` というキーはありません"),
    ]


STORY = """\
stalewatch_test: 1
rules: [rules.yaml]
calendar: {tz: America/New_York, hours: "09:00-17:30", holidays: US, closed: []}
tests:
  - name: a story
    given: {deal: {stage: proposal, created_at: 2026-03-02 09:00, amount: 1_000, next_step: ""}}
    changes:
      - {at: 2026-03-05 10:00, hold: {until: 2026-03-20, reason: fiscal year}}
      - {at: 2026-03-04 10:00, hold: {until: 2026-03-10}}
      - {at: 2026-03-09 15:00, event: {type: meeting, id: m1, began: 2026-03-09 14:00}}
    expect:
      - {at: 2026-03-09, rule: stage-time, state: no_clock}
"""


def test_times_are_those_of_the_tests_calendar_and_a_date_is_its_close() -> None:
    trial = only(STORY)
    assert trial.created == new_york("2026-03-02 09:00")
    [expected] = trial.expects
    assert expected.at == new_york("2026-03-09 17:30")
    assert (trial.line, expected.line) == (5, 12)


def test_what_is_given_is_a_record_that_is_open_unless_it_says_otherwise() -> None:
    given = only(STORY).given
    assert given["is_open"] is True
    assert (given["stage"], given["amount"], given["next_step"]) == ("proposal", 1000, None)


def test_a_hold_writes_what_putting_a_deal_on_hold_writes() -> None:
    first, second, meeting = only(STORY).happens
    assert first.at == new_york("2026-03-04 10:00")
    assert [one.sets["wait_count"] for one in (first, second)] == [1, 2]
    assert str(second.sets["hold_until"]) == "2026-03-20"
    assert second.sets["hold_reason"] == "fiscal year"
    assert second.sets["on_hold"] is True
    assert second.sets["hold_set_at"] == datetime(2026, 3, 5, 10, tzinfo=ZoneInfo("America/New_York"))
    assert meeting.event is not None
    assert meeting.event.began == new_york("2026-03-09 14:00")


def test_a_file_that_names_no_calendar_is_judged_in_tokyo() -> None:
    file, _, _ = read("stalewatch_test: 1\nrules: []\ntests: []\n")
    assert (file.calendar.zone, file.calendar.holidays, file.calendar.opens) == ("Asia/Tokyo", "JP", 540)


LADDER = """\
stalewatch_test: 1
rules: [rules.yaml]
live: {repeat: 3bd, escalate: [5bd, 10bd]}
tests:
  - name: nobody acts
    given: {deal: {created_at: 2026-03-02 10:00, stage: proposal, stage_entered_at: 2026-03-02 10:00}}
    changes: [{at: 2026-03-25 10:00, snooze: {rule: stage-time, until: 2026-03-27 18:00, reason: away}}]
    expect:
      - {at: 2026-03-16 18:00, rule: stage-time, says: ["1:breach"]}
      - {at: 2026-03-19 08:59, rule: stage-time, says: ["1:breach"]}
      - {at: 2026-03-19 09:00, rule: stage-time, says: ["1:breach", "1:repeat"]}
      - {at: 2026-03-24 09:00, rule: stage-time, says: ["1:breach", "1:repeat", "1:escalate"]}
      - {at: 2026-04-09 18:00, rule: stage-time, says: ["1:breach", "1:repeat", "1:escalate", "1:repeat"]}
      - {at: 2026-04-10 09:00, rule: stage-time, says: ["1:breach", "1:repeat", "1:escalate", "1:repeat", "1:escalate"]}
"""


def test_a_test_file_states_what_follows_a_breach() -> None:
    file, trials, findings = read(LADDER)
    assert findings.found == []
    judge = Judge(rules(), Calendars.single(Calendar(file.calendar)))
    assert run(trials, judge, file.live) == []
    wrong = [one.what for one in run(trials, judge, read(LADDER.replace("3bd", "4bd"))[0].live)]
    assert set(wrong) == {"says"}


def test_a_ladder_of_a_test_that_is_no_duration_is_said_so() -> None:
    _, _, findings = read(LADDER.replace("[5bd, 10bd]", "[5bd, soon]"))
    assert [found.code for found in findings.found] == ["SW110"]
