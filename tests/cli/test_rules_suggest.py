"""`rules suggest`: from an export to a limit with its chart, in one command and without a project."""

from __future__ import annotations

import csv
import io
import json
import os
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.company import Company
from tests.cli.conftest import Call

HONEST = "an association, not an effect"


def exported(folder: Path, size: int = 300, *, stages: bool = True, outcome: str | None = None) -> Path:
    """Deals that are won within 40 days, or lost after 60; every tenth lingers."""
    deals = ["deal_id,created_on,closed_on,outcome,pipeline,owner,amount"]
    visits = ["deal_id,stage,entered_at"]
    for number in range(size):
        begun = date(2025, 1, 1) + timedelta(number)
        end = outcome or ("open" if number % 10 == 0 else "won" if number % 2 else "lost")
        lasted = 10 + number % 30 if end == "won" else 60 + number % 30
        closed = "" if end == "open" else str(begun + timedelta(lasted))
        deals.append(f"{number},{begun},{closed},{end},new_business,Sato,100")
        visits += [f"{number},discovery,{begun}", f"{number},proposal,{begun + timedelta(5)}"]
    folder.mkdir(exist_ok=True)
    (folder / "deals.csv").write_text("\n".join([*deals, ""]))
    if stages:
        (folder / "stages.csv").write_text("\n".join([*visits, ""]))
    return folder


def told(call: Call, *words: str | Path) -> Any:
    said = call("rules", "suggest", "--json", *words)
    assert said.status == 0, said.err
    return json.loads(said.out)


def test_an_export_alone_is_enough(here: Path, call: Call) -> None:
    said = call("rules", "suggest", "--history", exported(here / "export"))
    assert said.status == 0, said.err
    assert said.lines[0].startswith("Of 300 deals, 2025-01-01 to 2026-")
    assert HONEST in said.out
    assert "new_business · whole deal" in said.out
    assert "new_business · discovery" in said.out
    assert "mode: shadow" in said.out


def test_what_is_to_be_pasted_checks_clean(here: Path, call: Call) -> None:
    patch = told(call, "--history", exported(here / "export"))["patch"]
    (here / "learned.yaml").write_text(patch)
    checked = call("rules", "check", here / "learned.yaml")
    assert checked.status == 0, checked.out
    assert "0 error(s), 0 warning(s)" in checked.out


def test_names_of_an_export_break_nothing(here: Path, call: Call) -> None:
    folder = exported(here / "export")
    for name in ("deals.csv", "stages.csv"):
        text = (folder / name).read_text().replace("new_business", '"=x: [}\u202e #"').replace("discovery", '"- a\tb"')
        (folder / name).write_text(text)
    said = call("rules", "suggest", "--history", folder, "--html", here / "report.html")
    assert said.status == 0, said.err
    assert "\u202e" not in (here / "report.html").read_text()
    assert '"=x: [} #"' in told(call, "--history", folder)["patch"]
    assert call("rules", "suggest", "--history", folder, "--csv").out.count("'=x") > 0, "no cell is a formula"


def test_the_report_is_one_file_with_its_chart(here: Path, call: Call) -> None:
    said = call(
        "rules", "suggest", "--history", exported(here / "export", stages=False), "--html", "r.html", "--lang", "ja"
    )
    assert said.status == 0, said.err
    answer, written = said.out.splitlines()
    assert "期限は" in answer
    assert written == "r.html を作成しました"
    page = (here / "r.html").read_text()
    assert page.count("<svg") >= 1
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "経過日数ごとの受注の見込み" in page


def test_as_a_table_for_a_spreadsheet(here: Path, call: Call) -> None:
    said = call("rules", "suggest", "--history", exported(here / "export", stages=False), "--csv")
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert {row["about"] for row in rows} == {"deal"}
    assert [row["limit"] in row["days"] for row in rows].count(True) >= 1


@pytest.mark.parametrize(("outcome", "why"), [("open", "few_won"), ("lost", "few_won"), ("won", "none_lost_or_open")])
def test_too_little_is_said_to_be_too_little(here: Path, call: Call, outcome: str, why: str) -> None:
    found = told(call, "--history", exported(here / "export", outcome=outcome, stages=False))
    [group] = found["lessons"][0]["groups"]
    assert (group["not_enough_history"], group["limit"], found["patch"]) == (why, None, "")
    assert call("rules", "suggest", "--history", here / "export").lines[0].startswith("Not enough history")


def test_nothing_at_all_is_not_enough_either(here: Path, call: Call) -> None:
    folder = exported(here / "export", 0, stages=False)
    assert call("rules", "suggest", "--history", folder).lines[0] == "Not enough history: there is none yet."
    assert told(call, "--history", folder)["lessons"][0]["records"] == 0


def test_rows_that_cannot_be_used_are_counted(here: Path, call: Call) -> None:
    folder = exported(here / "export", 100, stages=False)
    bad = "7,2025-01-08,2025-02-10,won,new_business,Sato,1\nx,2025-09-01,2025-01-02,lost,new_business,Sato,1\n"
    (folder / "deals.csv").write_text((folder / "deals.csv").read_text() + bad)
    said = call("rules", "suggest", "--history", folder)
    assert "left out: 1 × duplicate deal_id" in said.out
    assert "left out: 1 × closed before it was created" in said.out


def test_a_limit_is_learned_until_a_day_and_tried_after_it(here: Path, call: Call) -> None:
    folder = exported(here / "export", stages=False)
    found = told(call, "--history", folder, "--learn-until", "2025-07-01")["lessons"][0]
    [group] = found["groups"]
    assert found["learn_until"] == "2025-07-01"
    assert group["won"] < 120, "later ends teach nothing"
    assert group["limits"][0]["late_entries"] > 0


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--horizon", "5bd"), "calendar days"),
        (("--as-of", "yesterday"), "is not a day"),
        (("--as-of", "2026-03-31T09:00:00"), "has no zone"),
        (("--tz", "Mars/Base"), "no time zone is called"),
    ],
)
def test_an_option_that_cannot_be_used_is_told(here: Path, call: Call, words: tuple[str, ...], complaint: str) -> None:
    said = call("rules", "suggest", "--history", exported(here / "export", 3), *words)
    assert said.status == 2
    assert complaint in said.err


def test_a_folder_that_is_not_there(here: Path, call: Call) -> None:
    said = call("rules", "suggest", "--history", here / "nowhere")
    assert said.status != 0
    assert "there is no file or folder" in said.err


@pytest.fixture
def company(here: Path, call: Call) -> Company:
    company = Company(here, call)
    company.has("acme", "2026-03-01")
    company.writes()
    assert company.does("sync").status == 0
    return company


def test_a_project_learns_from_what_it_keeps(company: Company) -> None:
    found = json.loads(company.does("rules", "suggest", "--json").out)
    assert found["lessons"][0]["records"] == 1
    assert found["lessons"][0]["groups"][0]["not_enough_history"] == "few_won"


@pytest.mark.usefixtures("here")
def test_the_third_party_file_is_reproduced(call: Call) -> None:
    folder = os.environ.get("STALEWATCH_TEST_DATA")
    if not folder or not (Path(folder) / "maven_deals.csv").is_file():
        pytest.skip("STALEWATCH_TEST_DATA does not name a folder with maven_deals.csv: its figures are not reproduced")
    found = told(call, "--history", Path(folder) / "maven_deals.csv")["lessons"][0]
    assert (found["records"], found["without_beginning"], found["counted"]) == (8800, 500, 8300)
    assert (found["won"], found["lost"], found["open"], found["late_entries"]) == (4238, 2473, 1589, 1185)
    assert (found["observed_from"], found["as_of"]) == ("2017-03-01", "2017-12-31")
    [group] = found["groups"]
    assert (group["warn"]["day"], group["limit"]["day"], group["p75_won"]) == (83, 101, 88)
    assert all(abs(one - of) <= 1 for one, of in zip(group["limit"]["interval"], (99, 102), strict=True))
    for day, share in {0: 0.529, 30: 0.495, 88: 0.368, 101: 0.259}.items():
        assert abs(group["chance"][day] - share) < 5e-4
    tried = next(one for one in group["limits"] if one["days"] == 88)
    assert tried["flagged"] == {"all": 2825, "won": 945, "lost": 413, "open": 1467}
    assert tried["mature"] == {"all": 2242, "won": 728, "lost": 332, "open": 1182}
    assert abs(tried["precision"]["rate"] - 0.6753) < 1e-4
