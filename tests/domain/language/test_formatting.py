"""The canonical form of rule files: it says the same, keeps every comment, and is its own canonical form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stalewatch.domain.language.catalogue import load_catalogue
from stalewatch.domain.language.diagnostics import Findings
from stalewatch.domain.language.formatting.canonical import canonical
from stalewatch.domain.language.formatting.comments import comments_of
from stalewatch.domain.language.loading import load_rules
from stalewatch.domain.language.model import Catalogue, RuleSet
from stalewatch.domain.language.nodes import Mapping, Source
from stalewatch.domain.language.reading import read
from tests.domain.language.untidy import Hurry

ROOT = Path(__file__).parents[3]
SHIPPED = sorted((ROOT / "rules").glob("*.yaml"))
TESTS = sorted((ROOT / "rules").glob("tests/*.yaml"))
TEMPLATES = sorted((ROOT / "src" / "stalewatch" / "cli" / "template").glob("fields*.yaml"))
PACKS = {path.stem: path.read_text("utf-8") for path in SHIPPED if path.stem != "fields"}
LOADED = load_catalogue([Source("fields.yaml", (ROOT / "rules" / "fields.yaml").read_text("utf-8"))])


def formatted(text: str) -> str:
    findings = Findings()
    made = canonical(Source("rules.yaml", dedent(text)), findings)
    assert made is not None, findings.found
    return made


def root(text: str) -> Mapping:
    found = read(Source("rules.yaml", text), Findings()).root
    assert isinstance(found, Mapping)
    return found


def comments(text: str) -> list[str]:
    reading = read(Source("rules.yaml", text), Findings())
    return [comment.text for comment in comments_of(root(text), reading.source)]


def meaning(text: str) -> RuleSet:
    """What a file says, without where it says it."""
    catalogue = LOADED.catalogue
    assert isinstance(catalogue, Catalogue)
    loaded = load_rules([Source("rules.yaml", text)], catalogue, available={n: Source(n, t) for n, t in PACKS.items()})
    found = loaded.ruleset
    assert found is not None, loaded.render("en")
    rules = tuple(
        replace(rule, place=None, within=tuple(replace(limit, line=0) for limit in rule.within)) for rule in found.rules
    )
    return replace(found, rules=rules, exceptions=tuple(replace(one, place=None) for one in found.exceptions))


# ------------------------------------------------------------------------------------------------------- laws


def check_the_laws(pack: str, seed: int) -> None:
    ordered = seed % 2 == 0
    untidy = Hurry(Random(seed), ordered=ordered).writes(root(PACKS[pack]))  # noqa: S311 - a way to write
    tidy = formatted(untidy)
    assert formatted(tidy) == tidy
    assert meaning(tidy) == meaning(untidy)
    assert sorted(comments(tidy)) == sorted(comments(untidy))
    if ordered:
        assert comments(tidy) == comments(untidy)


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(["leads", "partner", "jp_enterprise"]), st.integers(0, 2**32))
def test_whatever_a_hurry_leaves_is_tidied_without_changing_what_it_says(pack: str, seed: int) -> None:
    check_the_laws(pack, seed)


@pytest.mark.slow
@settings(max_examples=2000, deadline=None)
@given(st.sampled_from(sorted(PACKS)), st.integers(0, 2**32))
def test_two_thousand_people_in_a_hurry(pack: str, seed: int) -> None:
    check_the_laws(pack, seed)


@pytest.mark.parametrize("path", [*SHIPPED, *TESTS, *TEMPLATES], ids=lambda path: path.name)
def test_what_we_hand_out_is_in_its_canonical_form(path: Path) -> None:
    text = path.read_text("utf-8")
    assert formatted(text) == text


# ------------------------------------------------------------------------------------------------- keys, lines


def test_keys_come_in_the_order_of_the_sentence_and_the_head_stays_the_head() -> None:
    assert formatted(
        """\
        # yaml-language-server: $schema=./rules.schema.json
        # Ours.
        exceptions: [{owner: me, until: 2026-12-31, rules: [b]}]
        rules:
        - within: 5bd
          # who
          watch: deal   # deals
          id: b
          start: created_at
          title: {ja: い, en: B}
          pause: {max: 9d, from: hold_set_at, until: hold_until}
        - {use: p/b, id: c, mutes+: [b], title: C}
        stalewatch: 1
        """
    ) == dedent(
        """\
        # yaml-language-server: $schema=./rules.schema.json
        # Ours.
        stalewatch: 1

        rules:
          - id: b
            title: {en: B, ja: い}
            # who
            watch: deal  # deals
            start: created_at
            within: 5bd
            pause: {until: hold_until, from: hold_set_at, max: 9d}

          - {id: c, use: p/b, title: C, mutes+: [b]}

        exceptions: [{rules: [b], until: 2026-12-31, owner: me}]
        """
    )


def lines(rule: str) -> Iterator[str]:
    """The lines of a rule with an id, without it."""
    text = formatted("stalewatch: 1\nrules:\n  - id: a\n" + "".join(f"    {line}\n" for line in rule.split("\n")))
    return (line.removeprefix("    ") for line in text.rstrip("\n").split("\n")[4:])


@pytest.mark.parametrize(
    ("written", "canonical_form"),
    [
        ("within:   10bd", "within: 10bd"),
        ("within: '010 bd'", "within: 10bd"),
        ("within: 14 日", "within: 14日"),
        ("within: 2週間", "within: 2週間"),
        ("warn: 14", "warn: 14"),
        ("watch: 'deal'", "watch: deal"),
        ('owner: "2026-12-31"', 'owner: "2026-12-31"'),
        ("owner: 'no'", 'owner: "no"'),
        ("where: {next_step: 'empty'}", 'where: {next_step: "empty"}'),
        ("where: {next_step: empty}", "where: {next_step: empty}"),
        ("title: {en: 'Late'}", 'title: {en: "Late"}'),
        ("because: 'say \"no\"'", "because: 'say \"no\"'"),
        ('because: "a\\u3000b"', 'because: "a\\u3000b"'),
        ("where: { stage : [ proposal,approval ], }", "where: {stage: [proposal, approval]}"),
        ("where: {amount: {below: 3_000_000}}", "where: {amount: {below: 3_000_000}}"),
        ("tags: []", "tags: []"),
        ("owner:", "owner:"),
        ("within: {else: 3bd, a: 1bd, by: stage}", "within: {by: stage, a: 1bd, else: 3bd}"),
        ("within: [{is: 3bd, stage: proposal}]", "within: [{stage: proposal, is: 3bd}]"),
    ],
)
def test_a_line_is_written_in_one_way(written: str, canonical_form: str) -> None:
    assert list(lines(written)) == [canonical_form]


def test_brackets_are_opened_where_the_line_gets_long_or_a_comment_stands_inside() -> None:
    stages = ", ".join(f"a_rather_long_name_{number}" for number in range(9))
    assert list(lines(f"where: {{stage: [{stages}], team: x}}   # long"))[:3] == [
        "where:  # long",
        "  stage:",
        "    - a_rather_long_name_0",
    ]
    assert list(lines("where: {stage: [a, # first\n  b], team: x} # all")) == [
        "where:",
        "  stage:",
        "    - a            # first",
        "    - b",
        "  team: x",
        "  # all",
    ]


def test_a_sentence_does_not_make_a_line_long() -> None:
    because = f"because: {{en: {'long ' * 60}end, ja: 長い}}"
    assert list(lines(because)) == [because]


def test_a_record_of_a_test_stays_the_row_that_it_is() -> None:
    given = f"    given: {{deal: {{{', '.join(f'field_{number}: 1' for number in range(30))}}}}}\n"
    text = f"stalewatch_test: 1\nrules: [a.yaml]\ntests:\n  - name: a\n{given}    expect: []\n"
    assert formatted(text) == text


def test_columns_that_the_author_made_are_kept() -> None:
    table = "within:\n  by:     stage\n  a:      1bd   # one\n  longer: 2bd   # two\n  else:   3bd"
    assert list(lines(table)) == table.splitlines()
    assert list(lines("within:\n  by: stage\n  a:  1bd\n  else:    3bd"))[1:] == [
        "  by: stage",
        "  a: 1bd",
        "  else: 3bd",
    ]


def test_a_value_that_moves_up_to_its_key_joins_the_column_of_the_others() -> None:
    tidy = formatted(
        """\
        rules:
          - stage: proposal
            segment:
              [enterprise]
            is:    25bd
        """
    )
    assert tidy.endswith("  - stage:   proposal\n    segment: [enterprise]\n    is:      25bd\n")
    assert formatted(tidy) == tidy


def test_texts_on_several_lines_stay_on_several() -> None:
    text = "because: |   # why\n  first\n\n    second\nowner: it goes on\n  and on\n"
    text += "message:\n  en: >-\n    folded\n    text"
    assert list(lines(text)) == text.splitlines()


@pytest.mark.parametrize(
    ("written", "canonical_form"),
    [
        ("owner: |\n  a\n\n\n  b", "owner: |\n  a\n\n\n  b"),
        ("owner: |+\n  a", 'owner: "a\\n"'),
        ("owner: >2\n    a", 'owner: "  a\\n"'),
        ("owner: a\n\n\n  b", "owner: a\n\n\n  b"),
        ("owner: a\u2028      b", 'owner: "a\\u2028b"'),
        ("tags: [a\n\n  b]", 'tags: ["a\\nb"]'),
    ],
)
def test_no_break_is_lost(written: str, canonical_form: str) -> None:
    assert "\n".join(lines(written)) == canonical_form


MISHAPS = [
    *" #:-{}[],'\"|>?&*!%@`~\t\n\\",
    "\r\n",
    "\u3000",
    "\u2028",
    "\x85",
    "\ufeff",
    ": ",
    "- ",
    " # x\n",
    "|2\n",
    "---\n",
    "''",
]


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(sorted(PACKS)), st.integers(0, 2**32), st.data())
def test_no_slip_of_the_keyboard_makes_it_fail_or_lose_something(pack: str, seed: int, data: st.DataObject) -> None:
    text = Hurry(Random(seed)).writes(root(PACKS[pack]))  # noqa: S311 - a way to write
    at = data.draw(st.integers(0, len(text)))
    text = text[:at] + data.draw(st.sampled_from(MISHAPS)) + text[at + data.draw(st.integers(0, 1)) :]
    tidy = canonical(Source("rules.yaml", text), Findings())
    assert tidy is None or canonical(Source("rules.yaml", tidy), Findings()) == tidy


def test_lines_end_in_lf_and_a_byte_order_mark_stays() -> None:
    assert formatted("\ufeffstalewatch: 1\r\npack: p   # ours\r\n\r\n\r\n") == "\ufeffstalewatch: 1\npack: p   # ours\n"


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "- a\n", "a: [\n", "a: 1\na: 2\n", "a: &x 1\n", "a: 1\n---\nb: 2\n"]
)
def test_what_is_no_file_of_ours_has_no_canonical_form(text: str) -> None:
    assert canonical(Source("rules.yaml", text), Findings()) is None
