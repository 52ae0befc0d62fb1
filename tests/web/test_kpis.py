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
from tests.web.office import Office


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
