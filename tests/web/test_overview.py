"""The overview, and what stands around every page: navigation, language, colours."""

from __future__ import annotations

from decimal import Decimal

import pytest

from stalewatch.services.access import tokens
from stalewatch.web.ahead import Ahead, count_ahead
from stalewatch.web.pages.navigation import ENTRIES
from tests.services.world import World, at, deal
from tests.web.office import Office
from tests.web.visits import Visitor, names


@pytest.fixture
def manager(april: World) -> Visitor:
    return Visitor(Office.of(april, "deals:read", "reports:read"))


def test_the_answer_the_week_ahead_and_the_worst_stand_on_one_page(own: World) -> None:
    own.has(deal("acme", created_at=at("2026-03-02 10:00"), amount_in_project_currency=Decimal(10_000_000),
                 forecast_category="commit"))  # fmt: skip
    own.reaches("2026-04-10 12:00")
    page = Visitor(Office.of(own, "deals:read", "reports:read")).page("/")
    assert page.one("h1").text == "¥9M of the ¥9M forecast rests on 2 stalled deals"
    assert page.one("p", class_="scope-line").text == "All deals · As of 10 Apr 12:00; data just read"
    assert [one.one("span", class_="of").text for one in page.one("ol", class_="days-strip").all("li")] == [
        "Fri 10", "Sat 11", "Sun 12", "Mon 13", "Tue 14", "Wed 15", "Thu 16"
    ]  # fmt: skip
    monday = page.one("ol", class_="days-strip").all("li")[3]
    assert monday.one("a").attributes["href"] == "/due-soon?day=2026-04-13"
    assert monday.one("span", class_="unseen").text == "13 Apr and 1 deal"
    assert names(page) == ["=Zeta", "Acme"]


def test_who_may_not_read_reports_sees_the_lists_and_no_figures(april: World, manager: Visitor) -> None:
    visitor = Visitor(Office.of(april, "deals:read"))
    assert visitor.page("/").one("h1").text == "2 of 3 open deals are stalled: ¥1.2M of ¥1.2M"
    assert not visitor.page("/").all("section", class_="cards")
    cards = manager.page("/").one("section", class_="cards")
    assert [one.one("h2").text for one in cards.all("div", class_="card")][:2] == [
        "No next meeting",
        "Close date passed",
    ]


def test_old_addresses_of_the_stalled_list_still_arrive(visitor: Visitor) -> None:
    answer = visitor.asks("GET", "/?owner=sato@acme.example&sort=name&lang=ja")
    assert answer.status_code == 307
    assert answer.headers["location"] == "/stalled?owner=sato%40acme.example&sort=name&lang=ja"
    visitor.page("/?sort=sideways", status=422)
    assert visitor.asks("GET", "/?lang=ja").status_code == 200


def test_the_navigation_has_a_page_and_a_key_for_everything_that_this_caller_may_see(april: World) -> None:
    visitor = Visitor(Office.of(april, "deals:read"))
    assert len({one.key for one in ENTRIES}) == len({one.here for one in ENTRIES}) == len(ENTRIES)
    shown = [one.attributes["href"] for one in visitor.page("/").one("nav", aria_label="Pages").all("a")]
    assert shown == [one.path for one in ENTRIES if one.scope == "deals:read" and not one.alarming]
    everything = Visitor(Office.of(visitor.office.world, "admin"))
    for link in everything.page("/").one("nav", aria_label="Pages").all("a"):
        there = everything.page(link.attributes["href"])
        [here] = [one for one in there.one("nav", aria_label="Pages").all("a") if "aria-current" in one.attributes]
        assert here.text == link.text


def test_a_language_and_a_scheme_stay_with_the_browser(visitor: Visitor) -> None:
    page = visitor.page("/stalled?q=acme")
    assert "data-scheme" not in page.one("html").attributes
    to_japanese = page.one("a", hreflang="ja").attributes["href"]
    answer = visitor.asks("GET", to_japanese)
    assert (answer.status_code, answer.headers["location"]) == (303, "/stalled?q=acme")
    assert visitor.page("/stalled").one("html").attributes["lang"] == "ja"
    assert visitor.page("/stalled?lang=en").one("html").attributes["lang"] == "en"  # the address goes first
    visitor.asks("GET", page.one("div", class_="schemes").all("a")[1].attributes["href"])
    assert visitor.page("/stalled").one("html").attributes["data-scheme"] == "dark"
    assert visitor.page("/sign-in").one("meta", name="color-scheme").attributes["content"] == "dark"


@pytest.mark.security
@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_s6_choosing_a_look_sends_nobody_elsewhere(visitor: Visitor, elsewhere: str) -> None:
    answer = visitor.asks("GET", "/look", params={"lang": "ja", "next": elsewhere})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert {"httponly", "samesite=lax", "path=/"} <= set(cookie.split("; "))
    assert visitor.asks("GET", "/look?scheme=pink").status_code == 422


def test_every_page_says_who_is_signed_in(april: World) -> None:
    office = Office.of(april, "deals:read")
    assert not Visitor(office).page("/").all("span", class_="who")  # a program's token, which is nobody's
    office.token = tokens.create(april.db, "hers", ("deals:read",), april.us, person="tanaka@acme.example")
    her = Visitor(office)
    assert her.page("/").one("span", class_="who").text == "Signed in as tanaka@acme.example"
    assert her.page("/stalled?lang=ja").one("span", class_="who").text == "tanaka@acme.example としてサインイン中"


def test_of_many_records_the_overview_is_counted_before_anybody_asks(
    manager: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = manager.office.app
    desk = app.state.desks()
    assert not count_ahead(desk), "few records are counted at the moment that somebody asks"
    monkeypatch.setattr("stalewatch.web.counting.CHEAP", 0.0)
    monkeypatch.setattr("stalewatch.web.counting.TIMES", 1e9)
    monkeypatch.setattr("stalewatch.web.ahead.FEW", 0)
    before = manager.page("/").one("h1").text
    desk.counting._made.clear()
    ahead = Ahead(app.state.desks)
    ahead.start()
    ahead._thread.join(30)
    for name in ("standing", "coming", "forecast"):
        monkeypatch.delattr(f"stalewatch.web.pages.overview.{name}")  # what is there is not counted again
    assert manager.page("/").one("h1").text == before
