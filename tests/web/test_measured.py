"""`/v1/forecast`, `/v1/leads/unobserved` and their pages: the same figures for programs and for people."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from stalewatch.domain.instants import MINUTE, from_us
from stalewatch.web.counting import Counting, Figure, StillCounting
from stalewatch.web.figures import PATIENCE
from tests import databases
from tests.services.measuring.test_forecast import RULE, pipeline
from tests.services.measuring.test_unobserved import RULE as LEADS
from tests.services.measuring.test_unobserved import inbox
from tests.services.world import World, rulebook
from tests.web.office import Office
from tests.web.visits import Visitor, rows

SPAN = "from=2026-01-01&to=2026-03-31"


@pytest.fixture(scope="module")
def dealing(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    yield from _world(sqlite_template, tmp_path_factory.mktemp("deals"), RULE)


@pytest.fixture(scope="module")
def leading(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    yield from _world(sqlite_template, tmp_path_factory.mktemp("leads"), LEADS)


def _world(template: Path, folder: Path, rules: str) -> Iterator[World]:
    path = folder / "stalewatch.db"
    path.write_bytes(template.read_bytes())
    world = World(databases.opened(f"sqlite:///{path}"), rulebook(rules))
    (pipeline if rules == RULE else inbox)(world)
    yield world
    world.db.dispose()


@pytest.fixture
def forecasts(dealing: World) -> Visitor:
    return Visitor(Office.of(dealing, "deals:read", "reports:read"))


@pytest.fixture
def losses(leading: World) -> Visitor:
    return Visitor(Office.of(leading, "deals:read", "reports:read"))


def test_the_forecast_as_programs_read_it(forecasts: Visitor) -> None:
    told = forecasts.asks("GET", "/v1/forecast").json()
    assert told["headline"] == "¥1.1M of the ¥3.3M forecast rests on 4 stalled deals"
    assert told["total"]["stalled"]["weighted"] == 1_120_000
    assert told["total"]["all"]["weighted"] == 3_270_000
    assert [one["id"] for one in told["items"]] == ["crm:a", "crm:b", "crm:c", "crm:d"]
    assert told["items"][3]["amount"] is None
    for lines in (told["by_category"], told["by_period"]):
        for part in ("all", "stalled", "others"):
            for figure in ("deals", "amount", "weighted", "without_amount", "unweighted"):
                assert sum(line[part][figure] for line in lines) == told["total"][part][figure]
    for line in (*told["by_category"], *told["by_period"], told["total"]):
        assert line["stalled"]["weighted"] + line["others"]["weighted"] == line["all"]["weighted"]
        assert sum(one["amount"] for one in line["by_age"].values()) == line["stalled"]["amount"]


def test_filters_limit_and_a_known_answer(forecasts: Visitor) -> None:
    office = forecasts.office
    assert office.get("/v1/forecast", owner="tanaka@acme.example").json()["total"]["all"]["deals"] == 2
    assert office.get("/v1/forecast", owner="nobody").json()["total"]["all"]["deals"] == 0
    assert office.get("/v1/forecast", period="overdue").json()["total"]["all"]["deals"] == 1
    first = office.get("/v1/forecast", limit=1)
    assert (len(first.json()["items"]), first.json()["more"]) == (1, True)
    assert office.get("/v1/forecast", {"If-None-Match": first.headers["etag"]}, limit=1).status_code == 304
    assert office.get("/v1/forecast", lang="ja").json()["headline"].startswith("売上予測")


@pytest.mark.parametrize("asked", ["period=Q4", "period=2026-Q5", "limit=0", "quarter=2026-Q4", "object=lead"])
def test_what_is_not_understood_is_said(forecasts: Visitor, asked: str) -> None:
    assert forecasts.asks("GET", f"/v1/forecast?{asked}").status_code == 422


def test_the_deals_as_a_table(forecasts: Visitor) -> None:
    answer = forecasts.office.get("/v1/forecast", {"Accept": "text/csv"})
    assert [row["id"] for row in csv.DictReader(io.StringIO(answer.text))] == ["crm:a", "crm:b", "crm:c", "crm:d"]
    file = forecasts.asks("GET", "/forecast.csv?owner=tanaka@acme.example")
    assert 'filename="forecast.csv"' in file.headers["content-disposition"]
    assert [row["weighted"] for row in csv.DictReader(io.StringIO(file.text))] == ["200000.0"]


def test_the_page_says_it_in_one_sentence_and_lists_the_deals(forecasts: Visitor) -> None:
    page = forecasts.page("/forecast")
    assert page.one("h1").text == "¥1.1M of the ¥3.3M forecast rests on 4 stalled deals"
    assert [row.one("th").one("a").text for row in rows(page)] == ["A", "B", "C", "D"]
    assert "1 open deal is left out" in page.one("main").text
    assert "1 deal has no amount" in page.one("main").text
    narrowed = forecasts.page("/forecast?period=overdue&owner=tanaka@acme.example")
    assert narrowed.one("h1").text == "¥200K of the ¥200K forecast rests on 1 stalled deal"
    assert "Owner: Tanaka" in narrowed.one("main").text
    empty = forecasts.page("/forecast?period=2030-Q1")
    assert empty.one("h1").text == "No open deal is in the forecast."


def test_the_page_in_japanese(forecasts: Visitor) -> None:
    forecasts.language = "ja"
    page = forecasts.page("/forecast")
    assert page.one("h1").text == "売上予測327万円のうち112万円は、滞留中の4件に頼っています"
    assert "2026年4〜6月" in page.one("main").text


def test_the_lost_leads_as_programs_read_them_page_by_page(losses: Visitor) -> None:
    told = losses.asks("GET", f"/v1/leads/unobserved?{SPAN}").json()
    assert told["headline"] == "4 of 10 leads vanished, and nobody noted why"
    assert told["all"] == {
        "entered": 10, "deals": 1, "open": 2, "ended": 7, "unobserved": 4, "unreadable": 0, "share": 0.4,
    }  # fmt: skip
    assert told["reasons"]["none"] == 4
    seen, following = [], ""
    while following is not None:
        piece = losses.asks("GET", f"/v1/leads/unobserved?{SPAN}&limit=3{following}").json()
        seen += [one["id"] for one in piece["items"]]
        following = None if piece["next"] is None else f"&next={piece['next']}"
    assert seen == ["crm:e", "crm:i", "crm:c", "crm:f"]
    assert losses.asks("GET", f"/v1/leads/unobserved?{SPAN}&next=nonsense").status_code == 422
    assert losses.asks("GET", "/v1/leads/unobserved?from=2026-04-01&to=2026-03-01").status_code == 422
    table = losses.office.get(f"/v1/leads/unobserved?{SPAN}", {"Accept": "text/csv"})
    assert len(list(csv.DictReader(io.StringIO(table.text)))) == 4


def test_the_page_of_lost_leads(losses: Visitor) -> None:
    page = losses.page(f"/unobserved?{SPAN}")
    assert page.one("h1").text == "4 of 10 leads vanished, and nobody noted why"
    assert [row.one("th").one("a").text for row in rows(page)] == ["E", "I", "C", "F"]
    assert "silent for 30 days" in page.one("main").text
    assert "No budget" in page.one("main").text
    file = losses.asks("GET", f"/unobserved.csv?{SPAN}")
    assert len(list(csv.DictReader(io.StringIO(file.text)))) == 4
    assert losses.page("/unobserved?from=2020-01-01&to=2020-01-31").one("h1").text == "No lead came in."
    losses.language = "ja"
    assert losses.page(f"/unobserved?{SPAN}").one("h1").text.startswith("リード10件のうち4件")


@pytest.mark.parametrize("path", ["/v1/forecast", "/v1/leads/unobserved", "/forecast", "/unobserved"])
def test_reports_need_their_scope(dealing: World, path: str) -> None:
    assert Office.of(dealing, "deals:read").get(path).status_code == 403


def test_figures_that_take_long_are_counted_beside_their_reader(
    forecasts: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that has nothing to show yet says so and looks again by itself; a program is told when to."""

    def counts(*_: object, **__: object) -> None:
        raise StillCounting

    monkeypatch.setattr("stalewatch.web.counting.Counting.of", counts)
    for path in ("/", "/stalled", "/due-soon", "/forecast?period=overdue", "/unobserved", "/review"):
        page = forecasts.page(path)
        assert "The figures are being counted." in page.one("main").text
        [again] = [one for one in page.all("a") if one.text == "Look again"]
        assert again.attributes["hx-get"] == path
    told = forecasts.asks("GET", "/v1/forecast")
    assert (told.status_code, told.json()["type"].rpartition(":")[2]) == (503, "being_counted")
    assert int(told.headers["retry-after"]) > 0


def test_the_last_figures_are_shown_with_their_time_while_others_are_counted(
    forecasts: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Counting.of

    def old(counting: Counting, *asked: Any, **more: Any) -> Figure[Any]:
        return replace(plain(counting, *asked, **more), age=1800.0, renews=True)

    assert "counted anew" not in forecasts.page("/forecast").one("main").text
    monkeypatch.setattr(Counting, "of", old)
    main = forecasts.page("/forecast").one("main").text
    assert "¥1.1M of the ¥3.3M forecast" in main
    made = from_us(forecasts.office.world.us - 30 * MINUTE).astimezone(ZoneInfo("Asia/Tokyo"))
    assert f"{made:%H:%M}; they are being counted anew." in main


def test_few_records_are_counted_at_the_moment_that_somebody_asks(forecasts: Visitor) -> None:
    """However busy the machine is: who may see few records never reads that they are being counted."""
    seen: dict[str, list[float | None]] = {}

    def asked(_: Counting, key: Any, count: Any, *, patience: Any = lambda: None, **_more: Any) -> Figure[Any]:
        question = key[0] if isinstance(key[0], str) else key[0][0]
        seen.setdefault(question, []).append(patience())
        return Figure(count())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Counting, "of", asked)
        forecasts.page("/forecast")
        few = dict(seen)
        seen.clear()
        patch.setattr("stalewatch.web.figures.FEW", 0)
        forecasts.page("/forecast")
    assert "choices" not in few, "whoever may see few records chooses among those that there are"
    assert {one for some in few.values() for one in some} == {None}
    assert seen.pop("choices") == [None], "they are read while somebody waits, and then kept for a minute"
    assert all(one is not None and 0 <= one <= PATIENCE for some in seen.values() for one in some)
    assert seen.keys() == few.keys()
