"""`/v1/kpis` and `/hygiene`: the same figures for programs and for people, of the thirty deals counted by hand."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from stalewatch import shipped
from stalewatch.services.measuring.kpi_keeping import Keeping
from tests import databases
from tests.services.measuring.thirty_deals import founded
from tests.services.world import World, default_pack, rulebook
from tests.web.dom import Element
from tests.web.office import Office
from tests.web.visits import Visitor


def a_world(template: Path, folder: Path) -> World:
    path = folder / "stalewatch.db"
    path.write_bytes(template.read_bytes())
    rules = rulebook(default_pack(), (shipped.rules() / "leads.yaml").read_text())
    return World(databases.opened(f"sqlite:///{path}"), rules)


@pytest.fixture(scope="module")
def counted(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = a_world(sqlite_template, tmp_path_factory.mktemp("kpis"))
    founded(world)
    Keeping(world.db, world.clock, world.book, {"crm": 0}).run()
    yield world
    world.db.dispose()


@pytest.fixture
def office(counted: World) -> Office:
    return Office.of(counted, "deals:read", "reports:read")


def test_the_figures_as_programs_read_them(office: Office) -> None:
    told = office.get("/v1/kpis", kpi="overdue_close_date").json()
    assert (told["group"], told["as_of"], told["currency"]) == ("team", "2026-06-30", "JPY")
    assert [(one["key"], one["name"]) for one in told["items"]] == [("osaka", "osaka"), ("tokyo", "tokyo"), ("", "")]
    (figure,) = told["all"]["figures"]
    assert (figure["over"], figure["of"], figure["value"], figure["unit"]) == (8, 19, 8 / 19, "rate")
    assert figure["trend"][-1] == ["2026-06-30", 8 / 19]
    assert len(figure["trend"]) == 13
    assert told["past"]["wanted"] == 182


def test_what_divides_a_kpi_comes_with_it(office: Office) -> None:
    figures = office.get("/v1/kpis", kpi="stakeholders", group="owner").json()["all"]["figures"]
    assert [one["kpi"] for one in figures] == [
        "stakeholders", "stakeholders.low", "stakeholders.mid", "stakeholders.high",
    ]  # fmt: skip
    assert office.get("/v1/kpis", kpi="stake").json()["all"]["figures"] == []


def test_as_csv_and_as_an_answer_that_is_known(office: Office) -> None:
    sheet = office.get("/v1/kpis", {"Accept": "text/csv"}, kpi="stalled", group="owner")
    rows = list(csv.DictReader(io.StringIO(sheet.text)))
    assert [(row["name"], row["over"], row["of"]) for row in rows] == [
        ("Abe", "1", "5"), ("Sato", "2", "7"), ("Suzuki", "1", "7"), ("", "0", "1"), ("", "4", "20"),
    ]  # fmt: skip
    first = office.get("/v1/kpis")
    assert office.get("/v1/kpis", {"If-None-Match": first.headers["etag"]}).status_code == 304


def test_a_day_that_is_not_kept_has_no_figures_and_a_filter_narrows(office: Office) -> None:
    told = office.get("/v1/kpis", to="2026-06-01").json()
    assert (told["as_of"], told["items"]) == (None, [])
    assert all(one["value"] is None for one in told["all"]["figures"])
    assert [one["name"] for one in office.get("/v1/kpis", owner="sato@acme.example").json()["items"]] == ["tokyo"]
    assert office.get("/v1/kpis", owner="nobody").json()["items"] == []


@pytest.mark.parametrize("asked", ["group=stage", "from=2026-06-20&to=2026-06-10", "to=soon", "teams=x"])
def test_what_is_not_understood_is_said(office: Office, asked: str) -> None:
    assert office.get(f"/v1/kpis?{asked}").status_code == 422


def test_another_scope_does_not_read_them(counted: World) -> None:
    assert Office.of(counted, "deals:read").get("/v1/kpis").status_code == 403


# ------------------------------------------------------------------------------------------------------------ the page


@pytest.fixture
def visitor(office: Office) -> Visitor:
    return Visitor(office)


def table(page: Element) -> list[list[str]]:
    """The cells of the table, row by row, the last one being all together."""
    [shown] = [one for one in page.all("table") if "kpis" in one.attributes["class"]]
    lines = shown.all("tr")
    return [[" ".join(cell.text.split()) for cell in one.all() if cell.tag in ("td", "th")] for one in lines]


def test_the_page_says_of_how_many_and_marks_what_is_small(visitor: Visitor) -> None:
    page = visitor.page("/hygiene")
    assert page.one("h1").text == "9 of 19 open deals have no next meeting, 8 of 19 are past their close date"
    assert "at the end of 30 Jun" in page.one("p", class_="scope-line").text
    assert "1 of 182 days are there" in page.one("main").text
    head, *_, together = table(page)
    assert head == [
        "Team", "Close date passed", "No next meeting", "Stalled deals", "Stalled amount", "Nudges ignored",
        "Meetings written up in 24 hours",
    ]  # fmt: skip
    assert together == [
        "All together", "42% few 8 of 19 open deals", "47% few 9 of 19 open deals", "20% 4 of 20 open deals",
        "¥71.5M of ¥184M open", "50% few 2 of 4 nudges", "50% few 2 of 4 meetings",
    ]  # fmt: skip


def test_a_team_leads_to_its_people_and_a_figure_to_its_list(visitor: Visitor) -> None:
    page = visitor.page("/hygiene")
    links = {one.text.strip(): one.attributes["href"] for one in page.all("a")}
    assert links["tokyo"] == "/hygiene?team=tokyo&group=owner"
    people = visitor.page(links["tokyo"])
    assert [row[0] for row in table(people)] == ["Owner", "Sato", "Suzuki", "All together"]
    assert "Team: tokyo" in people.one("p", class_="scope-line").text
    lists = [one.attributes["href"] for one in people.all("a") if one.attributes["href"].startswith("/stalled?")]
    assert "/stalled?team=tokyo&owner=sato%40acme.example&rule=no-next-meeting" in lists


def test_every_set_of_figures_is_there_in_both_languages(visitor: Visitor) -> None:
    for show in ("hygiene", "qualification", "speed", "results", "losses"):
        for group in ("team", "owner", "pipeline", "segment", "partner"):
            assert len(table(visitor.page("/hygiene", show=show, group=group))) >= 2
    visitor.language = "ja"
    page = visitor.page("/hygiene", show="losses")
    assert "失注 4 件中 2 件" in page.one("main").text
    assert page.one("h1").text.startswith("進行中の案件 19 件中 9 件は次回商談がなく")


def test_the_file_has_every_figure(visitor: Visitor) -> None:
    answer = visitor.asks("GET", "/hygiene.csv?group=owner")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {row["name"] for row in rows} == {"Abe", "Sato", "Suzuki", ""}
    assert {"stage_pass.proposal", "proposal_value", "unobserved_loss.no_budget"} <= {row["kpi"] for row in rows}


def test_before_any_day_is_kept_the_page_says_what_will_come(sqlite_template: Path, tmp_path: Path) -> None:
    world = a_world(sqlite_template, tmp_path)
    visitor = Visitor(Office.of(world, "reports:read"))
    page = visitor.page("/hygiene")
    assert page.one("h1").text == "No day has been kept yet"
    assert "half a year" in page.one("main").text
    assert not page.all("table")
    world.db.dispose()
