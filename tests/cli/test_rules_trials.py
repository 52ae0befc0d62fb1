"""`rules preview` and `rules diff`, as RevOps call them before a change is live."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.cli.company import EVENING, RULES, Company
from tests.cli.conftest import Call

NASTY = "<b>@sato</b> [x](//evil.example) `rm`|#1 www.evil.example"


@pytest.fixture
def company(here: Path, call: Call) -> Company:
    """Three deals: late, soon late, and one of somebody else's with a name that wants to be more."""
    company = Company(here, call)
    company.has("acme", "2026-03-01")
    company.has("beta", "2026-03-11")
    company.has("gamma", "2026-03-02", owner="Tanaka")
    company.rows["gamma"] = company.rows["gamma"].replace("Gamma", NASTY)
    company.writes()
    assert company.does("sync").status == 0
    return company


def tighten(company: Company) -> Path:
    """A limit of five days; the old rules lie beside it."""
    old = company.folder / "old.yaml"
    old.write_text(RULES)
    (company.folder / "rules" / "small.yaml").write_text(RULES.replace("within: 10d", "within: 5d"))
    return old


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.example")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def test_a_preview_says_who_is_late_by_the_files_as_they_are_now(company: Company) -> None:
    said = company.does("rules", "preview")
    assert said.status == 0, said.err
    assert said.lines[0] == "2 late now, 0 at risk, 1 more late within 7 days – of 3 open records"
    assert said.lines[1].startswith("`rollout: off`") or "2 would be news to 2 people" in said.lines[1]
    tighten(company)
    said = company.does("rules", "preview")
    assert said.lines[0] == "3 late now, 0 at risk, 0 more late within 7 days – of 3 open records"
    assert [line.split()[0] for line in said.lines if line.endswith(("acme", "beta", "gamma"))] == [
        "Sato",
        "Tanaka",
        "Sato",
    ]
    assert said.lines[-1].startswith("As of 16 Mar")


def test_a_preview_as_json_and_for_one_owner(company: Company) -> None:
    said = json.loads(company.does("rules", "preview", "--json", "--owner", "Tanaka", "--rule", "too-long").out)
    assert said["total"] == {"late": 1, "at_risk": 0, "soon": 0, "news": 1, "backlog": 0}
    [one] = said["records"]
    assert (one["name"], one["owner_name"], one["stands"], one["told"]) == (NASTY, "Tanaka", "late", "news")
    assert one["reasons"][0]["due"] == "2026-03-12T18:00:00+00:00"
    assert said["rules"][0]["rule"] == "too-long"
    assert company.does("rules", "preview", "--rule", "too-lang").err.startswith("there is no rule 'too-lang'")


def test_a_preview_makes_no_database(here: Path, call: Call) -> None:
    company = Company(here, call)
    said = company.does("rules", "preview")
    assert said.status == 1
    assert "the database cannot be reached" in said.err
    assert not (here / "stalewatch.db").exists()


def test_a_difference_between_a_file_and_the_project(company: Company) -> None:
    old = tighten(company)
    said = company.does("rules", "diff", old)
    assert said.status == 0, said.err
    assert said.lines[0] == "+1 / −0 alerts"
    assert "too-long: limit: 10 days → 5 days" in said.lines
    assert "Newly late: 1" in said.lines
    assert [line.split()[:3] for line in said.lines if line.endswith(":beta")] == [["Newly", "late", "Beta"]]
    assert company.does("rules", "diff", old, "--exit-code").status == 3
    same = company.does("rules", "diff", "rules", "--exit-code")
    assert (same.status, same.lines[0]) == (0, "No difference: both versions say the same of 3 open records")
    back = json.loads(company.does("rules", "diff", "rules/small.yaml", old, "--format", "json").out)
    assert (back["total"]["added"], back["total"]["removed"]) == (0, 1)
    assert back["records"][0]["what"] == "no_longer_late"
    assert back["changes"][0]["said"] == ["too-long: limit: 5 days → 10 days"]


def test_a_difference_to_a_git_revision_leaves_the_working_tree_alone(company: Company) -> None:
    (company.folder / "project").mkdir()
    for name in ("stalewatch.yaml", "rules", "exports", "stalewatch.db"):
        (company.folder / name).rename(company.folder / "project" / name)
    git(company.folder, "init", "-q", "-b", "main")
    git(company.folder, "add", "project/stalewatch.yaml", "project/rules")
    git(company.folder, "commit", "-q", "-m", "rules")
    rules = company.folder / "project" / "rules" / "small.yaml"
    rules.write_text(RULES.replace("id: too-long", "id: too-old\n    was: [too-long]").replace("10d", "5d"))
    config = ("--config", company.folder / "project" / "stalewatch.yaml", "--now", EVENING)
    said = company.call("rules", "diff", "--git", "main", *config)
    assert said.status == 0, said.err
    assert said.lines[0] == "+1 / −0 alerts"
    assert {"too-old: was too-long", "too-old: limit: 10 days → 5 days"} <= set(said.lines)
    assert "5d" in rules.read_text()
    unknown = company.call("rules", "diff", "--git", "--output=x", *config)
    assert (unknown.status, unknown.err.splitlines()[0]) == (1, "git knows no revision '--output=x' here")
    (company.folder / "project" / "new.yaml").write_text(config[1].read_text())  # type: ignore[union-attr]
    other = company.call("rules", "diff", "--git", "HEAD", "--config", company.folder / "project" / "new.yaml")
    assert "project/new.yaml was not there at HEAD" in other.err


def test_a_difference_between_configurations_takes_the_calendars_of_each(company: Company) -> None:
    other = company.folder / "other.yaml"
    other.write_text((company.folder / "stalewatch.yaml").read_text().replace("00:00-18:00", "00:00-12:00"))
    said = company.does("rules", "diff", other)
    assert said.status == 0, said.err
    assert "also changed: calendars" in said.lines
    assert "Due later: 3; the farthest Acme (too-long), 11 Mar 12:00 → 11 Mar 18:00" in said.out


def test_rules_with_errors_are_told_and_nothing_is_compared(company: Company) -> None:
    broken = company.folder / "broken.yaml"
    broken.write_text(RULES.replace("10d", "10"))
    said = company.does("rules", "diff", broken)
    assert said.status == 1
    assert "broken.yaml:8:13: error SW110" in said.err
    missing = company.does("rules", "diff", "main")
    assert (missing.status, missing.err) == (1, "there is no file or folder main\n  for a git revision, say --git\n")
    assert company.does("rules", "diff").status == 2
    assert company.does("rules", "diff", broken, "--git", "main").status == 2


@pytest.mark.security
def test_what_a_crm_says_is_letters_in_the_comment_of_a_pull_request(company: Company) -> None:
    """S27: a deal's name links nowhere, calls nobody and breaks no table."""
    company.has("gamma", "2026-03-11", owner="Tanaka")
    company.rows["gamma"] = company.rows["gamma"].replace("Gamma", NASTY)
    company.writes()
    company.does("sync", "--full")
    old = tighten(company)
    for said in (
        company.does("rules", "diff", old, "--format", "markdown"),
        company.does("rules", "preview", "--format", "markdown", "--lang", "ja"),
    ):
        assert said.status == 0, said.err
        [row] = [line for line in said.lines if "sato" in line]
        assert "\\<b\\>＠sato\\</b\\> \\[x\\]\\(//evil.example\\) \\`rm\\`\\|＃1 www．evil.example" in row
        [head] = [line for line in said.lines if line.startswith("| ") and line.endswith("| ID |")]
        assert len(re.split(r"(?<!\\)\|", row)) == len(re.split(r"(?<!\\)\|", head))
