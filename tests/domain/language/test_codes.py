"""Every code of rule files: one broken file each, with the place where it must be said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

import pytest

from stalewatch.domain.language.cures import CURES
from stalewatch.domain.language.loading import Loaded
from stalewatch.domain.language.messages import PROBLEMS
from stalewatch.domain.language.setting import Options


class Broken(NamedTuple):
    """A file that says one thing wrong: `code` at `place` (line:column), and what the sentence and cure contain."""

    code: str
    place: str
    says: str
    text: str
    options: Options | None = None


def rule(body: str, rule_id: str = "a") -> str:
    return (
        f"stalewatch: 1\nrules:\n  - id: {rule_id}\n    title: {{en: A, ja: あ}}\n    watch: deal\n"
        f"    start: created_at\n    within: 10bd\n    {body}\n"
    )


def clock(start: str, within: str = "10bd", more: str = "") -> str:
    return (
        "stalewatch: 1\nrules:\n  - id: a\n    title: {en: A, ja: あ}\n    watch: deal\n"
        f"    start: {start}\n    within: {within}\n    {more}\n"
    )


def after(body: str) -> str:
    """A sound file with more at the end, from line 8 on."""
    return rule("tags: [x]") + body + "\n"


SCORE = "scores: {s: {watch: deal, items: {n: {filled: need}}}}\n"
COVERED = "[{status: [recycled, mql, sql], is: 9bd}, {is: 8bd, status: mql}]"
ENDED = "exceptions:\n  - {rules: [a], until: 2026-01-31}"

BROKEN = [
    Broken("SW001", "8:17", "quote the text", rule("owner: alice: bob")),
    Broken("SW001", "8:12", "a list `[` is not closed", rule("mutes: [a, b").rstrip() + "\nexceptions: []\n"),
    Broken("SW001", "8:12", "a quote is not closed", rule('owner: "sato')),
    Broken("SW001", "8:10", "a space behind it", rule("owner:sato") + "    severity: info\n"),
    Broken("SW001", "8:18", "write `stage: proposal`", rule("where: {stage:proposal}")),
    Broken("SW001", "9:1", "one document", rule("tags: [x]") + "---\na: 1\n"),
    Broken("SW001", "8:13", "a control character", rule("owner: x\x07y")),
    Broken("SW001", "8:12", "needs quotes", rule("owner: @sato")),
    Broken("SW002", "8:5", "use spaces", rule("\towner: sato")),
    Broken("SW003", "8:10", "write `:`", rule("owner\uff1asato") + "    severity: info\n"),
    Broken("SW003", "7:13", "write `14bd`", clock("created_at", "\uff11\uff14bd")),
    Broken("SW003", "8:15", "write `warning`", rule("severity: \uff57arning")),
    Broken("SW004", "8:26", 'quote it: "Ringi, no decision"', rule("because: {en: Ringi, no decision, ja: x}")),
    Broken("SW005", "9:5", "the other is on line 8", rule("owner: a") + "    owner: b\n"),
    Broken("SW006", "8:12", "aliases", rule("owner: *who")),
    Broken("SW006", "8:12", "anchors", rule("owner: &who sato")),
    Broken("SW006", "8:12", "tags are refused: `!!str`", rule("owner: !!str sato")),
    Broken("SW007", "1:1", "larger than 256 KB", "#" * 300_000),
    Broken("SW007", "1:33", "deeper than 32", "[" * 40),
    Broken("SW007", "8:19", "more than 1000 words", rule(f'where: {{expr: "{"is_open and " * 600}is_open"}}')),
    Broken("SW007", "8:53", "deeper than 32", rule(f'where: {{expr: "{"(" * 40}is_open"}}')),
    Broken("SW100", "1:1", "begin the file with `stalewatch: 1`", "rules: []\n"),
    Broken("SW100", "1:1", "begin the file with `stalewatch: 1`", ""),
    Broken("SW100", "1:13", "`2` is not a version", "stalewatch: 2\nrules: []\n"),
    Broken("SW101", "8:5", "did you mean `severity`", rule("severty: info")),
    Broken("SW101", "9:1", "unknown key `routes` in a rule file", after("routes: []")),
    Broken("SW101", "8:46", "`until` with", rule("pause: {while: {on_hold: true}, max: 9d, until: close_date}")),
    Broken("SW102", "9:5", "rule `b` has no `title:`", after("  - {id: b, watch: lead, start: mql_at, within: 1d}")),
    Broken("SW102", "9:10", "has no `items:`", after("scores: {s: {watch: deal, items: {}}}")),
    Broken("SW102", "9:9", "has no `rows:`", after("bands: {b: {of: amount, rows: []}}")),
    Broken("SW102", "7:14", "has no `is:`", clock("created_at", "[{stage: proposal}]")),
    Broken("SW103", "8:12", "not a condition", rule("where: proposal")),
    Broken("SW103", "8:24", "write `empty` or `set`", rule("where: {next_step: }")),
    Broken("SW103", "8:13", "only stand in `until`", rule("where: {entered: [stage]}")),
    Broken("SW103", "8:23", "is computed", rule("until: {entered: [score.s]}") + SCORE),
    Broken("SW104", "8:13", "deal has no field `amuont`", rule("where: {amuont: set}")),
    Broken("SW104", "8:20", "did you mean `any`", rule("where: {all: [{anny: [{stage: proposal}]}]}")),
    Broken("SW105", "8:21", "did you mean `proposal`", rule("where: {stage: [propsal]}")),
    Broken("SW106", "8:22", "did you mean `at_least`", rule("where: {amount: {at_lest: 3}}")),
    Broken("SW107", "9:10", "rules.yaml:3", after("  - {id: a, title: B, watch: deal, start: created_at, within: 1d}")),
    Broken("SW107", "9:9", "already a field", after("bands: {amount: {of: amount, rows: [{name: low}]}}")),
    Broken("SW108", "5:12", "did you mean `deal`", rule("tags: [x]").replace("watch: deal", "watch: deel")),
    Broken("SW109", "8:15", "one of: info, warning, critical", rule("severity: high")),
    Broken("SW109", "8:11", "one of: off, shadow, live", rule("mode: silent")),
    Broken("SW110", "7:13", "write `14d` or `14bd`", clock("created_at", "14")),
    Broken("SW110", "7:13", "`2 months` is not a duration", clock("created_at", "2 months")),
    Broken("SW110", "7:13", "no time at all", clock("created_at", "0bh")),
    Broken("SW112", "8:11", "use 3bd or less", rule("warn: 10bd")),
    Broken("SW112", "8:11", "remove `warn:`", clock("created_at", "0bd", "warn: 1bd")),
    Broken("SW113", "6:25", "amount is money", clock("{latest_of: [amount]}")),
    Broken("SW114", "6:13", "did you mean `latest_of`", clock("{lates_of: [created_at]}")),
    Broken("SW114", "6:12", "does not start a clock", clock("[created_at]")),
    Broken("SW115", "6:19", "did you mean `meeting`", clock("{each: meetings}")),
    Broken("SW116", "7:13", "needs `by:`", clock("created_at", "{proposal: 10bd, else: 5bd}")),
    Broken("SW117", "7:26", "line 7 comes first", clock("created_at", "[{is: 10bd}, {stage: proposal, is: 5bd}]")),
    Broken("SW117", "7:55", "line 7 comes first", clock("mql_at", COVERED).replace("deal", "lead")),
    Broken("SW120", "8:27", "`)` does not fit here", rule('where: {expr: "is_open)"}')),
    Broken("SW120", "8:28", "ends too early", rule('where: {expr: "amount >"}')),
    Broken("SW120", "8:20", "compares no field", rule('where: {expr: "1 < 2"}')),
    Broken("SW121", "8:27", "write `==`", rule('where: {expr: "amount = 3"}')),
    Broken("SW122", "8:27", "write `>`", rule('where: {expr: "amount \uff1e 3"}')),
    Broken("SW123", "8:29", "close it with '", rule("where: {expr: \"stage == 'proposal\"}")),
    Broken("SW124", "8:28", "write `and`", rule('where: {expr: "is_open && on_hold"}')),
    Broken("SW124", "8:20", "`len()` is not part", rule('where: {expr: "len(name) > 3"}')),
    Broken("SW125", "8:32", "without quotes: 3_000_000", rule("where: {amount: {at_least: '3,000,000円'}}")),
    Broken("SW125", "8:20", "name (text) has no order", rule("where: {name: {below: x}}")),
    Broken("SW125", "8:29", "cannot calculate with text", rule("where: {expr: \"amount + 'x' > 3\"}")),
    Broken("SW125", "8:29", "amount (money) with created_at", rule('where: {expr: "amount > created_at"}')),
    Broken("SW125", "8:22", "`contains` needs a text field", rule("where: {amount: {contains: x}}")),
    Broken("SW125", "3:9", "letters, digits", rule("tags: [x]", "a b")),
    Broken("SW125", "8:12", "`owner` needs a text", rule("owner: [a]")),
    Broken("SW125", "8:12", "read as the number 1.1", rule("owner: 1.10")),
    Broken("SW126", "8:22", "write `true`", rule("where: {is_open: 'yes'}")),
    Broken("SW126", "8:20", "`amount` is not a yes/no", rule('where: {expr: "amount or is_open"}')),
    Broken("SW131", "8:34", "(`today`)", rule("where: {close_date: {before: today}}")),
    Broken("SW131", "8:33", "(`now`)", rule('where: {expr: "created_at < now"}')),
    Broken("SW140", "10:5", "blind spots", after("exceptions:\n  - {rules: [a], because: trial}")),
    Broken("SW141", "10:25", "ended on 2026-01-31", after(ENDED), Options(today=date(2026, 2, 1))),
    Broken("SW150", "8:12", "add `from: hold_set_at`", rule("pause: {until: hold_until, max: 60d}")),
    Broken("SW151", "8:12", "add `max: 60d`", rule("pause: {while: {on_hold: true}}")),
    Broken("SW160", "8:14", "has no Japanese text", rule("message: {en: x}")),
    Broken("SW161", "8:27", "did you mean {days_over}?", rule('message: {en: "hello {days_ovr}", ja: x}')),
    Broken("SW170", "8:13", "no rule `ghosted` to mute", rule("mutes: [ghosted]")),
    Broken("SW170", "10:14", "no rule `b` to except", after("exceptions:\n  - {rules: [b], until: 2026-12-31}")),
    Broken("SW171", "8:12", "a -> a", rule("mutes: [a]")),
    Broken("SW180", "8:15", "did you mean `standard`", rule("escalate: standart"), Options(escalations=("standard",))),
    Broken("SW190", "8:10", "`default/x` was not found", rule("use: default/x")),
    Broken("SW190", "2:11", "`defalt` was not found", "stalewatch: 1\ninclude: [defalt]\nrules: []\n"),
]  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN, ids=[f"{b.code}-{b.place}-{b.says}" for b in BROKEN])
def test_it_says_the_one_thing_that_is_wrong(check: Callable[..., Loaded], broken: Broken) -> None:
    options: dict[str, Any] = {"options": broken.options} if broken.options else {}
    loaded = check(broken.text, **options)
    shown = loaded.render("en")
    (found,) = loaded.diagnostics or pytest.fail("nothing was found")
    assert (found.code, f"{found.line}:{found.column}") == (broken.code, broken.place), shown
    assert broken.says in f"{found.message['en']} | {found.cure.get('en', '')}", shown
    assert found.message["ja"] != found.message["en"]


def test_every_code_of_rule_files_has_a_broken_file() -> None:
    elsewhere = {"SW200", "SW201", "SW202", "SW203", "SW204", "SW205"}
    assert {problem.code for problem in PROBLEMS.values()} - elsewhere == {broken.code for broken in BROKEN}


def test_every_sentence_stands_in_both_languages_with_the_same_blanks() -> None:
    def blanks(text: str) -> set[str]:
        return {piece.split("}")[0].removesuffix("_en").removesuffix("_ja") for piece in text.split("{")[1:]}

    for name, problem in PROBLEMS.items():
        missing_in_japanese = blanks(problem.en) - blanks(problem.ja)
        assert missing_in_japanese <= ({"value"} if name == "type_mismatch" else set()), name
    for name, cure in CURES.items():
        assert blanks(cure["en"]) == blanks(cure["ja"]), name
