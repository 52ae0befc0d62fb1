"""Messages and forms as people see them in the simulated Slack, in a real browser, in both languages.

Pictures of all of them are kept if STALEWATCH_SHOTS names a folder:

    STALEWATCH_SHOTS=shots python -m pytest tests/web/browser/test_slack_page.py
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from stalewatch.delivery.slack import connect
from stalewatch.domain.policies import Override, Speaking
from stalewatch.domain.routing import Route
from stalewatch.domain.writebacks import Writeback
from stalewatch.sdk.notifier import NotifierSettings, Style
from stalewatch.sdk.records import Activity, ActivityKind, Actor, MeetingState
from stalewatch.services.syncing.sync import register
from stalewatch.settings import Connecting
from stalewatch.settings.project import Web
from tests import databases
from tests.altered import replace
from tests.services.world import World, at, deal, rulebook
from tests.web.pack import RULES
from tests.web.reception import Counter, opened

NAMES: Final = {
    "en": ("Hikari Foods – core system renewal", "Northwind – EU rollout", "Kumo Logistics – phase 2"),
    "ja": ("ひかり食品 ― 基幹システム更改", "ノースウィンド ― 欧州展開", "雲ロジスティクス ― 第2期"),
}
LABELS: Final = {
    "en": {"meet": "Next meeting booked", "hold": "On hold until…", "snooze": "Snooze", "lost": "Lost",
           "loss_check": "Send loss check", "false_alarm": "False alarm", "why": "Why?"},
    "ja": {"meet": "次回商談を登録", "hold": "保留…", "snooze": "あとで", "lost": "失注",
           "loss_check": "失注確認を送る", "false_alarm": "誤検知", "why": "なぜ"},
}  # fmt: skip
SHOWN: Final = ("meet", "hold")
FILLED: Final = {
    "meet": {"date": "2026-04-08", "length": "90", "agenda": "見積の確認 / the quote"},
    "hold": {"date": "2026-05-11", "reason": "予算委員会", "who": "森様", "evidence": "3月30日のメール"},
    "snooze": {"reason": "金曜日に決定"},
    "lost": {"tag": "competitor", "note": "現行業者と更新"},
    "loss_check": {},
    "false_alarm": {"why": "not_useful", "note": "官公庁は3月に発注しない"},
}
ABOUT: Final = {"meet": 0, "snooze": 0, "hold": 1, "loss_check": 1, "lost": 2, "false_alarm": 0}
"""Which deal of the message each form is of; those that end it come after the others."""
CHOSEN: Final = ("length", "tag")


@dataclass
class Desk:
    """Sato's Slack in a browser window."""

    counter: Counter
    page: Page
    language: str

    def looks(self) -> None:
        where = self.counter.slack.workspace.direct(self.counter.id("Sato")).id
        self.page.goto(f"{self.counter.slack.url}/?channel={where}")

    def press(self, kind: str, deal: int) -> None:
        """Press a button of a deal, in the menu if it stands there."""
        row = self.page.locator(".actions").nth(deal)
        if kind not in SHOWN:
            row.locator("summary").click()
        row.get_by_role("button", name=LABELS[self.language][kind], exact=True).click()

    @property
    def form(self) -> Locator:
        return self.page.locator("dialog")

    def shoot(self, name: str) -> None:
        """Keep a picture, and see that nothing is wider than the window."""
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert self.page.evaluate(
            "[...document.querySelectorAll('dialog, .content')].every(one => one.scrollWidth <= one.clientWidth)"
        ), f"something is wider than the form: {name}"
        folder = os.environ.get("STALEWATCH_SHOTS")
        if folder:
            self.page.screenshot(path=str(Path(folder) / f"{name}.{self.language}.png"))


@contextmanager
def desk(chromium: Browser, template: Path, folder: Path, language: str, style: Style) -> Iterator[Desk]:
    """A Wednesday in April: three deals are late, one of them has a meeting ahead."""
    file = folder / f"{language}.{style}.db"
    file.write_bytes(template.read_bytes())
    world = World(databases.opened(f"sqlite:///{file}"), rulebook(RULES))
    world.speaking = Speaking(
        routes=(Route(name="all", to=("owner",), style=style),), immediate_per_day=99,
        people={"sato@acme.example": Override(language=language)}, public_url="https://stalewatch.example",
    )  # fmt: skip
    for number, name in enumerate(NAMES[language]):
        told = deal(
            f"d{number}", created_at=at(f"2026-03-0{2 + number} 10:00"), stage="proposal",
            stage_entered_at=at("2026-03-10 10:00"), amount_in_project_currency=Decimal(12_400_000 // (1 + number)),
        )  # fmt: skip
        world.has(replace(told, name=name))
    world.crm.activities = [
        Activity(id="a1", kind=ActivityKind.MEETING, actor=Actor.CUSTOMER, at=at("2026-04-07 10:00"),
                 meeting=MeetingState.PLANNED, records=("d0",)),
    ]  # fmt: skip
    world.clock.move_to(at("2026-04-01 09:00"))
    register(world.db, {"crm": "salesforce"}, world.us)
    besides = {
        "web": Web(public_url="https://stalewatch.example"), "secrets": {"key": "k" * 32},
        "connections": (Connecting(id="crm", type="salesforce", writeback=Writeback.NOTES),),
    }  # fmt: skip
    with opened(world, besides) as counter:
        options = {"bot_token": counter.slack.token, "signing_secret": counter.slack.signing_secret,
                   "base_url": counter.slack.api_url, "allow_custom_host": True}  # fmt: skip
        world.mail = connect(  # type: ignore[assignment]  # in this story the mailbox is Slack
            NotifierSettings(options=options, base=Path(), now=world.clock.now)
        )
        for user in counter.slack.workspace.users.values():
            user.locale = language
        world.rounds()
        context = chromium.new_context(viewport={"width": 1100, "height": 900}, locale=language)
        yield Desk(counter, context.new_page(), language)
        context.close()
    world.db.dispose()


@pytest.mark.parametrize("language", ["en", pytest.param("ja", marks=pytest.mark.slow)])
def test_every_form_of_a_digest_is_filled_in_and_confirmed(
    chromium: Browser, sqlite_template: Path, tmp_path: Path, language: str
) -> None:
    with desk(chromium, sqlite_template, tmp_path, language, Style.DIGEST) as here:
        here.looks()
        here.shoot("digest")
        here.page.locator("summary").first.click()
        here.shoot("digest-menu")
        here.page.locator("summary").first.click()
        for kind in FILLED:
            here.looks()
            here.press(kind, ABOUT[kind])
            expect(here.form.locator("input, select, textarea").first).to_be_attached()
            here.shoot(f"form-{kind}")
            _fill(here, kind)
            here.form.locator("button.primary").click()
            expect(here.form).to_be_visible()
            here.shoot(f"done-{kind}")
            assert here.form.locator(".wrong").count() == 0
            assert here.form.locator("button.primary").count() == 0, "only words, and a way to close them"
            here.form.locator("footer button").click()
            expect(here.form).to_have_count(0)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_message_that_came_at_once_says_why_to_whoever_asks(
    chromium: Browser, sqlite_template: Path, tmp_path: Path, language: str
) -> None:
    with desk(chromium, sqlite_template, tmp_path, language, Style.IMMEDIATE) as here:
        here.looks()
        here.shoot("immediate")
        asked = {"en": "Why am I seeing this?", "ja": "表示された理由"}[language]
        here.page.get_by_role("button", name=asked).last.click()
        expect(here.page.locator(".ephemeral")).to_have_count(1)
        here.shoot("why")


def _fill(here: Desk, kind: str) -> None:
    for field, value in FILLED[kind].items():
        place = next(number for number, block in enumerate(_blocks(here)) if block.get("block_id") == field)
        name = f"[name='input:{place}']"
        if field in CHOSEN:
            here.form.locator(name).select_option(value)
        elif field == "why":
            here.form.locator(f"{name}[value={value}]").check()
        else:
            here.form.locator(name).fill(value)


def _blocks(here: Desk) -> list[dict[str, Any]]:
    view = here.counter.form("Sato")
    assert view is not None
    return list(view.said["blocks"])
