"""A manager's morning, from the worst deals to two printed pages: signed in, at a real server, in a real browser."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from threading import Event, Thread

import pytest
from playwright.sync_api import Page, expect

from stalewatch.domain.learning.effect import Against, Measured
from stalewatch.domain.learning.intervals import Rate
from stalewatch.sdk.records import Person
from stalewatch.services.access import sessions
from stalewatch.services.measuring import review
from stalewatch.services.measuring.kpi_keeping import Keeping
from stalewatch.services.measuring.rules_reviewed import Brought, Idle, Patched, RulesReviewed
from stalewatch.web.app import create_app
from stalewatch.web.serving import Server, listen, url_of
from stalewatch.wiring.live import Live
from tests import databases
from tests.altered import replace
from tests.services.world import World, at, deal, rulebook
from tests.web.browser.conftest import Opens, Visit
from tests.web.office import project_of

RULE = """
stalewatch: 1
rules:
  - id: customer-silent
    title: {en: Customer silent, ja: 顧客の返信なし}
    watch: deal
    start: created_at
    within: 10bd
    pause: {until: hold_until, from: hold_set_at, max: 60d}
    message: {en: "{name} waits.", ja: "{name}が待っています。"}
"""
MANAGER = "tanaka@acme.example"
HERS = ("Hikari Foods", "Aozora Rail", "Kumo Textiles", "Minato Logistics", "Sakura Bank", "Fuji Works", "Umi Ferries")
TEAMS = ("Tokyo", "Osaka", "Nagoya", "Sendai", "Fukuoka", "Sapporo", "Kobe")
NOT_HERS = "Somebody else's"
A4 = (595, 842)
_ROW = '      - {pipeline: "new", stage: "proposal", is: 21d}   # now 15bd; 30 (28-33), won 412, lost 290, open 99'
MUCH = RulesReviewed(
    effects=tuple(
        Brought(f"r{number}", "Customer silent", Measured(*(Against(Rate(263, 371), Rate(21, 41)) for _ in range(2))))
        for number in range(5)
    ),
    idle=tuple(Idle(f"r{number}", "No agenda", Rate(1, 34)) for number in range(5)),
    limits=tuple(
        Patched(f"r{number}", "Too long", 12, "\n".join(["  # too-long", "    within:", *[_ROW] * 12]))
        for number in range(4)
    ),
)
"""As much as a review may say of rules."""


@pytest.fixture(scope="module")
def company(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Sato reports to Tanaka; Kim, whose deal is the worst of all, does not."""
    path = tmp_path_factory.mktemp("morning") / "stalewatch.db"
    path.write_bytes(sqlite_template.read_bytes())
    world = World(databases.opened(f"sqlite:///{path}"), rulebook(RULE))
    world.crm.people.append(Person(id="kim", name="Kim", email="kim@acme.example", zone="Asia/Tokyo"))
    for number, (name, team) in enumerate(zip(HERS, TEAMS, strict=True)):
        told = deal(
            f"d{number}", team=team, created_at=at(f"2026-03-09 {9 + number:02}:00"),
            amount_in_project_currency=Decimal((9 + number) * 10**6), close_date=date(2026, 4, 20),
        )  # fmt: skip
        world.has(replace(told, name=f"{name} – core system renewal for all of its warehouses"))
    worst = deal("k", owner="kim", created_at=at("2026-01-05 10:00"), amount_in_project_currency=Decimal(90_000_000))
    world.has(replace(worst, name=NOT_HERS))
    for moment in ("2026-03-25 12:00", "2026-04-01 12:00"):
        world.reaches(moment)
    Keeping(world.db, world.clock, world.book, {"crm": 0}).run()
    yield world
    world.db.dispose()


@pytest.fixture(scope="module")
def home(company: World) -> Iterator[str]:
    """Where the dashboard is served to those who have signed in."""
    ready = Event()
    with closing(listen("127.0.0.1", 0)) as listener:
        server = Server(create_app(Live(project_of(company))), ready.set)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        assert ready.wait(10)
        yield url_of(listener)
        server.end()
        thread.join(10)


@pytest.fixture
def visit(opens: Opens, company: World) -> Visit:
    """The manager's window; she has signed in."""
    made = opens(locale="en-GB")
    shown = sessions.begin(company.db, company.us, person=MANAGER)
    made.page.context.add_cookies([{"name": "stalewatch", "value": shown, "url": made.home}])
    return made


def presses(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def listed(page: Page) -> list[str]:
    return [one.partition(" – ")[0] for one in page.locator("[data-row] .what > a").all_inner_texts()]


def downloaded(page: Page) -> list[dict[str, str]]:
    with page.expect_download() as waiting:
        page.get_by_role("link", name="CSV").click()
    return list(csv.DictReader(waiting.value.path().read_text("utf-8-sig").splitlines()))


def sheets(pdf: bytes) -> list[tuple[int, int]]:
    """Width and height of each page, in points."""
    boxes = re.findall(rb"/Type\s*/Page\b(?!s).*?/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf, re.DOTALL)
    return [(round(float(width)), round(float(height))) for width, height in boxes]


def test_from_the_worst_deals_to_two_printed_pages(visit: Visit) -> None:
    page = visit.goes("/")
    expect(page.get_by_role("heading", name="Stalled now")).to_be_visible()
    assert listed(page)[0] == "Hikari Foods"
    presses(page, "g", "s")
    page.wait_for_url("**/stalled")
    assert sorted(listed(page)) == sorted(HERS)

    presses(page, "j", "Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hikari Foods")
    expect(page.get_by_role("region", name="Why it is told")).to_contain_text("Customer silent")

    page.get_by_role("link", name="On hold until…").click()
    page.get_by_label("Which day did the customer name?").fill("2026-05-12")
    for label in ("What does the customer wait for?", "Who said so?", "Where can that be read?"):
        page.get_by_label(label).fill("Ms Mori: the budget of May")
    page.get_by_role("button", name="Put on hold").click()
    expect(page.get_by_role("region", name="Where it stands")).to_contain_text("12 May")
    presses(page, "g", "s")
    page.wait_for_url("**/stalled")
    assert sorted(listed(page)) == sorted(HERS[1:])

    rows = downloaded(page)
    assert sorted(row["name"].partition(" – ")[0] for row in rows) == sorted(HERS[1:])
    assert {row["rules"] for row in rows} == {"customer-silent"}

    presses(page, "g", "w")
    page.wait_for_url("**/review")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{len(HERS)} deals went quiet, 0 came back")
    assert NOT_HERS not in page.inner_text("main")

    page.get_by_role("link", name="日本語").click()
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{len(HERS)}件が新たに滞留し、0件が動き出しました")

    assert sheets(page.pdf(prefer_css_page_size=True)) == [A4, A4]
    assert visit.complaints == []


def test_two_pages_hold_all_that_may_be_said_of_rules(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "rules_reviewed", lambda *_: MUCH)
    page = visit.goes("/review?of=2026-W12&lang=ja")
    mine = page.locator(".rules-said")
    expect(mine.get_by_role("heading", level=2)).to_have_text("ルールについて")
    expect(mine.locator("pre")).to_have_count(3)
    expect(mine).to_contain_text('modes: {r0: "off"}')
    expect(mine).to_contain_text("差は+20ポイント(+4~+35)")
    assert sheets(page.pdf(prefer_css_page_size=True)) == [A4, A4]
    assert visit.complaints == []
