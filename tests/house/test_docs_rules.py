"""docs/rules/: a page a word, errors as the program words them, and a cookbook whose recipes fire when they should."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stalewatch.domain.language.conditions import CONDITION_WORDS
from stalewatch.domain.language.rules import RULE_KEYS
from stalewatch.services.rules.rule_tests import Outcome, run_tests
from stalewatch.services.rules.rulefiles import check_files
from stalewatch.settings import load
from tests.house.pages import DOCS, Block, Page, doc, page
from tests.house.snippets import RECIPE, TODAY, errors_of, project_in, rendered, shown, write

FOLDER = DOCS / "rules"
COOKBOOK = doc("rules/cookbook.md")
WORDS = [page(path) for path in sorted(FOLDER.glob("*.md")) if path.stem != "cookbook"]
OF_A_FILE = ("include", "bands", "scores", "exceptions")
BESIDE = ("conditions", "expr", "durations", "fields", "calendars", "states", "tests", "errors")


# -------------------------------------------------------------------------------------------------------- words


def test_every_word_has_a_page_of_its_own_and_there_is_no_other_page() -> None:
    assert {here.path.stem for here in WORDS} == {*RULE_KEYS, *OF_A_FILE, *BESIDE}
    told = {part.title.strip("`") for part in doc("rules/conditions.md").sections}
    assert {*CONDITION_WORDS} - told == {"expr"}


@pytest.mark.parametrize("here", WORDS, ids=lambda here: here.path.stem)
def test_a_page_says_in_one_sentence_what_it_is_about(here: Page) -> None:
    title, blank, sentence, *_ = here.lines
    assert (title[:2], blank) == ("# ", "")
    assert sentence
    assert not sentence.startswith(("#", "|", "```", "-"))


@pytest.mark.parametrize("here", [one for one in WORDS if one.path.stem in RULE_KEYS], ids=lambda here: here.path.stem)
def test_a_page_of_a_word_shows_it_at_work_and_what_an_error_in_it_looks_like(here: Page) -> None:
    word = here.path.stem
    right = [block.text for block in here.blocks if block.note == "rule"]
    assert any(re.search(rf"^{word}[+-]?:", text, re.MULTILINE) for text in right), f"no example with {word}:"
    assert "When it is wrong" in [section.title for section in here.sections]


def test_the_tutorial_leads_to_every_page() -> None:
    linked = {link.partition("#")[0] for link in doc("rules.md").links}
    assert {f"rules/{path.name}" for path in FOLDER.glob("*.md")} - linked == set()


# ------------------------------------------------------------------------------------------------------- errors

SHOWN = [pair for here in WORDS for pair in errors_of(here)]


@pytest.mark.parametrize(("wrong", "told"), SHOWN, ids=[wrong.place for wrong, _ in SHOWN])
def test_an_error_on_a_page_is_what_the_program_says(wrong: Block, told: Block, tmp_path: Path) -> None:
    assert told.language == "text", f"{told.place}: what is said of {wrong.place}"
    assert shown(wrong, project_in(tmp_path)) == told.text, "python -m tests.house.reword writes it anew"


# ----------------------------------------------------------------------------------------------------- cookbook

RECIPES = [block for block in COOKBOOK.blocks if block.note == RECIPE]
STORIES = FOLDER / "cookbook.test.yaml"


def test_a_cookbook_has_recipes_enough() -> None:
    assert len(RECIPES) >= 25
    assert len({*ids()}) == len(RECIPES)


def test_recipes_check_clean_and_every_one_is_told_when_it_should_be(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    write(project / "fields.yaml", added_fields())
    settings = load(write(project / "stalewatch.yaml", PROJECT), {}).draft
    recipes = "".join(f"  {line}\n".rstrip(" ") for block in RECIPES for line in block.text.splitlines())
    (project / "rules" / "cookbook.yaml").write_text(f"{PACK}rules:\n{recipes}", "utf-8")
    assert rendered(check_files([project / "rules" / "cookbook.yaml"], settings, TODAY)) == ""
    stories = write(project / "rules" / STORIES.name, STORIES.read_text("utf-8"))
    outcome = run_tests([stories], settings, TODAY)
    assert [str(one.mismatch) for one in outcome.failures] == []
    assert outcome.diagnostics == []
    assert never_late(outcome) == []


PROJECT = "stalewatch: 1\ncatalogue: [fields.yaml]\nconnections:\n  - {id: export, type: csv, path: exports/}\n"
HEAD = "fields:\n  deal:\n"
PACK = "stalewatch: 1\npack: cookbook\ninclude: [default, jp_enterprise, partner, leads]\n"


def added_fields() -> str:
    """What recipes add to the catalogue, as one file."""
    blocks = [block.text for block in COOKBOOK.blocks if block.note == "fields"]
    assert all(text.startswith(HEAD) for text in blocks), f"each begins with {HEAD!r}"
    return "stalewatch: 1\n" + HEAD + "".join(text.removeprefix(HEAD) for text in blocks)


def ids() -> list[str]:
    return [found[1] for block in RECIPES if (found := re.match(r"- id: (\S+)\n", block.text))]


def never_late(outcome: Outcome) -> list[str]:
    """Recipes of which no story expects that they are late."""
    [played] = outcome.played
    late = {one.rule for trial in played.rehearsal.trials for one in trial.expects if one.state == "breached"}
    return [one for one in ids() if one not in late]
