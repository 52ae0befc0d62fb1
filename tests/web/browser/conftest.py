"""The dashboard in a real browser: the system's Chromium, a server on this machine, nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from stalewatch.sdk.records import Activity, ActivityKind, Actor, Lead, MeetingState
from stalewatch.web.app import create_app
from stalewatch.web.serving import Server, listen, url_of
from stalewatch.wiring.live import Live
from tests import databases
from tests.altered import replace
from tests.patience import PATIENCE
from tests.services.world import World, at, deal, rulebook
from tests.web.browser.chromium import MISSING, QUIETLY, program
from tests.web.office import project_of
from tests.web.pack import RULES


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser; where none is installed its tests are skipped, but never in CI.

    It ends with its file: as long as it runs, so does its event loop, and no other test of the process has one.
    """
    found = program()
    if found is None and not os.environ.get("CI"):
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(QUIETLY), timeout=1000 * PATIENCE)
        yield browser
        browser.close()


@dataclass
class Visit:
    """One browser window, and everything that it complained about."""

    page: Page
    home: str
    complaints: list[str]

    def goes(self, path: str) -> Page:
        self.page.goto(self.home + path)
        return self.page


Opens = Callable[..., Visit]


@pytest.fixture
def opens(chromium: Browser, home: str) -> Iterator[Opens]:
    """Open a window: `opens(width=390, color_scheme="dark", locale="ja")`."""
    contexts = []

    def open_one(width: int = 1280, height: int = 900, **wanted: Any) -> Visit:
        context = chromium.new_context(viewport={"width": width, "height": height}, **wanted)
        contexts.append(context)
        context.set_default_timeout(1000 * PATIENCE)
        visit = Visit(context.new_page(), home, [])
        visit.page.on("console", lambda said: visit.complaints.append(said.text) if said.type == "error" else None)
        visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        return visit

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def company(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Long names, both languages, everything that a page can show."""
    path = tmp_path_factory.mktemp("company") / "stalewatch.db"
    path.write_bytes(sqlite_template.read_bytes())
    world = World(databases.opened(f"sqlite:///{path}"), rulebook(RULES))
    names = ["Hikari Foods – core system renewal for all of its forty-one warehouses", "ひかり食品 基幹システム更改",
             "Aozora-Rail-and-Ferry-Ticketing-Without-A-Single-Space-In-Its-Whole-Name", "Kumo"]  # fmt: skip
    for number, name in enumerate(names):
        told = deal(
            f"d{number}", created_at=at("2026-03-02 10:00" if number < 3 else "2026-03-30 10:00"), team="tokyo",
            stage="proposal", stage_entered_at=at("2026-03-10 10:00"), next_step="Call Ms Ito",
            amount_in_project_currency=Decimal(12_400_000),
        )  # fmt: skip
        world.has(replace(told, name=name))
    world.crm.leads["l"] = Lead(id="l", name="Kumo", created_at=at("2026-03-30 10:00"), status="mql")
    world.crm.activities = [
        Activity(id="a1", kind=ActivityKind.EMAIL, actor=Actor.CUSTOMER, at=at("2026-03-05 10:00"), records=("d0",)),
        Activity(id="a2", kind=ActivityKind.CALL, actor=Actor.SELLER, at=at("2026-03-09 10:00"), records=("d0",)),
        Activity(id="a3", kind=ActivityKind.MEETING, actor=Actor.CUSTOMER, at=at("2026-04-07 10:00"),
                 meeting=MeetingState.PLANNED, records=("d0",)),
    ]  # fmt: skip
    world.reaches("2026-04-01 12:00")
    yield world
    world.db.dispose()


@pytest.fixture(scope="module")
def home(company: World) -> Iterator[str]:
    """Where the company's dashboard is served."""
    ready = Event()
    with closing(listen("127.0.0.1", 0)) as listener:
        server = Server(create_app(Live(project_of(company)), is_local=True), ready.set)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        assert ready.wait(PATIENCE)
        yield url_of(listener)
        server.end()
        thread.join(PATIENCE)
