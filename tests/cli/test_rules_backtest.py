"""`rules backtest`: what a limit or the rules would have said, on files and on what a project keeps."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.cli.company import RULES, Company
from tests.cli.conftest import Call
from tests.cli.test_rules_suggest import exported


def told(call: Call, *words: str | Path) -> Any:
    said = call("rules", "backtest", "--json", *words)
    assert said.status == 0, said.err
    return json.loads(said.out)


def test_a_limit_is_answered_in_a_sentence(here: Path, call: Call) -> None:
    said = call("rules", "backtest", "--limit", "45d", "--history", exported(here / "export"))
    assert said.status == 0, said.err
    assert said.lines[0].startswith("Of ")
    assert "this limit of 45 days would have flagged with 60 days of hindsight" in said.lines[0]
    for part in ("OTHER LIMITS", "QUARTER BY QUARTER", "WHO WOULD HAVE BEEN TOLD", "no precision", "not an effect"):
        assert part in said.out


def test_a_limit_by_hand(here: Path, call: Call) -> None:
    found = told(call, "--limit", "45d", "--history", exported(here / "export", stages=False))
    rows = list(csv.DictReader(io.StringIO((here / "export" / "deals.csv").read_text())))
    lost = sum(row["outcome"] == "lost" for row in rows)
    assert found["flagged"]["won"] == 0, "all were won within 40 days"
    assert found["flagged"]["lost"] <= lost
    assert found["precision"]["rate"] == 1.0
    assert found["won_told_of"]["over"] == 0
    assert found["load"][0]["owner"] == "Sato"
    assert sum(one["alerts"] for one in found["quarters"]) == found["flagged"]["all"]
    assert sum(one["alerts"] for one in found["load"]) == found["flagged"]["all"]
    assert found["amount"] == 100.0 * found["flagged"]["all"]


def test_the_report_has_its_charts_and_the_table_its_rows(here: Path, call: Call) -> None:
    folder = exported(here / "export", stages=False)
    said = call("rules", "backtest", "--limit", "45d", "--history", folder, "--html", "r.html", "--csv")
    assert said.status == 0, said.err
    assert (here / "r.html").read_text().count("<svg") == 2
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert "45" in {row["tried"] for row in rows}
    assert len(rows) > 10


@pytest.mark.parametrize("outcome", ["open", "won", "lost"])
def test_one_kind_of_end_alone_breaks_nothing(here: Path, call: Call, outcome: str) -> None:
    folder = exported(here / "export", 60, stages=False, outcome=outcome)
    found = told(call, "--limit", "5d", "--history", folder)
    assert found["flagged"]["all"] > 0
    assert (found["precision"]["rate"] is None) is (outcome == "open"), "where nothing ever closed nobody knows"
    assert call("rules", "backtest", "--limit", "9999d", "--history", folder).lines[0].startswith("Not enough history")
    empty = exported(here / "empty", 0, stages=False)
    assert told(call, "--limit", "5d", "--history", empty)["flagged"]["all"] == 0


def test_rules_are_tried_on_files_with_the_starter_pack(here: Path, call: Call) -> None:
    found = told(call, "--history", exported(here / "export", 60))
    assert found["rules"]["stage-time"]["flagged"]["all"] > 20, "55 days in a stage that is allowed 15 business days"
    assert found["rules"]["stage-time"]["load"][0]["owner"] == "Sato"
    assert found["cannot_be_tried"]["exit-first-meeting"][0] == "agenda"
    assert found["cannot_be_tried"]["meeting-without-next"] == ["event:meeting"]
    said = call("rules", "backtest", "--history", here / "export")
    assert "agenda" in said.out
    assert not list(here.glob("*.db*")), "nothing is left behind"


@pytest.fixture
def company(here: Path, call: Call) -> Company:
    company = Company(here, call)
    company.has("acme", "2026-03-01")
    company.writes()
    assert company.does("sync").status == 0
    return company


def test_a_project_tries_its_rules_on_what_it_keeps(company: Company) -> None:
    found = json.loads(company.does("rules", "backtest", "--json").out)
    assert found["records"] == 1
    rule = next(iter(found["rules"]))
    said = company.does("rules", "backtest", "--rule", rule)
    assert said.status == 0, said.err
    assert f"this rule ({rule})" in said.lines[0]
    assert company.does("rules", "backtest", "--rule", "nothing").status != 0


def test_two_versions_are_compared_over_the_past(company: Company, here: Path) -> None:
    """Acme was open for ten days on 11 March, and for five on the 6th; by the stricter version Beta is told of, too."""
    company.has("beta", "2026-03-09")
    company.writes()
    assert company.does("sync").status == 0
    (here / "strict.yaml").write_text(RULES.replace("within: 10d", "within: 5d"))
    words = ("rules", "diff", here / "rules" / "small.yaml", here / "strict.yaml", "--backtest")
    said = company.does(*words, "--exit-code", "--format", "markdown")
    assert said.status == 3, said.err
    assert "1 → 2 alerts; 0 records newly silent, 1 newly told of" in said.out.replace("\\", "")
    assert "| too" in said.out
    found = json.loads(company.does(*words, "--json").out)
    assert found["alerts"] == {"old": 1, "new": 2}
    assert found["newly_told"] == [{"id": "export:beta", "outcome": "open"}]
    assert found["owners"] == [{"owner": "Sato", "old": 1, "new": 2}]
    same = company.does("rules", "diff", here / "strict.yaml", here / "strict.yaml", "--backtest", "--exit-code")
    assert same.status == 0
    assert same.lines[0].startswith("No difference over ")


def test_what_does_not_go_together_is_refused(here: Path, call: Call) -> None:
    said = call("rules", "backtest", "--limit", "5d", "--rule", "stage-time", "--history", exported(here / "export", 3))
    assert said.status == 2
    assert "leave --rule out" in said.err


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("limit", "flagged", "mature", "share"),
    [
        (30, [4470, 2002, 1010, 1458], [4193, 1121, 637, 2435], 0.7326),
        (88, [2825, 945, 413, 1467], [2242, 728, 332, 1182], 0.6753),
        (120, [1562, 139, 47, 1376], [869, 102, 34, 733], 0.8826),
    ],
)
def test_the_third_party_file_is_reproduced(
    call: Call, limit: int, flagged: list[int], mature: list[int], share: float
) -> None:
    folder = os.environ.get("STALEWATCH_TEST_DATA")
    if not folder or not (Path(folder) / "maven_deals.csv").is_file():
        pytest.skip("STALEWATCH_TEST_DATA does not name a folder with maven_deals.csv: its figures are not reproduced")
    found = told(call, "--limit", f"{limit}d", "--history", Path(folder) / "maven_deals.csv")
    assert list(found["flagged"].values()) == flagged
    assert list(found["mature"].values()) == mature
    assert abs(found["precision"]["rate"] - share) < 1e-4
    said = call("rules", "backtest", "--limit", "88d", "--history", Path(folder) / "maven_deals.csv")
    assert said.lines[0].startswith(
        "Of 2,242 deals this limit of 88 days would have flagged with 60 days of hindsight, 1,514 (67.5%) were not won"
    )
