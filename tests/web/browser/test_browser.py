"""What only a browser can tell: keys, widths, colours, and that nothing complains."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from stalewatch.web.pages.navigation import ENTRIES
from stalewatch.web.routes import ROUTES
from tests.web.browser.conftest import Opens

AXE = Path(__file__).with_name("axe.min.js")
RULE_PAGE, REVIEWS, PROBLEMS = "/rules/too-old", "/review?period=monthly", ("/deals/nothing", "/stalled?sort=sideways")
PAGES = (
    *("/", "/stalled", "/stalled?q=nobody&owner=sato", "/due-soon?within=30d", "/due-soon?day=2026-04-13&within=30d"),
    *("/deals/crm:d0", "/deals/crm:d0?act=hold", "/deals/crm:d0?act=meet", "/deals/crm:d0?act=false_alarm"),
    *("/leads/crm:l", "/hygiene", "/hygiene?show=losses&group=owner", "/forecast", "/unobserved", "/review", REVIEWS),
    *("/rules", RULE_PAGE, "/connections", "/undelivered", "/sign-in", *PROBLEMS),
)
"""Every page for people of ours, checked in both languages, both schemes and on a telephone."""


ELSEWHERE = {
    *("/stalled.csv", "/due-soon.csv", "/hygiene.csv", "/forecast.csv", "/unobserved.csv", "/rules.csv"),
    *("/static/{name}", "/look", "/sign-in/start", "/sign-in/return", "/l/{token}", "/p/{token}"),
}
"""What is no page, and pages that test_signing_in.py and test_public.py look at."""


def test_every_page_of_the_navigation_and_every_route_is_looked_at() -> None:
    """Without a browser: a page that nobody looks at is missed before it is broken."""
    looked_at = {urlsplit(path).path for path in PAGES}
    assert {one.path for one in ENTRIES} <= looked_at
    shown = {route.path for route in ROUTES if route.page and route.method == "GET"}
    shapes = {re.sub(r"\{[^}]*\}", "[^/]+", path) for path in shown - ELSEWHERE}
    assert [shape for shape in shapes if not any(re.fullmatch(shape, path) for path in looked_at)] == []


def rows(page: Page) -> int:
    return page.locator("[data-row]").count()


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim() || document.activeElement.id"))


def test_keys_search_move_open_and_explain_themselves(opens: Opens) -> None:
    visit = opens()
    page = visit.goes("/stalled?sort=name&lang=en")
    assert rows(page) == 3
    for key, name in (("j", "Aozora"), ("j", "Hikari"), ("k", "Aozora"), ("k", "Aozora")):
        page.keyboard.press(key)
        assert focused(page).startswith(name)
    page.keyboard.press("Enter")
    page.wait_for_url("**/deals/crm:d2*")
    page.keyboard.press("t")
    assert page.locator("#table").get_attribute("open") is not None
    page.keyboard.press("?")
    assert page.locator("dialog").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("dialog").is_visible()
    page.go_back()
    page.keyboard.press("/")
    page.keyboard.type("kumo j?/")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=kumo*")
    assert "owner=" not in page.url  # empty filters make no long address
    assert "sort=name" in page.url
    assert visit.complaints == []


def test_a_filter_takes_effect_when_it_is_chosen(opens: Opens) -> None:
    page = opens().goes("/stalled")
    page.get_by_label("Rule").select_option("too-old")
    page.wait_for_url("**rule=too-old*")
    assert page.get_by_text("Nothing stalled matches these filters.").is_visible()


def test_without_a_script_everything_is_there(opens: Opens) -> None:
    page = opens(java_script_enabled=False).goes("/stalled")
    page.get_by_label("Search").fill("hikari")
    page.get_by_role("button", name="Show").click()
    assert rows(page) == 1
    page.get_by_role("link", name="Hikari Foods").click()
    page.locator("summary").click()
    assert page.get_by_role("cell", name="call (us)").is_visible()


@pytest.mark.parametrize(("locale", "scheme"), [("en", "light"), ("ja", "dark")])
def test_pages_are_accessible_in_every_colour_and_no_browser_complains(opens: Opens, locale: str, scheme: str) -> None:
    visit = opens(locale=locale, color_scheme=scheme, bypass_csp=True)
    for path in PAGES:
        page = visit.goes(path)
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        page.add_script_tag(path=AXE)
        found: dict[str, Any] = page.evaluate("axe.run({resultTypes: ['violations']})")
        wrong = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]]
        assert wrong == [], path
    assert [one for one in visit.complaints if "404" not in one and "422" not in one] == []


@pytest.mark.parametrize("locale", ["en", "ja"])
def test_nothing_is_wider_than_a_telephone(opens: Opens, locale: str) -> None:
    visit = opens(width=390, height=844, locale=locale)
    for path in PAGES:
        page = visit.goes(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        small = "[...document.querySelectorAll('main *')].filter(e => e.textContent.trim() && e.children.length == 0"
        assert page.evaluate(f"{small} && parseFloat(getComputedStyle(e).fontSize) < 12).length") == 0, path


def test_numbers_line_up_and_colours_follow_the_scheme(opens: Opens) -> None:
    papers = []
    for scheme in ("light", "dark"):
        page = opens(color_scheme=scheme).goes("/stalled")
        papers.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert page.evaluate("getComputedStyle(document.body).fontVariantNumeric") == "tabular-nums"
        edges = page.evaluate("[...document.querySelectorAll('.much')].map(e => e.getBoundingClientRect().right)")
        assert len(set(edges)) == 1
    assert len(set(papers)) == 2


def test_a_link_from_another_site_finds_a_strict_session_again(opens: Opens, home: str) -> None:
    visit = opens()
    visit.page.goto(home.replace("127.0.0.1", "localhost") + "/due-soon")  # to a browser another site
    visit.page.evaluate("address => { location.href = address }", home + "/?lang=ja")
    visit.page.wait_for_selector("[data-row]")
    assert visit.page.locator("html").get_attribute("lang") == "ja"


def test_a_filter_exchanges_the_list_alone_and_its_address_can_be_sent_on(opens: Opens) -> None:
    visit = opens()
    page = visit.goes("/stalled?sort=name&lang=en")
    page.evaluate("window.same = true; document.querySelector('.more-filters').open = true")
    page.get_by_label("Severity").select_option("warning")
    page.wait_for_url("**severity=warning*")
    page.wait_for_selector("text=Without any filter")
    assert page.evaluate("window.same") is True  # the page was not loaded anew
    assert "sort=name" in page.url
    assert page.title() == "Stalled · stalewatch"
    page.go_back()
    page.wait_for_url("**/stalled?sort=name&lang=en")
    page.locator("[data-row]").nth(2).wait_for()
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_url("**/due-soon*")
    assert page.locator(".calendar").is_visible()
    assert visit.complaints == []


def test_a_form_that_is_refused_says_so_in_its_place(opens: Opens) -> None:
    visit = opens()
    page = visit.goes("/deals/crm:d1?lang=en")
    page.get_by_role("link", name="On hold until…").click()
    page.get_by_label("Which day did the customer name?").fill("2026-01-01")
    for label in ("What does the customer wait for?", "Who said so?", "Where can that be read?"):
        page.get_by_label(label).fill("Ms Mori")
    page.get_by_role("button", name="Put on hold").click()
    page.wait_for_selector("text=Please choose a day after today.")
    assert page.get_by_label("Who said so?").input_value() == "Ms Mori"
    assert "/deals/crm:d1" in page.url
    assert [one for one in visit.complaints if "422" not in one] == []
