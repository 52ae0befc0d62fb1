"""What soon will be late: the same on the API, the pages and in Slack, and day by day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from stalewatch.domain.language.model import Mode
from stalewatch.services.reporting.coming import bounds, coming
from stalewatch.services.reporting.reports import Filters, Reports
from tests.services.world import World, at, deal, rulebook
from tests.web.dom import Element
from tests.web.office import Office, project_of
from tests.web.pack import RULES
from tests.web.visits import Visitor, names


def test_a_rule_in_shadow_makes_nothing_due_soon_until_it_is_live(own: World) -> None:
    judging = own.book.judging
    for mode, near in ((Mode.SHADOW, []), (Mode.LIVE, ["Young"])):
        own.book = rulebook(RULES, judging=replace(judging, modes={"no-next-meeting": mode}))
        own.rounds()
        office = Office.of(own, "deals:read")
        assert office.names("/v1/deals/due-soon", within="10bd") == near
        assert office.names("/v1/deals/due-soon", within="10bd", rule="no-next-meeting") == near
        late = office.get("/v1/deals/due-soon", within="60d", q="young").json()["items"]
        assert [one["rule"] for item in late for one in item["reasons"]] == ["no-next-meeting"] * len(near) + [
            "too-old"
        ]


def cells(page: Element) -> dict[str, str]:
    """What the days of the calendar say that say anything."""
    return {
        one.one("span", class_="of").text: " ".join(each.text for each in one.all("a"))
        for one in page.one("table", class_="calendar").all("td")
        if "past" not in one.attributes["class"].split()
    }


def test_due_soon_is_a_calendar_with_each_days_list_behind_it(own: World) -> None:
    own.has(deal("late", created_at=at("2026-03-31 10:00"), amount_in_project_currency=Decimal(3_000_000)))
    own.rounds()
    visitor = Visitor(Office.of(own, "deals:read"))
    page = visitor.page("/due-soon")
    said = cells(page)
    assert said["13"] == "1 13 Apr and 1 deal"
    assert said["14"] == "1 ¥3M14 Apr, 1 deal, and ¥3M"
    assert said["29 Showa Day"] == said["1 Apr"] == said["15"] == ""
    assert page.one("table", class_="calendar").all("th")[0].text == "Mon"
    [day] = [one for one in page.one("table", class_="calendar").all("a") if "14 Apr" in one.text]
    there = visitor.page(day.attributes["href"])
    assert names(there) == ["Late"]
    assert "Day: 14 Apr × (take this filter off)" in there.text
    assert "1 of 1 shown" in there.text
    assert names(visitor.page("/due-soon?day=2026-03-01")) == []
    csv = visitor.asks("GET", day.attributes["href"].replace("/due-soon?", "/due-soon.csv?")).text
    assert "Late" in csv
    assert "Young" not in csv
    assert cells(visitor.page("/due-soon?q=young"))["14"] == ""


def test_the_days_add_up_to_the_list(own: World) -> None:
    own.has(*(deal(f"d{n}", created_at=at(f"2026-03-{20 + n} 10:00")) for n in range(9)))
    own.rounds()
    project, calendar = project_of(own), own.book.calendars.default
    reading = Reports(own.db, own.book, project.sources)
    days = coming(reading, Filters(), own.us, date(2026, 3, 30), 42, visible=None)
    end = bounds(calendar, days[0].on, days[-1].on)[1]
    listed = reading.due_soon(Filters(), own.us, end - own.us, visible=None)
    assert sum(one.records for one in days) == listed.total >= 9
    for one in days:
        since, until = bounds(calendar, one.on, one.on)
        found = reading.due_soon(Filters(), own.us, until - own.us, since=max(since, own.us), visible=None)
        assert found.total == one.records, one.on
