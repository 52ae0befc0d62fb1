"""When days are kept, by whom, how far back; and companies of which there is little or nothing to tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from stalewatch import shipped
from stalewatch.domain.instants import from_day
from stalewatch.sdk.records import Activity, ActivityKind, Actor, MeetingState, Outcome
from stalewatch.services.measuring import kpi_keeping
from stalewatch.services.measuring.kpi_keeping import DaysKept, Keeping
from stalewatch.services.measuring.kpis import Figure, GroupBy, Kpis, kpis
from stalewatch.services.reporting.reports import Filters, Reports
from tests import databases
from tests.databases import SQLITE_DAILY
from tests.services.world import World, at, deal, default_pack, rulebook

HOUR = 3_600_000_000


@pytest.fixture
def world(migrated_database_url: str) -> Iterator[World]:
    database = databases.opened(migrated_database_url)
    world = World(database, rulebook(default_pack(), (shipped.rules() / "leads.yaml").read_text()))
    world.clock.move_to(at("2026-03-02 12:00"))
    yield world
    database.dispose()


def keeping(world: World, **more: Any) -> Keeping:
    return Keeping(world.db, world.clock, world.book, {"crm": 2 * HOUR}, **more)


def at_night(world: World, day: str = "2026-03-03") -> None:
    world.clock.move_to(at(f"{day} 00:10"))
    world.syncs()


def told(world: World, group: GroupBy = GroupBy.TEAM, to: str = "2026-03-02") -> Kpis:
    reports, last = Reports(world.db, world.book, {"crm": None}), date.fromisoformat(to)
    first = last - timedelta(weeks=12)
    return kpis(reports, group=group, frm=first, to=last, filters=Filters(), now=world.us, visible=None)


def figures(world: World, to: str = "2026-03-02") -> dict[str, Figure]:
    return dict(told(world, to=to).all.figures)


def days(done: DaysKept) -> tuple[str, str]:
    assert done.first is not None
    assert done.last is not None
    return from_day(done.first).isoformat(), from_day(done.last).isoformat()


def test_a_day_is_kept_once_it_is_over_and_everything_was_read_since(world: World) -> None:
    world.has(deal("acme"))
    assert keeping(world).run() == DaysKept()  # nothing was ever read
    world.syncs()
    world.clock.move_to(at("2026-03-03 00:10"))
    assert days(keeping(world).run()) == ("2026-03-01", "2026-03-01")  # read at noon, so yesterday is not known
    world.clock.advance(timedelta(minutes=10))
    world.syncs()
    done = [keeping(world).run() for _ in range(2)]
    assert ("2026-03-02", "2026-03-02") in [days(one) for one in done]


def test_a_connection_that_is_silent_is_not_waited_for_for_ever(world: World) -> None:
    world.syncs()
    world.clock.move_to(at("2026-03-03 06:30"))
    assert days(keeping(world).run()) == ("2026-03-02", "2026-03-02")


def test_the_past_is_worked_out_a_week_at_a_time_and_says_how_far_it_is(world: World) -> None:
    world.has(deal("acme"))
    at_night(world)
    assert days(keeping(world).run()) == ("2026-03-02", "2026-03-02")
    backfill = told(world).backfill
    assert backfill is not None
    assert (backfill.done, backfill.wanted) == (1, 182)
    second = keeping(world).run()
    assert (days(second), second.left) == (("2026-02-23", "2026-03-01"), 174)
    runs = 0
    while keeping(world).run().first is not None:
        runs += 1
    assert runs == 25
    assert told(world).backfill is None
    assert keeping(world).until() == pytest.approx(24 * HOUR - 9 * 60_000_000, abs=1_000_000)


def test_days_that_were_missed_are_made_up_for_and_other_definitions_begin_anew(world: World) -> None:
    at_night(world)
    keeping(world).run()
    at_night(world, "2026-03-06")
    assert days(keeping(world).run()) == ("2026-03-03", "2026-03-05")
    other = default_pack().replace("budget:    {filled: budget}", "budget:    {filled: pain}")
    world.book = rulebook(other)
    world.clock.advance(timedelta(days=1))
    world.syncs()
    assert days(keeping(world).run()) == ("2026-03-06", "2026-03-06")
    assert days(keeping(world).run()) == ("2026-02-27", "2026-03-05")


def test_a_meeting_is_planned_from_when_the_crm_wrote_it_down_not_from_when_it_was_read(world: World) -> None:
    """At noon the deal had a meeting in the afternoon. After it the next one was agreed; that was read at night."""
    world.has(deal("acme"))
    world.crm.activities.append(meeting("m1", "2026-03-02 14:00", written="2026-02-27 10:00"))
    world.syncs()
    world.crm.activities.append(meeting("m2", "2026-03-05 14:00", written="2026-03-02 15:00"))
    at_night(world)
    keeping(world).run()
    assert figures(world)["no_next_meeting"].over == 0


def meeting(name: str, begins: str, *, written: str) -> Activity:
    return Activity(
        id=name, kind=ActivityKind.MEETING, actor=Actor.CUSTOMER, at=at(begins), recorded_at=at(written),
        records=("acme",), meeting=MeetingState.PLANNED, people=frozenset({"mori"}),
    )  # fmt: skip


def test_of_several_processes_one_keeps_a_day(world: World) -> None:
    world.has(deal("acme"))
    at_night(world)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: keeping(world).run(), range(4)))
    kept = [one for one in done if one.first is not None]
    assert len({one.first for one in kept}) == len(kept)
    assert figures(world)["overdue_close_date"].of == 0
    assert figures(world)["no_next_meeting"].of == 1


def test_to_keep_a_day_again_changes_nothing(world: World) -> None:
    world.has(deal("acme"), deal("globex", stage="proposal"))
    at_night(world)
    keeping(world).run()
    before = told(world)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(kpi_keeping, "REVISION", 99)
        keeping(world).run()
    assert told(world) == before


def test_who_is_told_to_stop_leaves_the_rest_for_later(world: World) -> None:
    world.has(deal("acme"))
    at_night(world)
    assert keeping(world, is_stopping=lambda: True).run() == DaysKept()
    assert days(keeping(world).run()) == ("2026-03-02", "2026-03-02")


# ------------------------------------------------------------------------------------------------- what is not known


def test_what_nobody_watched_is_not_known_and_never_zero(world: World) -> None:
    """The CRM of this world tells no history: before it was first read, nobody knows when its deals should close."""
    world.has(deal("acme", close_date=date(2026, 3, 1), stage="proposal", created_at=at("2026-01-05 09:00")))
    at_night(world)
    while keeping(world).run().first is not None:
        pass
    then = figures(world, to="2026-02-20")
    assert then["no_next_meeting"].of == 1  # meetings tell by themselves when they were planned
    for name in ("stalled", "overdue_close_date", "qualification.meddic", "stakeholders", "ignored_alerts"):
        assert (then[name].value, then[name].of) == (None, 0), name
    now = figures(world)
    assert now["overdue_close_date"].value is None  # the first sync was after this day's end
    at_night(world, "2026-03-04")
    keeping(world).run()
    assert figures(world, to="2026-03-03")["overdue_close_date"].value == 1.0


def test_a_field_that_is_measured_only_now_has_no_past(world: World) -> None:
    at_night(world)
    world.has(deal("acme", budget="yes"))
    world.clock.advance(timedelta(hours=20))
    world.syncs()
    at_night(world, "2026-03-04")
    keeping(world).run()
    other = default_pack().replace("need:      {filled: need}", "need:      {filled: agenda}")
    world.book = rulebook(other)
    at_night(world, "2026-03-06")
    keeping(world).run()
    keeping(world).run()
    assert figures(world, to="2026-03-03")["qualification.bant.budget"].value == 1.0
    assert figures(world, to="2026-03-03")["qualification.bant.need"].value is None
    at_night(world, "2026-03-08")
    keeping(world).run()
    assert figures(world, to="2026-03-07")["qualification.bant.need"].value == 0.0


# --------------------------------------------------------------------------------------------------- odd companies


def nothing(world: World) -> None:
    """No deals at all."""


def only_lost(world: World) -> None:
    gone = {"outcome": Outcome.LOST, "closed_at": at("2026-03-01 10:00")}
    world.has(*[deal(f"d{number}", amount_in_project_currency=None, **gone) for number in range(3)])


def everything_open(world: World) -> None:
    world.has(*[deal(f"d{number}", close_date=None) for number in range(3)])


def nobodys(world: World) -> None:
    """Owners who are gone, an amount in another currency, no creation, an unmapped stage."""
    world.has(
        deal("a", owner=None), deal("b", owner="somebody-who-left", amount=Decimal(5), currency="USD"),
        deal("c", created_at=None, stage=None), deal("d", stage="elsewhere", pipeline="no-such-pipeline"),
        deal("e", outcome=Outcome.WON, closed_at=None), deal("f", close_date=date(9999, 1, 1)),
    )  # fmt: skip


@SQLITE_DAILY
@pytest.mark.parametrize("company", [nothing, only_lost, everything_open, nobodys], ids=lambda one: one.__name__)
def test_odd_companies_have_figures_or_none_but_no_wrong_ones(world: World, company: Callable[[World], None]) -> None:
    company(world)
    world.syncs()
    at_night(world, "2026-03-03")
    keeping(world).run()
    for group in GroupBy:
        found = told(world, group)
        for one in (*found.groups, found.all):
            for figure in one.figures.values():
                assert (figure.value is None) == (figure.of == 0 or figure.of is None), figure
                if figure.unit == "rate" and figure.value is not None:
                    assert 0 <= figure.value <= 1
    won = figures(world)["win_rate"]
    assert (won.value, won.of) == ((0.0, 3) if company is only_lost else (None, 0))


def test_the_day_before_the_first_one_that_is_kept_has_no_figures(world: World) -> None:
    at_night(world)
    keeping(world).run()
    found = told(world, to="2026-03-01")
    assert (found.as_of, found.groups) == (None, ())
    assert told(world, to="2030-01-01").as_of == date(2026, 3, 2)
