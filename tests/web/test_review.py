"""`/v1/reports/...` and `/review`: the same review for programs and for people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import databases
from tests.services.measuring.test_review import RULE, quarter
from tests.services.world import World, rulebook
from tests.web.office import Office
from tests.web.visits import Visitor


@pytest.fixture(scope="module")
def company(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    path = tmp_path_factory.mktemp("review") / "stalewatch.db"
    path.write_bytes(sqlite_template.read_bytes())
    world = World(databases.opened(f"sqlite:///{path}"), rulebook(RULE))
    quarter(world)
    yield world
    world.db.dispose()


@pytest.fixture
def reader(company: World) -> Visitor:
    return Visitor(Office.of(company, "deals:read", "reports:read"))


def test_the_last_week_that_ended_is_reviewed_unless_another_is_named(reader: Visitor) -> None:
    told = reader.asks("GET", "/v1/reports/weekly").json()
    assert (told["of"], told["from"], told["to"]) == ("2026-W13", "2026-03-23", "2026-03-29")
    assert told["headline"] == "3 deals went quiet, 2 came back"
    assert [one["id"] for one in told["quiet"]["items"]] == ["crm:brief", "crm:quiet", "crm:hers"]
    assert (told["quiet"]["before"], told["back"]["before"]) == (1, 0)
    before = reader.asks("GET", "/v1/reports/weekly?of=2026-W12").json()
    assert before["quiet"]["deals"] == 1
    month = reader.asks("GET", "/v1/reports/monthly?of=2026-03").json()
    assert (month["from"], month["to"], month["quiet"]["deals"]) == ("2026-03-01", "2026-03-31", 4)


@pytest.mark.parametrize("asked", ["weekly?of=2026-03", "monthly?of=2026-W13", "weekly?of=2030-W01", "daily",
                                   "weekly?owner=sato"])  # fmt: skip
def test_what_is_no_review_is_said(reader: Visitor, asked: str) -> None:
    assert reader.asks("GET", f"/v1/reports/{asked}").status_code == 422


def test_the_page_of_a_week_in_both_languages(reader: Visitor) -> None:
    page = reader.page("/review")
    assert page.one("h1").text == "3 deals went quiet, 2 came back"
    assert "Week of 23 Mar to 29 Mar" in page.one("main").text
    assert "2 more than before" in page.one("main").text
    reader.language = "ja"
    page = reader.page("/review?of=2026-W13")
    assert page.one("h1").text == "3件が新たに滞留し、2件が動き出しました"
    assert "3月23日〜3月29日の週" in page.one("main").text


def test_the_page_leads_to_the_week_before_and_to_the_month(reader: Visitor) -> None:
    page = reader.page("/review")
    links = {one.attributes["href"] for one in page.one("nav", aria_label="Reviews").all("a")}
    assert links == {"/review?of=2026-W12", "/review?of=2026-W14", "/review?period=monthly"}
    assert reader.page("/review?period=monthly&of=2026-03").one("h1").text == "4 deals went quiet, 2 came back"


@pytest.mark.parametrize("path", ["/v1/reports/weekly", "/review"])
def test_a_review_needs_its_scope(company: World, path: str) -> None:
    assert Office.of(company, "deals:read").get(path).status_code == 403
