"""A limit is changed and a rule is added while a company is watched over HTTP: what becomes backlog, and what is told.

What is right is what is true of the made-up company; what was told is the ledger of its Slack. The tutorial of
docs/rules.md (tests/house/test_docs_tutorial.py) does the same under a running `serve`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stalewatch import shipped
from stalewatch.cli.main import run
from stalewatch_sandbox.company import Simulated, simulated
from stalewatch_sandbox.pipeline import Size
from stalewatch_sandbox.project import DEMO_AT, write_demo_project
from stalewatch_sandbox.slack.workspace import Entry
from tests.house.pages import doc
from tests.sandbox.silence import silent_in_negotiation

DAILY = Size(open=20, closed=2, later=2, leads=0, silent=6)
WHOLE = Size(open=30, closed=7, later=15, leads=7, silent=8)
PACK = (shipped.rules() / "default.yaml").read_text("utf-8")
TIGHTER = PACK.replace("      negotiation: 5bd\n", "      negotiation: 4bd\n")
[OURS] = [one.text for one in doc("rules.md").blocks if one.note == "rules/ours.yaml"]
FIVE_MINUTES = timedelta(minutes=5)
EVENING = DEMO_AT.replace(hour=18, minute=5)
MORNING = DEMO_AT + timedelta(days=1, minutes=5)
DAYS_LATER = timedelta(days=1)


@dataclass
class Watched:
    """The company, and a project that watches it from the command line."""

    company: Simulated
    folder: Path
    capsys: pytest.CaptureFixture[str]
    heard: int = 0

    def does(self, *words: str) -> Any:
        """One command at the company's present; what it answers as JSON."""
        self.capsys.readouterr()
        now = self.company.clock.now().isoformat()
        status = run([*words, "--json", "--config", str(self.folder / "stalewatch.yaml"), "--now", now])
        said = self.capsys.readouterr()
        assert status == 0, said.err
        return json.loads(said.out)

    def rounds(self, moment: datetime) -> None:
        """Time passes, and stalewatch does its round."""
        self.company.advance(moment)
        self.does("run", "--once")

    def saves(self, name: str, text: str) -> None:
        (self.folder / "rules" / name).write_text(text, "utf-8")

    def posts(self) -> list[Entry]:
        """What was posted since it was asked last."""
        ledger = self.company.slack.workspace.ledger
        new, self.heard = ledger[self.heard :], len(ledger)
        return [one for one in new if one.kind == "post"]

    def silent(self, days: int) -> dict[str, str]:
        """Deals in negotiation that have been silent for so many business days, by name, and whose they are."""
        return silent_in_negotiation(self.company.world, self.company.clock.now(), days)

    def backlog(self, rule: str) -> set[str]:
        """Names of the deals of which this rule's alert is backlog."""
        items = self.does("deals", "stalled", "--rule", rule)["items"]
        return {
            item["name"]
            for item in items
            for reason in item["reasons"]
            if reason["rule"] == rule and reason["state"] == "backlog"
        }


@contextmanager
def watched(folder: Path, size: Size, capsys: pytest.CaptureFixture[str]) -> Iterator[Watched]:
    with simulated(DEMO_AT, size=size) as company:
        write_demo_project(folder, company)
        one = Watched(company, folder, capsys)
        one.saves("default.yaml", PACK)
        yield one


def about(posts: list[Entry], names: dict[str, str] | set[str]) -> Counter[str]:
    """How many posts are about one of these deals alone: their text begins with its name."""
    return Counter(name for one in posts for name in names if one.text.startswith(name))


def test_what_a_tighter_limit_finds_is_backlog_and_what_falls_due_by_it_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STALEWATCH_DATABASE_URL", raising=False)
    with watched(tmp_path, DAILY, capsys) as one:
        one.rounds(DEMO_AT)
        found = one.silent(4).keys() - one.silent(5).keys()
        assert len(found) == 2, "there is something to be seen"
        before = one.backlog("ghosted")
        one.saves("default.yaml", TIGHTER)
        foreseen = one.does("rules", "preview", "--rule", "ghosted")
        assert {each["name"] for each in foreseen["records"] if each["told"] == "backlog"} == found
        one.posts()
        one.rounds(DEMO_AT + FIVE_MINUTES)
        assert one.backlog("ghosted") - before == found
        assert about(one.posts(), found) == Counter()
        known = one.silent(4).keys()
        one.rounds(EVENING)
        due = one.silent(4).keys() - known
        assert due
        assert about(one.posts(), {*known, *due}) == Counter(due), "each is told once, and nothing that was late before"


@pytest.mark.slow
def test_next_morning_there_is_one_summary_per_owner_and_a_new_rule_speaks_once_it_is_promoted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STALEWATCH_DATABASE_URL", raising=False)
    with watched(tmp_path, WHOLE, capsys) as one:
        for minutes in range(4):  # everything of the first look is told
            one.rounds(DEMO_AT + timedelta(minutes=minutes))
        late, by_old = one.silent(4), one.silent(5)
        found = {name: who for name, who in late.items() if name not in by_old}
        assert len({*found.values()}) == 2, "of two owners"
        one.saves("default.yaml", TIGHTER)
        one.saves("ours.yaml", OURS)
        changed = one.does("rules", "diff", str(shipped.rules() / "default.yaml"), str(tmp_path / "rules/default.yaml"))
        assert changed["total"]["newly_late"] == len(found)
        one.posts()
        one.rounds(DEMO_AT + FIVE_MINUTES)
        assert found.keys() <= one.backlog("ghosted")
        one.rounds(EVENING)
        due = one.silent(4).keys() - late.keys()
        assert about(one.posts(), {*late, *due}) == Counter(due)

        one.rounds(MORNING)
        one.rounds(MORNING + FIVE_MINUTES)
        summaries = [post for post in one.posts() if any(name in said(post) for name in found)]
        users = one.company.slack.workspace.users
        assert Counter(users[post.user].email for post in summaries) == Counter({*found.values()})
        assert all("already past" in said(post) for post in summaries)
        waiting = one.does("rules", "preview", "--rule", "customer-waits", "--within", "1d")["records"]
        ends = (MORNING + DAYS_LATER).isoformat()
        soon = {each["name"] for each in waiting if each["stands"] == "soon" and each["reasons"][0]["due"] < ends}
        assert soon
        one.does("rules", "promote", "customer-waits", "--yes")
        one.rounds(MORNING + 2 * FIVE_MINUTES)
        assert not any("heard nothing since" in said(post) for post in one.posts()), "what is late is backlog"
        one.rounds(MORNING + DAYS_LATER)
        one.rounds(MORNING + DAYS_LATER + FIVE_MINUTES)
        told = [said(post) for post in one.posts() if "heard nothing since" in said(post)]
        assert {name for name in soon if any(name in text for text in told)} == soon, told


def said(post: Entry) -> str:
    """All words of a post."""
    return f"{post.text}\n{json.dumps(post.blocks, ensure_ascii=False)}"
