"""One record's page: its time as a picture, why it is told, what was said."""

from __future__ import annotations

import pytest

from stalewatch.cli import record_page
from stalewatch.delivery.wording.reader import Reader
from stalewatch.domain.missing import title_of
from stalewatch.sdk.records import Activity, ActivityKind, Actor, Lead, MeetingState, Outcome
from stalewatch.services.reporting.reports import Reports
from tests.services.world import World, at, deal
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


def test_a_rule_that_counts_nothing_says_why_in_the_words_of_the_api(own: World) -> None:
    own.has(deal("won", outcome=Outcome.WON, created_at=at("2026-03-01 09:00"), closed_at=at("2026-03-20 10:00")))
    own.rounds()
    visitor = Visitor(Office.of(own, "deals:read"))
    told = visitor.office.get("/v1/deals/crm:won").json()["deadlines"]
    unfolded = visitor.page("/deals/crm:won").all("details")
    why = next(one for one in unfolded if one.one("summary").text == "Why these count nothing")
    assert told
    assert [line.text for line in why.all("p")] == [f"{one['title']} · {one['explain']}" for one in told]


def test_what_was_said_and_what_was_not_stand_with_their_reasons(visitor: Visitor) -> None:
    said = visitor.page("/deals/crm:acme").all("section")[-1]
    assert [[cell.text for cell in line.children] for line in said.all("tr")] == [
        ["When", "What", "To", "What came of it"],
        ["1 Apr 12:00", "No next meeting: a limit has passed", "Sato", "told with the daily message"],
    ]
    visitor.language = "ja"
    nothing = visitor.page("/deals/crm:young").all("section")[-1].one("p").text
    assert nothing == "お知らせはなく、止めたお知らせもありません。"


def meets(world: World, **meetings: MeetingState) -> None:
    """Acme's meetings of April, by their day: `d14=CANCELLED`."""
    world.crm.activities = [
        Activity(id=day, kind=ActivityKind.MEETING, actor=Actor.NOBODY, at=at(f"2026-04-{day[1:]} 10:00"),
                 meeting=state, records=("acme",))
        for day, state in meetings.items()
    ]  # fmt: skip
    world.rounds()


def next_meeting(world: World, language: str) -> tuple[str | None, str | None]:
    """What the page and the command line say of Acme's next meeting."""
    title = title_of("next_meeting_at", world.book.rules)[language]
    visitor = Visitor(Office.of(world, "deals:read"), language=language)
    facts = visitor.page("/deals/crm:acme").one("dl", class_="facts").all("div")
    shown = {one.one("dt").text: one.one("dd").text for one in facts}
    reports = Reports(world.db, world.book, {"crm": None}, language)
    told, deadlines = (
        reports.record("crm:acme", world.us, visible=None),
        reports.explain("crm:acme", world.us, visible=None),
    )
    assert told is not None
    reader = Reader(language, world.clock.now(), "Asia/Tokyo")
    page = record_page.lines(told, deadlines or [], world.book, reader, 120)
    lines = [line.removeprefix(title).lstrip(": ") for line in page if line.startswith(title)]
    return shown.get(title), lines[0] if lines else None


@pytest.mark.parametrize(
    ("language", "only", "beside"),
    [
        ("en", "none · 7 Apr declined by all of the customer's people",
         "20 Apr 10:00 · 7 Apr declined by all of the customer's people · 14 Apr and 15 Apr cancelled"),
        ("ja", "なし · 4月7日はお客様全員が辞退",
         "4月20日 10:00 · 4月7日はお客様全員が辞退 · 4月14日、4月15日は中止"),
    ],
)  # fmt: skip
def test_sf43_a_meeting_that_was_called_off_says_how_beside_the_next_meeting(
    own: World, language: str, only: str, beside: str
) -> None:
    meets(own, d07=MeetingState.DECLINED)
    assert next_meeting(own, language) == (only, only)
    meets(own, d14=MeetingState.CANCELLED, d15=MeetingState.CANCELLED, d20=MeetingState.PLANNED)
    assert next_meeting(own, language) == (beside, beside)
    own.reaches("2026-04-16 12:00")
    assert next_meeting(own, language) == (beside.partition(" · ")[0], None), "what is over is past"


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
