"""Pages for people outside in a real browser that runs no script: answered, changed, reported, read by everybody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from stalewatch.domain.customer_answers import CustomerAnswer, Word
from stalewatch.domain.writebacks import Writeback
from stalewatch.services.answering import partner_links
from stalewatch.services.answering.loss_answers import Asked
from stalewatch.web.serving import Server, listen, url_of
from tests import databases
from tests.patience import PATIENCE
from tests.services.world import World, rulebook
from tests.web.browser.conftest import Opens
from tests.web.outside import Outside
from tests.web.pack import RULES

AXE = Path(__file__).with_name("axe.min.js")


@pytest.fixture(scope="module")
def outside(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    path = tmp_path_factory.mktemp("outside") / "stalewatch.db"
    path.write_bytes(sqlite_template.read_bytes())
    world = World(databases.opened(f"sqlite:///{path}"), rulebook(RULES))
    yield Outside.of(world, "alerts:act")
    world.db.dispose()


@pytest.fixture(scope="module")
def home(outside: Outside) -> Iterator[str]:
    """Where the pages are served."""
    ready = Event()
    with closing(listen("127.0.0.1", 0)) as listener:
        server = Server(outside.office.app, ready.set)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        assert ready.wait(PATIENCE)
        yield url_of(listener)
        server.end()
        thread.join(PATIENCE)


def partner(outside: Outside, language: str = "en") -> str:
    """The path of a partner's link; made without HTTP, for the browser has this thread's event loop."""
    world, deal = outside.world, outside.record("crm:kumo")
    with world.db.write() as conn:
        made = partner_links.make(conn, outside.links, deal, actor="sato", now=world.us, language=language)
    return urlsplit(made.address).path


def answered(outside: Outside, language: str) -> str:
    """The path of a customer's link through which somebody answered."""
    path, world = outside.link(language=language), outside.world
    asked = Asked(world.book, world.speaking, outside.links.signer, lambda _: Writeback.NONE)
    with world.db.write() as conn:
        asked.answer(conn, path.rpartition("/")[2], CustomerAnswer(Word.ANOTHER_WAY), world.us)
    return path


def states(outside: Outside, language: str) -> dict[str, str]:
    """A page of each kind."""
    fresh = outside.link(language=language)
    return {
        "question": fresh, "later": f"{fresh}?a=later", "answered": answered(outside, language),
        "form": partner(outside, language), "nowhere": f"/l/nothing?lang={language}",
    }  # fmt: skip


def test_a_customer_answers_with_one_press_and_changes_it(opens: Opens, outside: Outside) -> None:
    visit = opens(java_script_enabled=False)
    page = visit.goes(f"{outside.link()}?a=priority")
    page.get_by_role("button").click()
    expect(page.locator(".kept")).to_contain_text("The priority changed")
    page.reload()
    expect(page.get_by_role("heading")).to_have_text("Thank you for your answer")
    page.locator("summary").click()
    page.get_by_label("3 months").check()
    page.get_by_role("button").click()
    expect(page.locator(".kept")).to_contain_text("ask us in 3 months")
    page.get_by_role("link", name="日本語").click()
    expect(page.locator(".kept")).to_contain_text("3か月後に連絡してほしい")
    assert visit.complaints == []


def test_a_partner_is_told_kindly_and_loses_no_word(opens: Opens, outside: Outside) -> None:
    visit = opens(java_script_enabled=False, width=390, locale="ja")
    page = visit.goes(partner(outside, "ja"))
    page.locator("#reason").fill("一\n二\n三\n四")
    page.get_by_label("比較検討").check()
    page.get_by_role("button").click()
    expect(page.locator("#reason-wrong")).to_contain_text("4行")
    expect(page.locator("#reason")).to_have_value("一\n二\n三\n四")
    page.locator("#reason").fill("一\n二\n三")
    page.get_by_role("button").click()
    expect(page.get_by_role("heading")).to_have_text("ご報告ありがとうございました")
    assert outside.record("crm:kumo").report_phase == "comparing"


def wrong(page: Page) -> list[Any]:
    page.add_script_tag(path=AXE)
    found: dict[str, Any] = page.evaluate("axe.run({resultTypes: ['violations']})")
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]]


@pytest.mark.parametrize(("language", "scheme"), [pytest.param("en", "light", marks=pytest.mark.slow), ("ja", "dark")])
def test_every_state_can_be_read_by_everybody_and_fits_a_telephone(
    opens: Opens, outside: Outside, language: str, scheme: str
) -> None:
    visit = opens(width=390, height=844, color_scheme=scheme, bypass_csp=True)
    for name, path in states(outside, language).items():
        page = visit.goes(path)
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        assert wrong(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
        assert page.locator("html").get_attribute("lang") == language
    assert [one for one in visit.complaints if "404" not in one] == []


def test_no_address_and_no_cookie_leaves_with_a_visitor(opens: Opens, outside: Outside, home: str) -> None:
    visit = opens()
    asked: list[tuple[str, str | None]] = []
    visit.page.on("request", lambda one: asked.append((one.url, one.headers.get("referer") or None)))
    visit.goes(outside.link())
    assert {urlsplit(url).netloc for url, _ in asked} == {urlsplit(home).netloc}
    assert {referer for _, referer in asked} == {None}
    assert visit.page.context.cookies() == []
    assert visit.complaints == []
