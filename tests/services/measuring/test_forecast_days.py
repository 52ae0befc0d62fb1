"""The forecast week by week: what is kept, and what is worked out for the time before we came."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from stalewatch.domain.forecasting import Rate, period_of
from stalewatch.sdk.records import FieldChange, Outcome, StageVisit
from stalewatch.services.measuring.forecast import Forecast, forecast
from stalewatch.services.measuring.forecast_days import Days
from stalewatch.services.measuring.worth import Worth
from stalewatch.services.reporting.reports import Filters, Reports, Visible
from stalewatch.store import forecast_days
from tests import databases
from tests.services.measuring.test_forecast import RULE
from tests.services.world import World, at, deal, rulebook


@pytest.fixture
def world(migrated_database_url: str) -> Iterator[World]:
    database = databases.opened(migrated_database_url)
    yield World(database, rulebook(RULE))
    database.dispose()


def seen(world: World, filters: Filters = Filters(), visible: Visible | None = None) -> Forecast:  # noqa: B008
    reports = Reports(world.db, world.book, {"crm": None})
    return forecast(reports, filters, world.us, visible=visible)


def keeps(world: World) -> int:
    return Days(world.db, world.clock, world.book).keep()


def by_day(found: Forecast) -> dict[str, tuple[Worth | None, Worth | None]]:
    return {week.day.isoformat(): (week.all, week.stalled) for week in found.weeks}


def test_the_weeks_before_we_came_are_worked_out_from_the_changes(world: World) -> None:
    """Wednesday 4 March 2026; the weeks ended on 1 March, 22 February, 15 February ...

    acme was made on 10 February for 100,000 as a commit (90 %), and is worth 300,000 since Friday 20 February.
    lost was made on 1 February for 50,000 as best case (50 %), and was lost on Tuesday 24 February.

        15 Feb  acme 90,000 + lost 25,000 = 115,000
        22 Feb  acme 270,000 + lost 25,000 = 295,000
         1 Mar  acme 270,000
    """
    world.has(
        deal("acme", created_at=at("2026-02-10 10:00"), forecast_category="commit",
             amount_in_project_currency=Decimal(300_000), close_date=date(2026, 3, 31)),
        deal("lost", created_at=at("2026-02-01 10:00"), forecast_category="best_case",
             amount_in_project_currency=Decimal(50_000), outcome=Outcome.LOST, closed_at=at("2026-02-24 10:00")),
    )  # fmt: skip
    world.crm.changes = [
        FieldChange(record="acme", field="amount", at=at("2026-02-10 10:00"), value=Decimal(100_000)),
        FieldChange(record="acme", field="amount", at=at("2026-02-20 10:00"), value=Decimal(300_000)),
    ]
    world.clock.move_to(at("2026-03-04 12:00"))
    world.rounds()
    assert keeps(world) == 27  # 26 Sundays, and yesterday
    weeks = by_day(seen(world))
    assert weeks["2026-02-15"][0] == Worth(2, Decimal(150_000), Decimal(115_000))
    assert weeks["2026-02-22"][0] == Worth(2, Decimal(350_000), Decimal(295_000))
    assert weeks["2026-03-01"][0] == Worth(1, Decimal(300_000), Decimal(270_000))
    assert weeks["2026-02-08"][0] == Worth(1, Decimal(50_000), Decimal(25_000))
    assert weeks["2026-01-25"] == (Worth(), Worth())
    assert all(stalled is None for everything, stalled in weeks.values() if everything and everything.deals > 1)
    assert list(weeks)[-1] == "2026-03-04"
    assert len(weeks) == 14


def test_what_was_stalled_is_known_since_somebody_watches(world: World) -> None:
    """Late 30 days after 9 February, on 11 March; the first alert is opened by then. Booked to be won on 20 March."""
    world.has(deal("acme", created_at=at("2026-02-09 10:00"), forecast_category="commit",
                   amount_in_project_currency=Decimal(100_000)))  # fmt: skip
    world.reaches("2026-03-12 12:00")
    assert keeps(world) == 27
    world.reaches("2026-03-16 12:00")
    assert keeps(world) == 4  # 12 to 15 March
    weeks = by_day(seen(world))
    assert weeks["2026-03-08"] == (Worth(1, Decimal(100_000), Decimal(90_000)), None)
    assert weeks["2026-03-15"][1] == Worth(1, Decimal(100_000), Decimal(90_000))
    assert keeps(world) == 0


def test_who_sees_some_deals_sees_the_past_of_those_and_every_filter_holds(world: World) -> None:
    world.has(
        deal("acme", created_at=at("2026-02-09 10:00"), forecast_category="commit",
             amount_in_project_currency=Decimal(100_000), close_date=date(2026, 3, 31)),
        deal("beta", created_at=at("2026-02-09 10:00"), forecast_category="pipeline", owner="tanaka",
             amount_in_project_currency=Decimal(50_000), close_date=date(2026, 6, 30), pipeline="renewal"),
    )  # fmt: skip
    world.reaches("2026-03-04 12:00")
    keeps(world)
    both, tanakas = Decimal(100_000), Decimal(10_000)

    def last(filters: Filters = Filters(), visible: Visible | None = None) -> Decimal:  # noqa: B008
        week = by_day(seen(world, filters, visible))["2026-03-01"][0]
        assert week is not None
        return week.weighted

    assert last() == both
    assert last(visible=Visible(frozenset({"crm:tanaka"}))) == tanakas
    assert last(visible=Visible(frozenset())) == 0
    assert last(Filters(owners=["crm:tanaka"])) == last(Filters(pipeline="renewal")) == tanakas
    assert last(Filters(connection="crm")) == last(Filters(obj="deal")) == both
    assert last(Filters(obj="partner_deal")) == 0
    assert seen(world, Filters(stage="discovery")).weeks == ()
    reports, quarter = Reports(world.db, world.book, {"crm": None}), period_of("2026-Q2", date(2026, 3, 4))
    weeks = forecast(reports, Filters(), world.us, visible=None, period=quarter).weeks
    assert [week.all.weighted for week in weeks if week.all is not None][-2:] == [tanakas, tanakas]


def test_old_days_are_thinned_to_their_sundays(world: World) -> None:
    world.has(deal("acme", created_at=at("2026-02-09 10:00"), amount_in_project_currency=Decimal(1)))
    world.reaches("2026-03-02 12:00")
    keeps(world)
    for day in range(3, 31):
        world.clock.move_to(at(f"2026-03-{day:02} 12:00"))
        keeps(world)
    with world.db.read() as conn:
        kept = [date.fromordinal(day + date(1970, 1, 1).toordinal()) for day in forecast_days.days(conn)]
    assert all(day.weekday() == 6 for day in kept if day < date(2026, 3, 16))
    assert len([day for day in kept if day >= date(2026, 3, 16)]) == 14


def test_a_deal_without_a_category_weighs_what_became_of_others_in_its_stage(world: World) -> None:
    """Twenty deals that were in discovery closed within a year, 7 of them won: 35 %. Of 40,000 that is 14,000."""
    world.has(deal("new", created_at=at("2026-02-09 10:00"), stage="discovery",
                   amount_in_project_currency=Decimal(40_000)))  # fmt: skip
    for number in range(20):
        name, outcome = f"d{number}", Outcome.WON if number < 7 else Outcome.LOST
        world.has(deal(name, created_at=at("2026-01-05 10:00"), outcome=outcome, closed_at=at("2026-02-10 10:00"),
                       stage="proposal"))  # fmt: skip
        world.crm.visits.append(StageVisit(deal=name, stage="discovery", entered_at=at("2026-01-05 10:00")))
        world.crm.visits.append(StageVisit(deal=name, stage="proposal", entered_at=at("2026-01-20 10:00")))
    world.reaches("2026-03-04 12:00")
    assert seen(world).total.all == Worth(1, Decimal(40_000), unweighted=1)
    keeps(world)
    found = seen(world)
    assert found.weights.stages["discovery"] == Rate(7, 20)
    assert found.total.all == Worth(1, Decimal(40_000), Decimal(14_000))
