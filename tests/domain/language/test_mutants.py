"""One number changed at a time: which changes there are, and which there are not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalewatch.domain.language.diagnostics import Findings
from stalewatch.domain.language.drafts import drafted
from stalewatch.domain.language.loading import load_rules
from stalewatch.domain.language.model import Catalogue
from stalewatch.domain.language.mutants import Mutant, mutants
from stalewatch.domain.language.nodes import Scalar, Source, Span
from stalewatch.domain.language.numbers import Number
from stalewatch.domain.language.scalars import resolve
from stalewatch.domain.language.setting import Options
from tests.domain.language.conftest import a_file, a_rule

Changes = Callable[..., list[Mutant]]


@pytest.fixture
def changes(catalogue: Catalogue) -> Changes:
    """Every changed version of the rules of some files; `only` names those whose numbers change."""

    def changing(only: str = "rules.yaml", **files: str) -> list[Mutant]:
        sources = [Source(f"{name}.yaml", text) for name, text in files.items()]
        rules = load_rules(sources, catalogue).ruleset
        assert rules is not None
        return list(mutants(drafted(sources, catalogue, {}, Options(), Findings()), rules, {only}))

    return changing


def steps(found: list[Mutant]) -> list[str]:
    return [f"{mutant.old} {mutant.new}" for mutant in found]


def test_every_number_moves_down_and_up_where_it_stands(changes: Changes) -> None:
    pause = "{until: hold_until, from: hold_set_at, max: 60d}"
    found = changes(
        rules=a_file(a_rule(within="10営業日", pause=pause, warn="3bd", where="{wait_count: {at_least: 3}}"))
    )
    assert steps(found) == [
        *("10営業日 9営業日", "10営業日 11営業日", "60d 59d", "60d 61d", "3bd 2bd", "3bd 4bd", "3 2", "3 4"),
    ]
    assert [(mutant.at.line, mutant.at.column) for mutant in found[::2]] == [(8, 13), (9, 56), (10, 11), (11, 36)]


def test_each_version_differs_in_nothing_else(changes: Changes) -> None:
    found = changes(rules=a_file(a_rule(within="10bd", warn="3bd"), a_rule(id="b")))
    assert [(str(m.rules.rules[0].within[0].duration), str(m.rules.rules[0].warn)) for m in found[:4]] == [
        *(("9bd", "3bd"), ("11bd", "3bd"), ("10bd", "2bd"), ("10bd", "4bd")),
    ]
    assert {m.changed for m in found[:4]} == {frozenset({"a"})}
    assert all(m.rules.rules[0] == found[4].rules.rules[0] for m in found[4:])


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("{amount: {at_least: 3_000_000}}", ["3_000_000 2_900_000", "3_000_000 3_100_000"]),
        ("{expr: 'amount < previous_amount * 0.7'}", ["0.7 0.69", "0.7 0.71"]),
        ("{expr: 'previous_amount > 0'}", []),
        ("{stakeholders: {more_than: 0}}", ["0 1"]),
        ("{expr: 'roles.champion < 1 or stakeholders >= 2'}", ["1 0", "1 2", "2 1", "2 3"]),
        ("{expr: \"name == '14d' or name == '7'\"}", []),
        ("{name: 14d}", []),
        ("{name: {contains: '30'}}", []),
        ("{close_date: {before: 2026-12-31}}", ["2026-12-31 2026-12-30", "2026-12-31 2027-01-01"]),
        ("{stakeholders: [2, 3]}", ["2 1", "2 3", "3 2", "3 4"]),
    ],
)
def test_a_step_is_what_somebody_might_type(changes: Changes, where: str, expected: list[str]) -> None:
    found = changes(rules=a_file(a_rule(where=where)))
    assert steps(found) == [*expected, "10bd 9bd", "10bd 11bd"] or steps(found) == [
        *("10bd 9bd", "10bd 11bd"),
        *expected,
    ]


SIX = "scores: {six: {watch: deal, items: {a: {filled: need}, b: {filled: pain}, c: {filled: impact}}}}\n"


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("{at_least: 67}", ["67 33", "67 68"]),
        ("{at_least: 60}", ["60 33", "60 68"]),
        ("{below: 67}", ["67 33", "67 68"]),
        ("{at_most: 33}", ["33 32", "33 67"]),
    ],
)
def test_a_score_moves_on_until_it_says_something_else(changes: Changes, test: str, expected: list[str]) -> None:
    found = changes(rules=a_file(a_rule(until=f"{{score.six: {test}}}"), tail=SIX))
    assert steps(found)[2:] == expected


def test_what_the_check_would_refuse_is_no_change(changes: Changes) -> None:
    assert steps(changes(rules=a_file(a_rule(within="2bd", warn="1bd")))) == ["2bd 3bd", "1bd 0bd"]


def test_a_band_reaches_the_rules_that_read_it_through_scores_too(changes: Changes) -> None:
    tail = """\
    bands: {size: {of: amount, rows: [{name: small, below: 3_000_000}, {name: big}]}}
    scores: {fit: {watch: deal, items: {big: {size: big}, need: {filled: need}}}}
    """
    found = changes(
        rules=a_file(
            a_rule(id="a", within="[{size: small, is: 5bd}, {is: 9bd}]"),
            a_rule(id="b", until="{score.fit: {at_least: 50}}"),
            a_rule(id="c"),
            tail=tail,
        )
    )
    assert {m.changed for m in found if m.old == "3_000_000"} == {frozenset({"a", "b"})}


def test_an_exception_reaches_the_rules_it_names(changes: Changes) -> None:
    tail = "exceptions: [{rules: [b], where: {amount: {below: 500_000}}, until: 2026-12-31}]\n"
    found = changes(rules=a_file(a_rule(id="a"), a_rule(id="b"), tail=tail))
    reached = [(m.new, m.changed) for m in found if m.old in ("500_000", "2026-12-31")]
    assert [new for new, _ in reached] == ["490_000", "510_000", "2026-12-30", "2027-01-01"]
    assert {changed for _, changed in reached} == {frozenset({"b"})}
    assert {one.until for m in found if m.old == "2026-12-31" for one in m.rules.exceptions} == {
        *(date(2026, 12, 30), date(2027, 1, 1)),
    }


def test_a_number_that_is_copied_changes_in_every_copy_and_stands_in_its_own_file(changes: Changes) -> None:
    base = a_file(a_rule(id="base", within="10bd")).replace("pack: p", "pack: q")
    copy = a_file("  - {use: q/base, id: copy, warn: 2bd}\n")
    found = changes("base.yaml", base=base, rules=copy)
    assert [(m.at.file, m.new, m.changed) for m in found] == [
        ("base.yaml", "9bd", frozenset({"base", "copy"})),
        ("base.yaml", "11bd", frozenset({"base", "copy"})),
    ]
    assert steps(changes("rules.yaml", base=base, rules=copy)) == ["2bd 1bd", "2bd 3bd"]


def test_numbers_in_texts_and_names_are_no_limits(changes: Changes) -> None:
    rule = a_rule(title="'14'", because="30d", tags="[3]", owner="'7'", message="{en: '14d', ja: '14d'}")
    assert steps(changes(rules=a_file(rule))) == ["10bd 9bd", "10bd 11bd"]


def test_a_score_that_no_rule_reads_is_left_to_those_who_read_it(changes: Changes) -> None:
    tail = "scores: {one: {watch: deal, items: {a: {roles.champion: {at_least: 1}}}}}\n"
    assert steps(changes(rules=a_file(a_rule(), tail=tail))) == ["10bd 9bd", "10bd 11bd"]


numerals = st.one_of(
    st.integers(1, 10**9).map(str),
    st.integers(1, 10**9).map(lambda n: f"{n:_}"),
    st.decimals("0.01", "99", places=2).filter(bool).map(lambda d: f"{d.normalize():f}"),
    st.integers(1, 999).flatmap(
        lambda n: st.sampled_from(["d", "bd", "h", "bh", "m", "w", "営業日"]).map(f"{n}".__add__)
    ),
    st.dates(date(2000, 1, 2), date(2090, 1, 1)).map(date.isoformat),
)


@given(numerals)
def test_a_step_up_and_down_again_is_the_number_itself_or_nearly(text: str) -> None:
    """Where the second digit changes its place (1,000 to 990) the way back is another one."""
    number = Number(Scalar(Span("x", 1, 1), text, resolve(text), True), 0, len(text))
    up, down = number.moved(1), number.moved(-1)
    assert up != text != down
    assert up is not None
    again = Number(Scalar(Span("x", 1, 1), up, resolve(up), True), 0, len(up)).moved(-1)
    value, back = resolve(text), resolve(again or "")
    if isinstance(value, int | float) and not isinstance(value, bool):
        assert isinstance(back, int | float)
        assert abs(back - value) <= max(1, abs(value)) * 0.1
    else:
        assert again == text
