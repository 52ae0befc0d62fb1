"""The conformance suite of the language: broken files, packs, what re-arms each rule."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from stalewatch.domain.language.catalogue import load_catalogue
from stalewatch.domain.language.loading import Loaded, load_rules
from stalewatch.domain.language.model import Catalogue, FieldType
from stalewatch.domain.language.nodes import Source
from stalewatch.domain.language.summary import explain_short

ROOT = Path(__file__).parents[3]
SUITE = ROOT / "tests" / "rules"


def sources(folder: Path, pattern: str = "*.yaml") -> list[Source]:
    return [Source(path.name, path.read_text(encoding="utf-8")) for path in sorted(folder.glob(pattern))]


@pytest.fixture(scope="module")
def suite_catalogue() -> Catalogue:
    loaded = load_catalogue(sources(SUITE / "project", "fields.yaml"))
    assert loaded.catalogue is not None
    return loaded.catalogue


@pytest.fixture(scope="module")
def packs(suite_catalogue: Catalogue) -> Loaded:
    return load_rules(sources(SUITE / "packs"), suite_catalogue)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_each_broken_file_gives_exactly_the_expected_output(suite_catalogue: Catalogue, language: str) -> None:
    checked = [load_rules([broken], suite_catalogue).render(language) for broken in sources(SUITE / "broken")]
    assert "\n".join(checked) == (SUITE / "broken" / f"EXPECTED.{language}.txt").read_text(encoding="utf-8")


def test_the_four_packs_load_together_without_a_word(packs: Loaded) -> None:
    assert packs.render("en") == "4 file(s), 31 rules, 0 error(s), 0 warning(s)\n"


def test_every_rule_re_arms_on_exactly_the_fields_of_the_suite(packs: Loaded) -> None:
    rules = packs.ruleset
    assert rules is not None
    expected = (SUITE / "EXPLAIN.txt").read_text(encoding="utf-8").splitlines()[1:]
    assert [explain_short(rule, rules, ["team"]) for rule in rules.rules] == expected


def test_the_ten_rules_of_the_speed_comparison_load(suite_catalogue: Catalogue) -> None:
    assert load_rules(sources(SUITE / "bench"), suite_catalogue).diagnostics == ()


def test_a_pack_that_includes_another_brings_it_in(suite_catalogue: Catalogue) -> None:
    by_name = {source.path.removesuffix(".yaml"): source for source in sources(SUITE / "packs")}
    loaded = load_rules([by_name["jp_enterprise"]], suite_catalogue, available=by_name)
    assert loaded.ruleset is not None, loaded.render("en")
    assert {rule.pack for rule in loaded.ruleset.rules} == {"jp_enterprise", "default"}


def test_the_shipped_packs_load_with_the_shipped_catalogue(catalogue: Catalogue) -> None:
    shipped = [source for source in sources(ROOT / "rules") if source.path != "fields.yaml"]
    assert load_rules(shipped, catalogue).diagnostics == ()


def test_the_shipped_catalogue_is_the_suites_with_titles(catalogue: Catalogue, suite_catalogue: Catalogue) -> None:
    assert catalogue.events == suite_catalogue.events
    for watch, fields in suite_catalogue.objects.items():
        shipped = catalogue.objects[watch]
        assert {f.name: (f.type, f.origin, f.values) for f in fields.values()} == {
            f.name: (f.type, f.origin, f.values) for f in shipped.values()
        }


def test_every_shipped_field_and_choice_has_a_title_in_both_languages(catalogue: Catalogue) -> None:
    for fields in catalogue.objects.values():
        for field in fields.values():
            assert set(field.title) == {"en", "ja"}, field.name
            if field.type is FieldType.CHOICE:
                assert set(field.value_titles) == set(field.values), field.name


def test_a_hundred_rules_check_in_under_a_second(suite_catalogue: Catalogue) -> None:
    pack = (SUITE / "packs" / "default.yaml").read_text(encoding="utf-8")
    head, rules = pack.split("\nrules:\n")
    rules = rules.split("\nexceptions:\n")[0].replace("mutes:", "tags:")
    many = "".join(rules.replace("- id: ", f"- id: copy{number}-") for number in range(6))
    began = time.process_time()
    loaded = load_rules([Source("many.yaml", f"{head}\nrules:\n{many}")], suite_catalogue)
    assert time.process_time() - began < 1
    assert loaded.counts.rules == 114
    assert loaded.ruleset is not None
