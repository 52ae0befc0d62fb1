"""`rules route`: whom a record's problems go to, by which route, when, and what holds them back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.company import CONFIG, RULES, Company
from tests.cli.conftest import Call

ROUTES = """\
routes:
  - {name: big deals, where: {amount: {at_least: 30_000_000}, severity: critical}, to: [owner.manager]}
"""
MORE = "  - {id: tried, title: {en: Tried out, ja: 試行}, watch: deal, start: created_at, within: 5d, mode: shadow}\n"
LATER = "2026-03-17T10:00:00Z"


@pytest.fixture
def company(here: Path, call: Call) -> Company:
    company = Company(here, call)
    company.configure(CONFIG.replace("routes:\n", ROUTES))
    (here / "rules" / "small.yaml").write_text(RULES + MORE)
    company.has("acme", "2026-03-01", amount="1200000")
    company.has("beta", "2026-03-07", amount="1200000")
    assert company.does("run", "--once").status == 0
    return company


def test_each_route_says_why_it_was_or_was_not_taken_and_the_next_moment_why_it_is_that(company: Company) -> None:
    said = company.does("rules", "route", "beta", now=LATER)
    assert (said.status, said.err) == (0, "")
    assert said.lines == [
        "export:beta",
        "",
        "● late  tried · Tried out",
        "  Route  1 big deals: no: Amount is at least 30,000,000 (now: 1,200,000); severity is critical (now:",
        "         warning)",
        "         2 owners: matches: it asks for nothing",
        "  To     Sato: the owner",
        "         if that fails: the operator: the operator's channel (no manager is known and the team has",
        "         no channel) → nobody else is left: it is shown as undelivered",
        "  When   not while this holds:",
        "         · in shadow: nobody is told",
        "",
        "○ running  too-long · Open for too long",
        "  Route  1 big deals: no: Amount is at least 30,000,000 (now: 1,200,000); severity is critical (now:",
        "         warning)",
        "         2 owners: matches: it asks for nothing",
        "  To     Sato: the owner",
        "         if that fails: the operator: the operator's channel (no manager is known and the team has",
        "         no channel) → nobody else is left: it is shown as undelivered",
        "  When   a limit has passed: with the daily message, 17 Mar 18:00",
        "         · one daily message, 17 Mar 18:00",
    ]


def test_what_was_told_already_says_when_in_japanese_too(company: Company) -> None:
    lines = company.does("rules", "route", "export:acme", "--rule", "too-long", "--lang", "ja", now=LATER).lines
    assert lines[2:4] == [
        "● 超過  too-long · 長期間未決着",
        "  経路  1 big deals: 不一致:金額が30,000,000以上(現在:1,200,000); 重要度がcritical(現在:warning)",
    ]
    assert lines[-2:] == [
        "  時期  変化がなければ追加のお知らせなし",
        "  経過  3月16日 18:00 Sato:期限を過ぎました · 毎日のお知らせで連絡済み",
    ]


def test_programs_read_the_same(company: Company) -> None:
    [one] = json.loads(company.does("rules", "route", "acme", "--rule", "too-long", "--json", now=LATER).out)["rules"]
    assert (one["route"], one["next"], one["to"][0]["target"]) == ("owners", None, "person:Sato")
    assert one["to"][0]["told_at"] == "2026-03-16T18:00:00+00:00"
    [told] = one["past"]
    assert (told["kind"], told["state"], told["reason"], told["until"]) == ("breach", "told", "digest", None)
    assert one["ahead"] is None
    assert [(each["name"], each["matches"]) for each in one["routes"]] == [("big deals", False), ("owners", True)]


def test_a_rule_or_a_record_that_nobody_knows(company: Company) -> None:
    said = company.does("rules", "route", "acme", "--rule", "to-long")
    assert (said.status, said.err.splitlines()) == (1, ["there is no rule `to-long`", "  did you mean `too-long`?"])
    assert company.does("rules", "route", "nobody").err.splitlines()[0] == "there is no deal or lead nobody"
