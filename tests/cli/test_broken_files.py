"""Our own broken files, beside the nine of the conformance suite: what people do wrong, and what they are told.

Each file of tests/broken is checked by itself in its folder, as its reader would; EXPECTED.<language>.txt is what is
printed. `*.stalewatch.yaml` are projects, `*.test.yaml` tests of rules, all others rules.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from stalewatch.domain.language.rendering import width
from tests.cli.conftest import Call

BROKEN = Path(__file__).parents[1] / "broken"
NOW = ("--now", "2026-04-15T09:00:00Z")
TABLE = frozenset(
    f"SW{code}"
    for code in (
        *("001", "002", "003", "004", "005", "006", "007", "100", "101", "102", "103", "104", "105", "106", "107"),
        *("108", "109", "110", "112", "113", "114", "115", "116", "117", "120", "121", "122", "123", "124", "125"),
        *("126", "131", "140", "141", "150", "151", "160", "161", "170", "171", "180", "190", "200", "201", "202"),
        *("203", "204", "205"),
    )
)
"""Every code of the language's table of diagnostics."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the broken files that nobody else may read: whether a file is private is one of the checks."""
    place = shutil.copytree(BROKEN, tmp_path / "broken")
    for path in place.glob("*.yaml"):
        path.chmod(0o600)
    monkeypatch.chdir(place)
    for name in ("HUBSPOT_TOKEN", "STALEWATCH_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    return place


def words_for(name: str) -> tuple[str, ...]:
    if name.endswith(".test.yaml"):
        return ("rules", "test", name)
    return ("rules", "check", "--config", name) if name.endswith(".stalewatch.yaml") else ("rules", "check", name)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_each_broken_file_is_told_as_expected(folder: Path, call: Call, language: str) -> None:
    told = {path.name: call(*words_for(path.name), "--lang", language, *NOW) for path in sorted(folder.glob("*.yaml"))}
    assert len(told) >= 30
    assert {name for name, said in told.items() if said.status != 1 or said.err} == set()
    assert "\n".join(said.out for said in told.values()) == (BROKEN / f"EXPECTED.{language}.txt").read_text("utf-8")


def expected(language: str) -> str:
    return (BROKEN / f"EXPECTED.{language}.txt").read_text("utf-8")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_code_of_the_table_is_among_them(language: str) -> None:
    assert set(re.findall(r" (SW[0-9]{3}): ", expected(language))) == TABLE


@pytest.mark.parametrize("language", ["en", "ja"])
def test_findings_stand_in_the_order_of_the_file_and_almost_all_bring_a_cure(language: str) -> None:
    heads = re.findall(r"^(\S+\.yaml):(\d+):(\d+): (?:error|warning) (SW\d+)", expected(language), re.MULTILINE)
    for name in {head[0] for head in heads}:
        places = [(int(line), int(column)) for file, line, column, _ in heads if file == name]
        assert places == sorted(places), name
    carets = re.findall(r"^ +\| +\^+(.*)$", expected(language), re.MULTILINE)
    assert len(carets) == len(heads)
    assert sum(not cure for cure in carets) <= len(carets) * 0.06


def test_carets_stand_under_full_width_text_in_both_languages() -> None:
    for language in ("en", "ja"):
        lines = expected(language).splitlines()
        at = next(n for n, line in enumerate(lines) if line.startswith("31_kanji.yaml:10:45"))
        before = lines[at + 1].split("提案", 1)[0]
        assert lines[at + 2].index("^") == width(before)
        assert "^^^^ " in lines[at + 2]


@pytest.mark.security
def test_s23_the_bombs_that_are_too_large_to_keep(folder: Path, call: Call) -> None:
    (folder / "large.yaml").write_text("stalewatch: 1\n# " + "x" * 300_000, "utf-8")
    (folder / "deep.yaml").write_text("stalewatch: 1\nrules: " + "[" * 100_000, "utf-8")
    (folder / "deep.test.yaml").write_text("stalewatch_test: 1\nrules: " + "{a: " * 50_000, "utf-8")
    said = [call(*words_for(name)) for name in ("large.yaml", "deep.yaml", "deep.test.yaml")]
    assert [one.status for one in said] == [1, 1, 1]
    assert said[0].lines[0] == "large.yaml:1:1: error SW007: the file is larger than 256 KB"
    assert said[1].lines[0] == "deep.yaml:2:39: error SW007: nested deeper than 32 levels"
    assert ": error SW007: nested deeper than 32 levels" in said[2].lines[0]
