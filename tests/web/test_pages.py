"""The lists of the dashboard as their readers find them, without a script."""

from __future__ import annotations

import csv
import io

from tests.services.world import World, at, deal, rulebook
from tests.web.office import Office
from tests.web.pack import RULES
from tests.web.visits import Visitor, names, rows


def test_the_headline_has_the_answer_in_it(visitor: Visitor) -> None:
    assert visitor.page("/stalled").one("h1").text == "2 of 3 open deals are stalled: ¥1.2M of ¥1.2M"
    visitor.language = "ja"
    assert visitor.page("/stalled").one("h1").text == "進行中の案件3件(120万円)のうち、2件(120万円)が滞留しています"
    soon = visitor.page("/due-soon", within="10bd").one("h1").text
    assert soon == "進行中の案件3件のうち、1件が10営業日以内に期限を迎えます"


def test_a_row_says_who_what_why_how_late_and_how_much(visitor: Visitor) -> None:
    worst, second = rows(visitor.page("/stalled"))
    assert [cell.text for cell in second.children] == [
        "Sato", "Acme crm", "Discovery", "● No next meeting (late)", "11 bd over 16 Mar 18:00", "¥1.2M"
    ]  # fmt: skip
    assert [chip.text for chip in worst.all("span", class_="chip")] == [
        "● Open for too long (late)", "● No next meeting (late)"
    ]  # fmt: skip
    assert worst.one("th").one("a").attributes["href"] == "/deals/crm:%3Dzeta"


def test_the_list_has_what_the_api_has_in_the_same_order(office: Office) -> None:
    visitor = Visitor(office)
    for query in ("", "?sort=name", "?sort=amount&order=asc", "?owner=sato", "?rule=too-old", "?q=ACM", "?limit=1"):
        assert names(visitor.page(f"/stalled{query}")) == office.names(f"/v1/deals/stalled{query}"), query


def test_time_in_stage_is_a_bar_with_the_limit_as_a_mark(own: World) -> None:
    slow = "  - {id: slow, title: {en: Slow}, watch: deal, start: stage_entered_at, within: 5bd, severity: info}\n"
    met = slow.replace("slow", "met").replace("5bd", "1bd, until: {next_step: set}")
    own.book = rulebook(RULES + slow + met)
    own.has(deal("acme", created_at=at("2026-03-02 10:00"), stage_entered_at=at("2026-03-20 10:00")))
    own.rounds()
    office = Office.of(own, "deals:read")
    [row] = rows(Visitor(office).page("/stalled", rule="slow"))
    assert "8 of 5 bd" in row.text
    bar = row.one("svg")
    assert {one.attributes["class"]: float(one.attributes["width"]) for one in bar.all("rect")} == {
        "whole": 120, "full": 120, "limit": 2
    }  # fmt: skip
    assert float(bar.one("rect", class_="limit").attributes["x"]) == 120 * 5 / 8 - 1
    [item] = office.get("/v1/deals/stalled", rule="slow").json()["items"]
    assert item["dwell"] == {"days": 8, "unit": "bd", "limit": 5}


def test_filters_stay_in_every_link_and_can_be_taken_off_one_by_one(visitor: Visitor) -> None:
    page = visitor.page("/stalled", owner="sato@acme.example", rule="no-next-meeting", lang="en")
    kept = "lang=en&owner=sato%40acme.example&rule=no-next-meeting"
    links = {one.text: one.attributes["href"] for one in page.all("a")}
    assert sorted(links["CSV"].removeprefix("/stalled.csv?").split("&")) == kept.split("&")
    assert all(word in links["Amount"] for word in (*kept.split("&"), "sort=amount"))
    assert "rule" not in links["Rule: No next meeting × (take this filter off)"]
    assert "owner" in links["Rule: No next meeting × (take this filter off)"]
    assert links["Without any filter"] == "/stalled?lang=en"
    chosen = {one.attributes["value"] for one in page.all("option") if "selected" in one.attributes}
    assert {"sato@acme.example", "no-next-meeting"} <= chosen


def test_a_column_sorts_and_sorts_back(visitor: Visitor) -> None:
    def head(path: str) -> tuple[str, str]:
        column = next(one for one in visitor.page(path).all("th") if one.text == "Amount")
        return column.attributes.get("aria-sort", ""), column.one("a").attributes["href"]

    assert head("/stalled") == ("", "/stalled?sort=amount")
    assert head("/stalled?sort=amount") == ("descending", "/stalled?sort=amount&order=asc")
    assert head("/stalled?sort=amount&order=asc") == ("ascending", "/stalled?sort=amount&order=desc")


def test_pages_follow_each_other(visitor: Visitor) -> None:
    first = visitor.page("/stalled?limit=1&sort=name")
    second = visitor.page(first.one("a", rel="next").attributes["href"])
    assert names(first) + names(second) == ["=Zeta", "Acme"]
    assert not second.all("a", rel="next")
    assert second.one("a", rel="first").attributes["href"] == "/stalled?limit=1&sort=name"
    assert "1 of 2 shown" in first.one("nav", class_="pages").text


def test_the_csv_file_has_the_whole_list_and_no_formula(own: World) -> None:
    own.has(*(deal(f"d{number:03}", created_at=at("2026-03-03 10:00")) for number in range(210)))
    own.rounds()
    visitor = Visitor(Office.of(own, "deals:read"))
    answer = visitor.asks("GET", "/stalled.csv?limit=5&sort=name")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="stalled.csv"'
    listed = [line["name"] for line in csv.DictReader(io.StringIO(answer.text))]
    assert len(listed) == 212
    assert "'=Zeta" in listed
    soon = visitor.asks("GET", "/due-soon.csv?within=10bd")
    assert [line["name"] for line in csv.DictReader(io.StringIO(soon.text))] == ["Young"]


def test_an_empty_list_teaches(empty: World, visitor: Visitor) -> None:
    assert visitor.page("/stalled?q=nobody").one("h1").text == "Nothing stalled matches these filters."
    assert visitor.page("/due-soon?within=1d").one("h1").text == "No deals will be due within 1 day."
    assert visitor.page("/stalled?object=lead").one("h1").text == "No stalled leads. None will be due within 7 days."
    empty.has(deal("young", created_at=at("2026-03-30 10:00")))
    empty.reaches("2026-04-08 12:00")
    headline = Visitor(Office.of(empty, "deals:read")).page("/stalled").one("h1").text
    assert headline == "No stalled deals. 1 deal will be due within 7 days."


def test_before_the_first_sync_the_page_says_what_to_do(empty: World) -> None:
    page = Visitor(Office.of(empty, "deals:read")).page("/stalled")
    assert "No connection has been read yet" in page.one("p", class_="scope-line").text
    assert not page.all("p", class_="notice")


def test_old_data_is_announced_above_the_list(empty: World) -> None:
    empty.has(deal("young", created_at=at("2026-03-30 10:00")))
    empty.reaches("2026-04-01 12:00")
    visitor = Visitor(Office.of(empty, "deals:read"))
    assert not visitor.page("/stalled").all("p", class_="notice")
    empty.clock.move_to(at("2026-04-02 12:00"))
    assert "the data is too old to judge by" in visitor.page("/stalled").one("p", class_="notice").text
