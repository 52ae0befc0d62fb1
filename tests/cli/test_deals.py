"""The stalled and due-soon lists, and one record in full, as somebody at a terminal asks for them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from stalewatch.delivery.columns import width
from tests.cli.company import RULES, Company
from tests.cli.conftest import Call

SECOND = """\
  - id: watched-closely
    title: {en: Watched closely, ja: 要注意}
    watch: deal
    start: created_at
    within: 12d
    severity: critical
    mode: live
"""


@pytest.fixture
def company(here: Path, call: Call) -> Company:
    return Company(here, call)


@pytest.fixture
def busy(company: Company) -> Company:
    """Two late deals of two owners, one that soon will be, one that is fine."""
    company.has("acme", "2026-03-01", amount="12400000")
    company.has("ひかり食品", "2026-03-05", owner="田中 美咲", team="west", amount="500000")
    company.has("soon", "2026-03-09")
    company.has("fresh", "2026-03-16")
    assert company.does("run", "--once").status == 0
    return company


def test_the_stalled_list_says_who_what_why_how_late_and_how_much(busy: Company) -> None:
    said = busy.does("deals", "stalled")
    assert said.status == 0
    headline, _, titles, worst, second, _, age = said.lines
    assert headline == "2 deals are stalled · ¥12.9M"
    assert titles.split() == ["OWNER", "DEAL", "WHY", "LATE", "AMOUNT", "ID"]
    cells = [cell.strip() for cell in worst.split("  ") if cell.strip()]
    assert cells == ["Sato", "Acme", "Open for too long", "5 days over", "¥12.4M", "export:acme"]
    assert "1 day over" in second
    assert age == "As of 16 Mar 18:00; data just read"


def test_columns_line_up_however_wide_their_characters_are(busy: Company) -> None:
    lines = busy.does("deals", "stalled", "--lang", "ja").lines
    rows = [line for line in lines if "export:" in line]
    assert len({width(row[: row.index("export:")]) for row in rows}) == 1
    assert "滞留している案件が2件あります · 1,290万円" in lines


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ((), ["acme", "ひかり食品"]),
        (("--owner", "sato"), ["acme"]),
        (("--owner", "田中"), ["ひかり食品"]),
        (("--team", "west"), ["ひかり食品"]),
        (("--team", "nowhere"), []),
        (("--rule", "too-long"), ["acme", "ひかり食品"]),
        (("--severity", "critical"), []),
        (("--object", "partner_deal"), []),
    ],
)
def test_a_list_is_narrowed(busy: Company, filters: tuple[str, ...], names: list[str]) -> None:
    listed = json.loads(busy.does("deals", "stalled", "--json", *filters).out)
    assert [item["id"] for item in listed["items"]] == [f"export:{name}" for name in names]
    assert listed["total"] == len(names)


def test_a_row_is_about_the_reason_that_was_asked_for(company: Company) -> None:
    (company.folder / "rules" / "small.yaml").write_text(RULES + SECOND)
    company.has("acme", "2026-03-01")
    company.does("run", "--once")
    assert "5 days over" in company.does("deals", "stalled", "--rule", "too-long").out
    assert "3 days over" in company.does("deals", "stalled", "--rule", "watched-closely").out


def test_due_soon_looks_as_far_as_it_is_told(busy: Company) -> None:
    assert busy.does("deals", "due-soon", "--within", "2d").lines[0] == "No deals will be due within 2 days."
    said = busy.does("deals", "due-soon", "--within", "3d")
    assert said.lines[0] == "1 deal will be due within 3 days · ¥1.2M"
    assert "3 days left" in said.out
    assert busy.does("deals", "due-soon", "--within", "2w").lines[0].startswith("2 deals")
    wrong = busy.does("deals", "due-soon", "--within", "soon")
    assert wrong.status == 2
    assert "write it like 7d, 5bd, 24h or 2w" in wrong.err


def test_an_empty_list_teaches(company: Company) -> None:
    company.has("soon", "2026-03-09")
    before = company.does("deals", "stalled")
    assert before.status == 0
    assert "No connection has been read yet: `stalewatch run --once` reads them all." in before.out
    company.does("run", "--once")
    assert company.does("deals", "stalled").lines[0] == "No stalled deals. 1 deal will be due within 7 days."
    assert company.does("leads", "stalled").lines[0] == "No stalled leads. None will be due within 7 days."
    japanese = company.does("deals", "stalled", "--lang", "ja").lines[0]
    assert japanese == "滞留している案件はありません。7日以内に期限を迎える案件が1件あります。"


def test_csv_is_the_whole_list_and_no_spreadsheet_runs_it(company: Company) -> None:
    company.has("acme", owner="=HYPERLINK(1)")
    for number in range(230):
        company.has(f"d{number}")
    company.does("run", "--once")
    said = company.does("deals", "stalled", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert len(rows) == 231
    [odd] = [row for row in rows if row["id"] == "export:acme"]
    assert odd["owner_name"] == "'=HYPERLINK(1)"
    assert (odd["amount"], odd["days_over"], odd["rules"]) == ("1200000.0", "5", "too-long")
    table = company.does("deals", "stalled", "--team", "tokyo")
    assert "+181 more; all of them: `stalewatch deals stalled --team tokyo --format csv`" in table.out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("deals", "stalled", "--owner", "sat0"), ["nobody is called 'sat0'", "  did you mean 'Sato'?"]),
        (
            ("deals", "stalled", "--rule", "too-lomg"),
            ["there is no rule 'too-lomg', or it is off", "  did you mean 'too-long'?"],
        ),
        (
            ("deals", "show", "acme"),
            [
                "there is no deal 'acme'",
                "  ids begin with their connection (sf:006...); `stalewatch deals stalled` shows some",
            ],
        ),
        (
            ("leads", "show", "export:acme"),
            ["export:acme is a deal, not a lead", "  stalewatch deals show export:acme"],
        ),
    ],
)  # fmt: skip
def test_what_nobody_knows_is_said_in_two_lines(busy: Company, words: tuple[str, ...], complaint: list[str]) -> None:
    said = busy.does(*words)
    assert (said.status, said.out) == (1, "")
    assert said.err.splitlines() == complaint


def test_one_deal_in_full(busy: Company) -> None:
    lines = busy.does("deals", "show", "export:acme").lines
    assert lines[0] == "Acme · ¥12.4M"
    assert lines[1] == "Sato · tokyo · export:acme"
    assert "1 limit has passed: Open for too long." in lines
    place = lines.index("● late  Open for too long · 5 days over")
    assert lines[place + 1].strip().startswith("Created 1 Mar (CSV) · limit 10 days")
    assert "  16 Mar 18:00  Sato: Open for too long, a limit has passed · told with the daily message" in lines


def test_silence_is_shown_with_its_reason(company: Company) -> None:
    (company.folder / "rules" / "small.yaml").write_text(RULES.replace("mode: live", "mode: shadow"))
    company.has("acme")
    company.does("run", "--once")
    page = company.does("deals", "show", "export:acme").out
    assert "Open for too long: nobody is told: the rule is tried out in shadow" in page
    assert "お知らせなし:ルールは試行中(shadow)" in company.does("deals", "show", "export:acme", "--lang", "ja").out


def test_a_deal_that_is_fine_says_what_comes_next_and_a_closed_one_that_nothing_does(busy: Company) -> None:
    assert (
        "Nothing is late. Next: Open for too long, due 26 Mar 18:00." in busy.does("deals", "show", "export:fresh").out
    )
    busy.has("fresh", "2026-03-16", outcome="won")
    busy.does("run", "--once", now="2026-03-17T09:00:00Z")
    closed = busy.does("deals", "show", "export:fresh", now="2026-03-17T09:00:00Z").out
    assert "It is closed; nothing is counted any more." in closed


def test_a_record_can_be_read_by_a_machine(busy: Company) -> None:
    found = json.loads(busy.does("deals", "show", "export:acme", "--json").out)
    assert (found["name"], found["owner_name"]) == ("Acme", "Sato")
    [deadline] = found["deadlines"]
    assert (deadline["state"], deadline["days_over"]) == ("breached", 5)


def test_strange_names_are_shown_and_can_do_nothing(company: Company) -> None:
    company.has("a", owner="\u202eevil\x1b[31m")
    company.has("שלום🚀")
    company.has("year9999", "9999-12-31")
    assert company.does("run", "--once").status == 0
    said = company.does("deals", "stalled")
    assert said.status == 0
    assert "\x1b" not in said.out
    assert "\u202e" not in said.out
    assert "🚀" in said.out
    assert company.does("deals", "show", "export:year9999").status == 0
