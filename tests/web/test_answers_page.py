"""What people answer on a record's page: the forms, words and limits of Slack, and the effect of the API."""

from __future__ import annotations

from datetime import date

import httpx
import pytest

from stalewatch.domain.instants import to_day, to_us
from stalewatch.store import alerts, records
from tests.services.world import World, at, deal, rulebook
from tests.web.dom import Element, parse
from tests.web.office import Office
from tests.web.pack import RULES
from tests.web.visits import Visitor

ACME = "/deals/crm:acme"


@pytest.fixture
def visitor(own: World) -> Visitor:
    return Visitor(Office.of(own, "deals:read", "alerts:act"))


def alert(world: World, record: str = "crm:acme", rule: str = "no-next-meeting") -> str:
    with world.db.read() as conn:
        return str(next(one.id for one in alerts.history(conn, record) if one.rule_id == rule))


def buttons(page: Element) -> list[str]:
    [group] = page.all("div", role="group", aria_label="What can be done")
    return [one.text for one in group.all() if one.tag in ("a", "button")]


def sends(visitor: Visitor, page: Element, **filled: str) -> httpx.Response:
    """The page's form is filled in and sent, as a browser would."""
    [form] = page.all("form", class_="form")
    fields = {one.attributes["name"]: one.attributes.get("value", "") for one in form.all("input", type="hidden")}
    ticked = {one.attributes["name"]: one.attributes["value"] for one in form.all("input", type="radio")
              if "checked" in one.attributes}  # fmt: skip
    return visitor.posts(form.attributes["action"], None, **fields, **{**ticked, **filled})


def opens(visitor: Visitor, label: str, path: str = ACME) -> Element:
    [link] = [one for one in visitor.page(path).all("a") if one.text == label]
    return visitor.page(link.attributes["href"])


def test_everything_that_slack_offers_can_be_done_here(visitor: Visitor) -> None:
    assert buttons(visitor.page(ACME)) == [
        *("Next meeting booked", "On hold until…", "Snooze", "Lost", "Send loss check", "False alarm"),
        *("I am on it", "Seen"),
    ]  # fmt: skip
    visitor.language = "ja"
    assert "対応中にする" in visitor.page(ACME).text


def test_a_snooze_is_taken_with_its_reason_and_the_page_says_until_when(own: World, visitor: Visitor) -> None:
    form = opens(visitor, "Snooze")
    assert "Until then nothing more is said about this." in form.one("section", id="answer").text
    answer = sends(visitor, form, reason="The customer decides on Friday")
    assert answer.status_code == 200
    said = parse(answer.text).one("section", id="answer").one("div", role="status").text
    assert said == "Snoozed until 2 Apr. We ask again that morning."
    with own.db.read() as conn:
        row = alerts.by_id(conn, [alert(own)])[alert(own)]
    assert (row.state, row.snooze_reason) == ("snoozed", "The customer decides on Friday")
    assert "No next meeting · snoozed" in visitor.page("/stalled").text
    again = opens(visitor, "Snooze").one("section", id="answer").text
    assert "Snoozed until 2 Apr" in again


def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(own: World, visitor: Visitor) -> None:
    answer = sends(visitor, opens(visitor, "On hold until…"), date="2026-03-01", who="Ms Mori",
                   reason="budget <b>committee</b>", evidence="mail of 19 November")  # fmt: skip
    assert answer.status_code == 422
    page = parse(answer.text)
    assert page.one("input", name="date").attributes["aria-invalid"] == "true"
    assert page.one("p", id="say-date").text == "Please choose a day after today."
    assert page.one("input", name="reason").attributes["value"] == "budget <b>committee</b>"
    assert not page.all("b")
    answer = sends(visitor, page, date="2026-04-10", who="Ms Mori", reason="budget", evidence="mail")
    assert answer.status_code == 200
    with own.db.read() as conn:
        assert records.read_by_ids(conn, "deal", ["crm:acme"])[0].hold_until == to_day(date(2026, 4, 10))


def test_a_deal_on_hold_goes_on_when_somebody_says_so(own: World, visitor: Visitor) -> None:
    assert "Take off hold" not in buttons(visitor.page(ACME))
    sends(visitor, opens(visitor, "On hold until…"), date="2026-04-10", who="Ms Mori", reason="budget", evidence="mail")
    assert "Take off hold" in buttons(visitor.page(ACME))
    answer = visitor.posts(f"/answers/resume/{alert(own)}")
    assert "The deal is off hold" in parse(answer.text).one("div", role="status").text


@pytest.mark.parametrize(("kind", "said"), [("claim", "Being worked on"), ("acknowledge", "Seen")])
def test_what_asks_nothing_is_one_press(own: World, visitor: Visitor, kind: str, said: str) -> None:
    answer = visitor.posts(f"/answers/{kind}/{alert(own)}")
    assert answer.status_code == 200
    assert said in parse(answer.text).one("div", role="status").text
    with own.db.read() as conn:
        until = alerts.by_id(conn, [alert(own)])[alert(own)].hushed_until
    assert until is not None
    assert until > to_us(at("2026-04-02 11:00"))


def test_a_lost_deal_leaves_the_list(visitor: Visitor) -> None:
    answer = sends(visitor, opens(visitor, "Lost"), tag="budget")
    assert answer.status_code == 200
    assert "Acme" not in visitor.page("/stalled").text


def test_where_several_problems_are_open_one_chooses_which(own: World, visitor: Visitor) -> None:
    page = opens(visitor, "False alarm", "/deals/crm:%3Dzeta")
    choices = {one.text: one.attributes for one in page.one("section", id="answer").one("p", class_="chips").all("a")}
    assert choices["Open for too long"]["aria-current"] == "true"
    other = visitor.page(choices["No next meeting"]["href"])
    sends(visitor, other, why="not_useful")
    with own.db.read() as conn:
        states = {one.rule_id: one.state for one in alerts.history(conn, "crm:=zeta")}
    assert states == {"no-next-meeting": "resolved", "too-old": "open"}


@pytest.mark.security
def test_s9_whoever_may_not_answer_finds_no_button_and_is_refused(own: World, visitor: Visitor) -> None:
    reading = Visitor(Office.of(own, "deals:read"))
    page = reading.page(f"{ACME}?act=snooze")
    assert not page.all("form", class_="form")
    assert not page.all("div", aria_label="What can be done")
    assert reading.posts(f"/answers/claim/{alert(own)}").status_code == 403
    assert visitor.posts("/answers/claim/nothing").status_code == 404
    assert visitor.posts(f"/answers/shout/{alert(own)}").status_code == 404


def test_a_day_that_is_none_and_fields_that_nobody_asked_for_are_refused(own: World, visitor: Visitor) -> None:
    wrong = sends(visitor, opens(visitor, "On hold until…"), date="soon", who="x", reason="x", evidence="x")
    assert parse(wrong.text).one("p", id="say-date").text == "Please choose a day."
    many = {f"f{number}": "x" for number in range(30)}
    assert visitor.posts(f"/answers/snooze/{alert(own)}", None, **many).status_code == 422


def test_where_a_deal_stands_says_which_letters_are_missing(own: World, visitor: Visitor) -> None:
    scores = """
scores:
  meddic:
    watch: deal
    items:
      metrics: {filled: metrics}
      champion: {roles.champion: {at_least: 1}}
      identified_pain: {filled: [pain, impact]}
"""
    vague = """
  - id: vague
    title: {en: Vague}
    watch: deal
    start: {since: {expr: "score.meddic < 67"}}
    within: 30d
    severity: info
"""
    own.book = rulebook(RULES.replace("rules:\n", scores.lstrip() + "rules:\n", 1) + vague)
    own.has(deal("acme", created_at=at("2026-03-02 10:00"), metrics="20 % less scrap"))
    own.rounds()
    page = Visitor(Office.of(own, "deals:read")).page(ACME)
    facts = {one.one("dt").text: one.one("dd").text for one in page.one("dl", class_="facts").all("div")}
    assert facts["MEDDIC"] == "1 of 3 (missing: Champion and Pain)"
    assert "MEDDIC" not in visitor.page(ACME).text  # of a project whose rules name no score, nothing is read for one
