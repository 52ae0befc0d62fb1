"""`rules explain --deal`: where the rules stand on one stored record, and why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.company import RULES, Company
from tests.cli.conftest import Call

MORE = """\
  - {id: big, title: {en: Big and slow, ja: 大型}, watch: deal, where: {amount: {at_least: 5000000}}, start: created_at,
     within: 3d, mode: shadow}
  - {id: resting, title: {en: Resting}, watch: deal, start: created_at, within: 5d, mode: "off"}
  - {id: agenda, title: {en: Agenda}, watch: deal, start: created_at, within: 5d, until: {filled: [agenda]}}
  - {id: leads, title: {en: Leads}, watch: lead, start: created_at, within: 5d}
"""


@pytest.fixture
def company(here: Path, call: Call) -> Company:
    company = Company(here, call)
    (here / "rules" / "small.yaml").write_text(RULES + MORE)
    company.has("acme", "2026-03-01", amount="1200000")
    assert company.does("run", "--once").status == 0
    return company


def test_all_rules_that_watch_a_deal_say_where_they_stand_the_gravest_first(company: Company) -> None:
    said = company.does("rules", "explain", "--deal", "acme")
    assert (said.status, said.err) == (0, "")
    assert said.out == (
        "Acme · Sato · export:acme\n\n"
        "● late  resting · Resting · 10 days over · the rule is off\n"
        "  Created 1 Mar (CSV) · limit 5 days · calendar Every Day · due 6 Mar 18:00 UTC\n\n"
        "● late  too-long · Open for too long · 5 days over\n"
        "  Created 1 Mar (CSV) · limit 10 days · calendar Every Day · due 11 Mar 18:00 UTC\n"
        "  16 Mar 18:00, Sato: a limit has passed · told with the daily message\n\n"
        "? cannot judge  agenda · Agenda · in shadow: nobody is told\n"
        "  cannot be judged: Agenda cannot be read from export · map agenda\n\n"
        "· not about it  big · Big and slow · in shadow: nobody is told\n"
        "  this rule is not about this record, it would need: Amount is at least 5,000,000 (now: ¥1.2M) ·\n"
        "  Created 1 Mar (CSV) · limit 3 days\n"
    )


def test_a_rule_with_a_deal_is_the_rule_with_the_deals_numbers(company: Company) -> None:
    lines = company.does("rules", "explain", "too-long", "--deal", "export:acme", "--lang", "ja").lines
    assert lines[2] == "too-long · 長期間未決着 (small, warning)"
    assert lines[-4:] == [
        "  ● 超過 · 5日超過",
        "    作成日時 3月1日(CSV) · 上限 10日 · Every Dayカレンダー · 期限 3月11日 18:00 UTC",
        "    breach_at = every_day.add(2026-03-01 00:00, 10d) = 2026-03-11 18:00 UTC",
        "    3月16日 18:00 Sato:期限を過ぎました · 毎日のお知らせで連絡済み",
    ]
    assert company.does("rules", "explain", "leads", "--deal", "acme").lines[-1] == "leads does not watch it (deal)."


def test_the_files_as_they_are_now_are_explained_and_nothing_is_changed(company: Company) -> None:
    before = company.does("deals", "show", "acme").out
    (company.folder / "tighter.yaml").write_text(RULES.replace("within: 10d", "within: 2d"))
    said = company.does("rules", "explain", "tighter.yaml", "--deal", "acme", "--json")
    [one] = json.loads(said.out)["deadlines"]
    text = "Created 1 Mar (CSV) · limit 2 days · calendar Every Day · due 3 Mar 18:00 UTC"
    assert (one["explain"], one["mode"]) == (text, "live")
    assert company.does("deals", "show", "acme").out == before


def test_what_nobody_knows_is_said(company: Company) -> None:
    said = company.does("rules", "explain", "--deal", "acmee")
    assert (said.status, said.err.splitlines()[0]) == (1, "there is no deal or lead acmee")
    said = company.does("rules", "explain", "too-log", "--deal", "acme")
    assert said.err.splitlines() == ["there is no rule `too-log`", "  did you mean `too-long`?"]
