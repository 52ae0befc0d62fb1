"""The page of what reached nobody: an answer first, then what, for whom, why, and the command that lets it go on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from stalewatch.services.reporting import undelivered
from stalewatch.store import notices
from tests.services.world import World
from tests.web.dom import Element
from tests.web.office import Office
from tests.web.visits import Visitor, rows
from tests.web.wanderers import astray, stops, work

ID = re.compile(r"\b[0-9a-f]{10}\b")


@pytest.fixture(scope="module")
def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Messages that went astray in every way; who only looks changes nothing of it."""
    made = astray(tmp_path_factory.mktemp("astray") / "stalewatch.db", sqlite_template)
    yield made
    made.db.dispose()


@pytest.fixture
def halted(sqlite_template: Path, tmp_path: Path) -> Iterator[World]:
    """The same, and then a service went down and the CRM was set aside."""
    made = astray(tmp_path / "halted.db", sqlite_template)
    stops(made)
    yield made
    made.db.dispose()


@pytest.fixture
def reader(world: World) -> Visitor:
    return Visitor(Office.of(world, "deals:read"))


def cells(page: Element) -> list[list[str]]:
    """The words of every row, ids left out."""
    return [[ID.sub("ID", cell.text) for cell in row.children] for row in rows(page)]


def in_nav(page: Element) -> str:
    """What the navigation says besides the two lists."""
    return " ".join(one.text for nav in page.all("nav", aria_label="Pages") for one in nav.all("a", data_key="m"))


def test_each_message_says_when_what_for_whom_why_and_what_to_do(reader: Visitor) -> None:
    page = reader.page("/undelivered")
    assert page.one("h1").text == "4 messages did not reach anybody, and nobody knows whether 1 more did"
    late = "a limit has passed"
    storm = "‖ held back too many at once, a person should look first"
    assert cells(page) == [
        ["16 Mar 18:00", f"Dead No next meeting: {late}", "Sato", "● given up no such layout",
         "When the cause is gone: stalewatch work retry ID"],
        ["17 Mar 18:00", f"Parked No next meeting: {late}", "Sato", "? fate unknown no such layout",
         "To send it again, though somebody may read it twice: stalewatch work retry ID"],
        ["16 Mar 18:00", f"Lead Lead waits: {late}", "Ada",
         "‖ held back no address, manager or channel is known",
         "Name an address, a manager or a channel, then: stalewatch work release ID"],
        ["18 Mar 18:00", f"Storm No next meeting: {late}", "Sato", storm,
         "If nothing is wrong with it: stalewatch work release ID"],
        ["18 Mar 18:00", f"Gale No next meeting: {late}", "Sato", storm,
         "If nothing is wrong with it: stalewatch work release ID"],
    ]  # fmt: skip
    together = [one.text for one in page.all("p", class_="together")]
    assert "All 2 at once: stalewatch work release --all --reason storm" in together
    assert not page.all("button", type="submit")


def test_a_name_leads_to_the_page_of_its_record(reader: Visitor) -> None:
    page = reader.page("/undelivered")
    links = {one.text: one.attributes["href"] for row in rows(page) for one in row.one("th").all("a")}
    assert links["Lead"] == "/leads/crm:l"
    for name, href in links.items():
        assert reader.page(href).one("h1").text == name


def test_the_commands_name_what_the_command_line_would_list(world: World, reader: Visitor) -> None:
    named = {ID.findall(row.text)[0] for row in rows(reader.page("/undelivered"))}
    assert named == {piece.id for piece in work(world).pieces()}


def test_it_is_said_in_japanese_as_well(reader: Visitor) -> None:
    reader.language = "ja"
    page = reader.page("/undelivered")
    assert page.one("h1").text == "4件のお知らせがどなたにも届いておらず、ほかに1件が到達不明です"
    assert [row[3] for row in cells(page)[:3]] == [
        "● 送信を断念 no such layout", "? 到達不明 no such layout", "‖ 保留中 宛先・上長・チャンネルが不明"
    ]  # fmt: skip
    assert "未達 5" in page.one("header").text


def test_every_page_counts_what_reached_nobody_and_tells_only_those_who_may_read(
    reader: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in ("/", "/due-soon", "/deals/crm:dead", "/undelivered"):
        assert in_nav(reader.page(path)) == "Undelivered 5", path
    assert in_nav(reader.page("/deals/nobody", status=404)) == "Undelivered 5"
    assert in_nav(reader.page("/sign-in")) == ""
    stranger = Visitor(Office(reader.office.world, reader.office.app))
    assert "Undelivered" not in stranger.page("/undelivered", status=401).text
    monkeypatch.setattr(undelivered, "COUNTED", 2)
    assert in_nav(reader.page("/")) == "Undelivered 1+"


def test_where_nothing_went_astray_the_page_teaches_and_the_navigation_is_silent(visitor: Visitor) -> None:
    page = visitor.page("/undelivered")
    assert page.one("h1").text == "Every message has arrived."
    assert "None of them is ever dropped." in page.one("p", class_="sub").text
    assert not page.all("table")
    assert in_nav(page) == ""
    visitor.language = "ja"
    assert visitor.page("/undelivered").one("h1").text == "すべてのお知らせが届いています。"


def test_what_is_at_a_halt_is_named_with_its_cure(halted: World) -> None:
    page = Visitor(Office.of(halted, "deals:read")).page("/undelivered")
    [halts] = page.all("table", aria_labelledby="halts")
    connection, service = [[cell.text for cell in row.children] for row in halts.one("tbody").children]
    assert connection[1:] == ["crm", "‖ connection set aside", "When the cause is gone: stalewatch work release crm"]
    assert service[1].startswith("mailboxes")
    assert "destinations wait" in service[1]
    assert service[2] == "‖ service is down token_revoked"
    assert "goes on by itself; to try at once: stalewatch work release" in service[3]


def test_a_review_that_reached_nobody_is_called_one(halted: World) -> None:
    with halted.db.write() as conn:
        notices.add(conn, [{
            "key": "review:1", "alert_id": None, "record_id": None, "rule_id": None, "kind": "review:weekly:2026-W12",
            "n": 1, "target": "channel:#sales", "style": "digest", "state": "held", "reason": "storm",
            "not_before": None, "created_at": halted.us,
        }])  # fmt: skip
    visitor = Visitor(Office.of(halted, "deals:read"))
    assert "a review" in [row[1] for row in cells(visitor.page("/undelivered"))]
    visitor.language = "ja"
    assert "レビュー" in [row[1] for row in cells(visitor.page("/undelivered"))]


def test_a_halt_is_no_lost_message(halted: World) -> None:
    office = Office.of(halted, "deals:read")
    hand = work(halted)
    hand.drop([piece for piece in hand.pieces() if piece.state in ("held", "dead", "parked")])
    page = Visitor(office).page("/undelivered")
    assert page.one("h1").text == "No message is lost, but 2 things are at a halt."
    assert in_nav(page) == "Undelivered 2"
    assert not rows(page)
