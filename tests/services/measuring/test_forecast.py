"""How much of the forecast is hot air: computed by hand, and laws that hold for every pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from stalewatch.domain import forecasting
from stalewatch.domain.forecasting import Age, Source
from stalewatch.services.measuring.forecast import forecast
from stalewatch.services.measuring.resting import resting
from stalewatch.services.measuring.worth import Worth
from stalewatch.services.reporting.reports import Filters, Reports, Visible
from tests import databases
from tests.services.world import World, at, deal, rulebook

RULE = """
stalewatch: 1
rules:
  - id: long-open
    title: {en: Long open, ja: 長期案件}
    watch: deal
    start: created_at
    within: 30d
    message: {en: "Open for {limit}.", ja: "{limit}経過"}
"""


def D(amount: float) -> Decimal:  # noqa: N802 - as short as the numbers it stands beside
    return Decimal(str(amount))


def pipeline(world: World) -> None:
    """Ten deals on Wednesday, 1 April 2026. A deal is late 30 days after it was made.

    made        late since   for (days)        category    amount   weight   weighted   closes
    a 2026-02-20  22 Mar      10  -> 8-14      commit    1,000,000   90 %     900,000   30 Apr: this quarter
    b 2026-01-20  19 Feb      41  -> 31+       best case   400,000   50 %     200,000   20 Mar: passed
    c 2026-02-25  27 Mar       5  -> 0-7       pipeline    100,000   20 %      20,000   15 Jul: next quarter
    d 2026-02-10  12 Mar      20  -> 15-30     commit         none   90 %           -   30 Apr: this quarter
    e 2026-03-20  not                          commit    2,000,000   90 %   1,800,000   30 Apr: this quarter
    f 2026-03-25  not                          best case   600,000   50 %     300,000   no date
    g 2026-03-25  not                          none         50,000   none           -   30 Jun 2027: later
    h 2026-01-05   4 Feb      56               omitted     700,000    0 %   left out    30 Apr
    i 2026-03-25  not                          pipeline    250,000   20 %      50,000   1 Apr: this quarter, today
    w is won, and no part of it
    """
    rows = (
        ("a", "2026-02-20", "commit", 1_000_000, date(2026, 4, 30)),
        ("b", "2026-01-20", "best_case", 400_000, date(2026, 3, 20)),
        ("c", "2026-02-25", "pipeline", 100_000, date(2026, 7, 15)),
        ("d", "2026-02-10", "commit", None, date(2026, 4, 30)),
        ("e", "2026-03-20", "commit", 2_000_000, date(2026, 4, 30)),
        ("f", "2026-03-25", "best_case", 600_000, None),
        ("g", "2026-03-25", None, 50_000, date(2027, 6, 30)),
        ("h", "2026-01-05", "omitted", 700_000, date(2026, 4, 30)),
        ("i", "2026-03-25", "pipeline", 250_000, date(2026, 4, 1)),
    )
    for name, made, category, amount, closes in rows:
        money = None if amount is None else Decimal(amount)
        owner = "tanaka" if name in "be" else "sato"
        own = {"owner": owner, "forecast_category": category, "close_date": closes}
        world.has(deal(name, created_at=at(f"{made} 10:00"), amount_in_project_currency=money, **own))
    world.reaches("2026-04-01 12:00")


@pytest.fixture
def world(migrated_database_url: str) -> Iterator[World]:
    database = databases.opened(migrated_database_url)
    world = World(database, rulebook(RULE))
    pipeline(world)
    yield world
    database.dispose()


def reports(world: World) -> Reports:
    return Reports(world.db, world.book, {"crm": None})


def test_the_headline_is_the_weighted_money_that_rests_on_stalled_deals(world: World) -> None:
    """Stalled: a 900,000 + b 200,000 + c 20,000 + d nothing = 1,120,000 on 4 deals.

    All: 1,120,000 + e 1,800,000 + f 300,000 + i 50,000 = 3,270,000; g has no weight, d no amount.
    """
    found = forecast(reports(world), Filters(), world.us, visible=None)
    assert found.stalled == Worth(4, D(1_500_000), D(1_120_000), without_amount=1, unweighted=0)
    assert found.total.all == Worth(8, D(4_400_000), D(3_270_000), without_amount=1, unweighted=1)
    assert found.total.sound == Worth(4, D(2_900_000), D(2_150_000), without_amount=0, unweighted=1)
    assert found.left_out == Worth(1, D(700_000), D(0))
    assert found.share == pytest.approx(1_120_000 / 3_270_000)


def test_each_age_of_a_breach_stands_in_its_own_column(world: World) -> None:
    found = forecast(reports(world), Filters(), world.us, visible=None)
    assert found.total.late is not None
    assert {age: (one.deals, one.weighted) for age, one in found.total.late.items()} == {
        Age.WEEK: (1, D(20_000)),  # c
        Age.FORTNIGHT: (1, D(900_000)),  # a
        Age.MONTH: (1, D(0)),  # d, of which nobody knows the amount
        Age.LONGER: (1, D(200_000)),  # b
    }


def test_by_category_and_by_period(world: World) -> None:
    found = forecast(reports(world), Filters(), world.us, visible=None)
    assert [(line.key, line.all.weighted, line.stalled.weighted) for line in found.by_category] == [
        ("commit", D(2_700_000), D(900_000)),
        ("best_case", D(500_000), D(200_000)),
        ("pipeline", D(70_000), D(20_000)),
        ("none", D(0), D(0)),
    ]
    assert [(line.key, line.all.deals, line.all.weighted) for line in found.by_period] == [
        ("overdue", 1, D(200_000)),  # b
        ("2026-Q2", 4, D(2_750_000)),  # a d e i
        ("2026-Q3", 1, D(20_000)),  # c
        ("later", 1, D(0)),  # g
        ("none", 1, D(300_000)),  # f
    ]


def test_a_period_leaves_the_deals_that_close_in_it(world: World) -> None:
    today = date(2026, 4, 1)
    for name, deals in {"2026-Q2": 4, "2026-04": 4, "overdue": 1, "none": 1, "next-quarter": 1, "2026-07": 1}.items():
        period = forecasting.period_of(name, today)
        assert period is not None
        assert forecast(reports(world), Filters(), world.us, visible=None, period=period).total.all.deals == deals


def test_filters_and_visibility_hold_for_every_figure(world: World) -> None:
    """Tanaka's are b and e: 200,000 of 2,000,000."""
    mine = Visible(frozenset({"crm:tanaka"}))
    seen = forecast(reports(world), Filters(), world.us, visible=mine)
    asked = forecast(reports(world), Filters(owners=["crm:tanaka"]), world.us, visible=None)
    for found in (seen, asked):
        assert (found.stalled.weighted, found.total.all.weighted) == (D(200_000), D(2_000_000))
        assert found.left_out.deals == 0
    assert forecast(reports(world), Filters(obj="partner_deal"), world.us, visible=None).total.all.deals == 0


def test_the_deals_it_rests_on_come_by_their_weighted_money(world: World) -> None:
    listed = resting(reports(world), Filters(), world.us, visible=None)
    assert [(one.id, one.weight, one.source, one.days_late) for one in listed.deals] == [
        ("crm:a", 90, Source.CATEGORY, 10),
        ("crm:b", 50, Source.CATEGORY, 41),
        ("crm:c", 20, Source.CATEGORY, 5),
        ("crm:d", 90, Source.CATEGORY, 20),
    ]
    assert [one.weighted for one in listed.deals] == [D(900_000), D(200_000), D(20_000), None]
    assert resting(reports(world), Filters(), world.us, visible=Visible(frozenset())).deals == ()


def test_it_counts_as_many_as_the_stalled_list_has(world: World) -> None:
    rest = reports(world)
    assert (
        forecast(rest, Filters(), world.us, visible=None).stalled.deals + 1
        == rest.stalled(Filters(), world.us, visible=None).total
    )
