"""One record's page: its time as a picture, why it is told, what was said."""

from __future__ import annotations

from stalewatch.sdk.records import Activity, ActivityKind, Actor, Lead, MeetingState
from tests.services.world import World, at
from tests.web.office import Office
from tests.web.visits import Visitor


def told_of_acme(world: World) -> None:
    """Both sides of Acme at work, and a meeting to come."""
    who = frozenset({"ito"})
    world.crm.activities = [
        Activity(id="a1", kind=ActivityKind.EMAIL, actor=Actor.CUSTOMER, at=at("2026-03-05 10:00"), records=("acme",),
                 people=who),
        Activity(id="a2", kind=ActivityKind.CALL, actor=Actor.SELLER, at=at("2026-03-09 10:00"), records=("acme",)),
        Activity(id="a3", kind=ActivityKind.NOTE, actor=Actor.SELLER, at=at("2026-03-10 10:00"), records=("acme",)),
        Activity(id="a4", kind=ActivityKind.MEETING, actor=Actor.CUSTOMER, at=at("2026-04-07 10:00"),
                 meeting=MeetingState.PLANNED, records=("acme",)),
        Activity(id="a5", kind=ActivityKind.EMAIL, actor=Actor.NOBODY, at=at("2026-03-11 10:00"), records=("acme",)),
    ]  # fmt: skip
    world.rounds()


def test_a_deals_page_draws_what_is_stored_and_nothing_else(own: World) -> None:
    told_of_acme(own)
    page = Visitor(Office.of(own, "deals:read")).page("/deals/crm:acme")
    assert page.one("h1").text == "Acme"
    assert page.one("p", class_="answer").text == "1 limit has passed: No next meeting."
    drawn = page.one("svg", class_="picture")
    assert [len(drawn.all(class_=lane)) for lane in ("customer", "seller", "meeting")] == [1, 1, 1]
    assert drawn.one(class_="meeting").attributes["class"] == "meeting planned"
    assert [one.one("text", class_="name").text for one in drawn.all("g", class_="clock")] == [
        "● No next meeting", "○ Open for too long"
    ]  # fmt: skip
    table = page.one("details")
    assert "note (us)" in table.text  # paperwork shows nobody at work, and is in the table


def test_a_deals_page_says_what_the_api_says(visitor: Visitor) -> None:
    told = visitor.office.get("/v1/deals/crm:acme").json()
    page = visitor.page("/deals/crm:acme").one("main").text
    for deadline in told["deadlines"]:
        assert deadline["explain"] in page
    assert told["id"] in page


def test_what_was_said_and_what_was_not_stand_with_their_reasons(visitor: Visitor) -> None:
    said = visitor.page("/deals/crm:acme").all("section")[-1]
    assert [[cell.text for cell in line.children] for line in said.all("tr")] == [
        ["When", "What", "To", "What came of it"],
        ["1 Apr 12:00", "No next meeting: a limit has passed", "Sato", "told"],
    ]
    visitor.language = "ja"
    nothing = visitor.page("/deals/crm:young").all("section")[-1].one("p").text
    assert nothing == "お知らせはなく、止めたお知らせもありません。"


def test_a_lead_has_its_page_and_its_list(own: World) -> None:
    own.crm.leads["kumo"] = Lead(id="kumo", name="Kumo", created_at=at("2026-03-30 10:00"), status="mql")
    own.rounds()
    visitor = Visitor(Office.of(own, "deals:read"))
    assert visitor.page("/leads/crm:kumo").one("h1").text == "Kumo"
    for wrong, right in (
        ("/deals/crm:kumo?lang=ja", "/leads/crm:kumo?lang=ja"),
        ("/leads/crm:acme", "/deals/crm:acme"),
    ):
        answer = visitor.asks("GET", wrong)
        assert (answer.status_code, answer.headers["location"]) == (307, right)


def test_an_unknown_record_gets_a_page_that_helps(visitor: Visitor) -> None:
    for path in ("/deals/crm:nobody", "/deals/%00", "/deals/%ED%A0%80", "/nowhere"):
        page = visitor.page(path, status=404)
        assert page.one("h1").text == "There is nothing here, or nothing that you may see"
        assert page.one("input", name="q")
