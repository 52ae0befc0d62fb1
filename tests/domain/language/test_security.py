"""Threats S23 to S26: what a stranger can write into a rule file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from stalewatch.domain.language.catalogue import load_catalogue
from stalewatch.domain.language.diagnostics import Findings
from stalewatch.domain.language.loading import Loaded
from stalewatch.domain.language.nodes import Mapping, Source, plain
from stalewatch.domain.language.placeholders import pieces
from stalewatch.domain.language.reading import read
from stalewatch.domain.language.trials import read_trial_file

pytestmark = pytest.mark.security

RULE = "stalewatch: 1\nrules:\n  - id: a\n    title: A\n    watch: deal\n    start: created_at\n    within: 1bd\n"
Check = Callable[[str], Loaded]


@contextmanager
def within_seconds(limit: float) -> Iterator[None]:
    """Of the processor's: what a parser takes that has fallen into a trap."""
    began = time.process_time()
    yield
    assert time.process_time() - began < limit


def codes(loaded: Loaded) -> set[str]:
    return {found.code for found in loaded.diagnostics}


def test_s23_a_bomb_of_aliases_is_refused_at_once(check: Check) -> None:
    bomb = 'a: &a ["lol", "lol"]\n' + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(f'*{chr(97 + n)}' for _ in range(9))}]\n" for n in range(9)
    )
    with within_seconds(0.5):
        assert "SW006" in codes(check(bomb))


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 60_000, "- " * 100_000])
def test_s23_bottomless_nesting_is_refused_before_it_is_built(check: Check, text: str) -> None:
    with within_seconds(1):
        assert codes(check(text)) == {"SW007"}


def test_s23_a_file_over_256_kb_is_refused_unread(check: Check) -> None:
    assert codes(check(RULE + "# " + "あ" * 90_000)) == {"SW007"}
    assert check(RULE + "# " + "x" * 200_000).ruleset is not None


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system ['true']", "!!python/name:os.system x", "!x y"])
def test_s23_tags_are_refused_and_build_nothing(check: Check, tag: str) -> None:
    assert "SW006" in codes(check(f"{RULE}    owner: {tag}\n"))


def test_s23_a_key_that_is_there_twice_is_refused(check: Check) -> None:
    assert codes(check(f"{RULE}    severity: info\n    severity: critical\n")) == {"SW005"}


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"  - {{id: r{n}, mutes: [r{n + 1}]}}\n" for n in range(3000)),
        "".join(f"  - {{id: r{n}, use: p/r{n + 1}}}\n" for n in range(3000)),
        "".join(f"  - {{id: r{n}, mutes: [{','.join(f'r{m}' for m in range(100))}]}}\n" for n in range(100)),
        "".join(f"    key{n}: 1\n" for n in range(5000)),
        "  - {id: x, title: '" + "{a} " * 30_000 + "'}\n",
        "  - {id: x, where: {expr: '" + "not " * 30_000 + "'}}\n",
    ],
    ids=["mutes in a chain", "use in a chain", "all mute all", "wrong keys", "placeholders", "not not not"],
)
def test_s23_no_file_of_a_quarter_megabyte_takes_long(check: Check, text: str) -> None:
    with within_seconds(5):
        check("stalewatch: 1\npack: p\nrules:\n" + text).render("en")


BOMB = "a: &a [x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\n"
DEEP = "a: " + "[" * 100_000


@pytest.mark.parametrize(("text", "code"), [(BOMB, "SW006"), (DEEP, "SW007"), ("#" * 300_000, "SW007")])
def test_s23_tests_of_rules_and_catalogues_refuse_the_same(text: str, code: str) -> None:
    findings = Findings()
    with within_seconds(1):
        read_trial_file(Source("a.test.yaml", text), findings)
        found = {one.code for one in load_catalogue([Source("fields.yaml", text)]).diagnostics}
    assert code in {one.code for one in findings.found}
    assert code in found


def test_s24_scalars_are_those_of_yaml_1_2() -> None:
    findings = Findings()
    text = "at: 12:30\nno: NO\non: on\nyes: yes\nbig: 3_000_000\noct: 010\nnull: ~\n"
    root = read(Source("x.yaml", text), findings).root
    assert isinstance(root, Mapping)
    assert plain(root) == {
        "at": "12:30",
        "no": "NO",
        "on": "on",
        "yes": "yes",
        "big": 3_000_000,
        "oct": 10,
        "null": None,
    }
    assert findings.found == []


@pytest.mark.parametrize("text", ["1.10", "2.0e3", ".5", "1_0.50"])
def test_s24_a_decimal_that_would_change_must_be_quoted(text: str) -> None:
    findings = Findings()
    read(Source("x.yaml", f"version: {text}\n"), findings)
    (found,) = findings.found
    assert found.code == "SW125"
    assert found.cure["en"].startswith(f'quote it ("{text}")')


def test_s25_there_are_no_patterns_to_run_away(check: Check) -> None:
    for test in ("matches: '(a+)+$'", "regex: '(a+)+$'", "like: 'a%'"):
        assert codes(check(f"{RULE}    where: {{name: {{{test}}}}}\n")) == {"SW106"}
    assert codes(check(f"""{RULE}    where: {{expr: "name matches '(a+)+$'"}}\n""")) == {"SW120"}
    assert codes(check(f"""{RULE}    where: {{expr: "name =~ 'a+'"}}\n""")) == {"SW121"}


def test_s25_contains_takes_its_text_literally_however_long(check: Check) -> None:
    with within_seconds(0.5):
        assert check(f"{RULE}    where: {{name: {{contains: '(a+)+$'}}}}\n").ruleset is not None


@pytest.mark.parametrize(
    "text",
    [
        f"{RULE}    where: {{amount: {{at_least: 3{',000' * 2_000}}}}}\n",
        f"{RULE}    where: {{amount: {{at_least: {'3,' * 2_000}}}}}\n",
        f"{RULE}    warn: {'1' * 200_000}\n",
        f"{RULE}    warn: 1 {'a ' * 100_000}\n",
        f"{RULE}    owner:{' ' * 200_000}x: y\n",
        f"{RULE}{(' ' * 400 + chr(9)) * 500}#\n",
        f"{RULE}    owner: |\n" + "      a: >\t\n" * 15_000,
        RULE + "\t" * 200_000 + "x\n",
        f'{RULE}    where: {{expr: "{"a." * 100_000}"}}\n',
        f'{RULE}    where: {{expr: "{chr(39) * 100_001}"}}\n',
        f"{RULE}    message: {{en: '{'{' * 100_000}', ja: '{'{a' * 80_000}'}}\n",
        f"{RULE}    within: {'三' * 80_000}\n",
    ],
    ids=lambda text: text[len(RULE) : len(RULE) + 24].strip(),
)
def test_s25_no_text_makes_our_own_reading_run_away(check: Check, text: str) -> None:
    with within_seconds(3):
        check(text).render("en")


@pytest.mark.parametrize(
    "text",
    [
        "{{7*7}}",
        "{deal.__class__.__mro__}",
        "{x.__class__}",
        "${name.__class__}",
        "{0}",
        "{name!r}",
        "{name:>99999}",
        "{}",
    ],
)
def test_s26_a_placeholder_is_a_name_from_the_list_or_an_error(check: Check, text: str) -> None:
    assert codes(check(f"{RULE}    message: {{en: '{text}', ja: x}}\n")) == {"SW161"}


@pytest.mark.parametrize("text", ["%s", "$x", "${", "{% if x %", "<%= 1 %>", "#(1)"])
def test_s26_what_is_no_placeholder_stays_literal(check: Check, text: str) -> None:
    assert check(f"{RULE}    message: {{en: '{text}', ja: x}}\n").ruleset is not None
    assert "".join(piece.text for piece in pieces(text)) == text
    assert not any(piece.is_placeholder for piece in pieces(text))
