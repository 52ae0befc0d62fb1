"""A world follows from its seed, its size and its moment, and from nothing else."""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from stalewatch.sdk.records import Outcome
from stalewatch_sandbox.pipeline import Size, generate
from stalewatch_sandbox.project import DEMO_AT
from tests.sandbox.worlds import SMALL, demo_world, open_at, small_world


def test_the_same_seed_makes_the_same_world() -> None:
    again = generate(1, SMALL, DEMO_AT)
    assert repr(again) == repr(small_world())
    assert again == small_world()


def test_another_seed_makes_another_world() -> None:
    names = [{deal.name for deal in small_world(seed).deals} for seed in (1, 2)]
    assert names[0] != names[1]
    assert small_world(1).staff != small_world(2).staff


def test_another_moment_makes_another_world() -> None:
    later = generate(1, SMALL, DEMO_AT + timedelta(days=1))
    assert [deal.created_at for deal in later.deals] != [deal.created_at for deal in small_world().deals]


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        generate(1, SMALL, datetime(2026, 4, 15, 9))  # noqa: DTZ001  # that is the point


def test_the_demo_is_twelve_reps_in_three_teams_with_120_open_deals_and_a_year_behind_them() -> None:
    world = demo_world()
    assert (len(world.staff.reps), len(world.staff.teams), len(world.staff.managers)) == (12, 3, 3)
    assert len(open_at(world, DEMO_AT)) == 120
    closed = [deal for deal in world.known_at(DEMO_AT) if deal.closed_at <= DEMO_AT]
    assert len(closed) == 480
    assert min(deal.closed_at for deal in closed) > DEMO_AT - timedelta(days=375)
    outcomes = Counter(state.outcome for deal in closed if (state := deal.state_at(DEMO_AT)))
    assert 0.3 < outcomes[Outcome.WON] / len(closed) < 0.6
    assert outcomes[Outcome.OPEN] == 0


def test_a_month_before_there_was_a_pipeline_too() -> None:
    then = open_at(demo_world(), DEMO_AT - timedelta(days=30))
    assert 75 <= len(then) <= 150


def test_new_deals_keep_coming_after_the_moment() -> None:
    world = demo_world()
    coming = [deal for deal in world.deals if deal.created_at > DEMO_AT]
    assert len(coming) == world.size.later
    assert max(deal.created_at for deal in coming) < DEMO_AT + timedelta(days=100)


@pytest.mark.parametrize("home", ["en", "ja"])
def test_customers_are_written_in_their_own_language(home: str) -> None:
    world = generate(1, SMALL, DEMO_AT, "en" if home == "en" else "ja")
    for deal in world.deals:
        owner = world.people[deal.owner]
        assert deal.account.language == owner.team.language
        assert deal.name.isascii() is False or deal.account.language == "en"
        assert any("ぁ" <= letter <= "ヿ" or letter >= "一" for letter in deal.name) == (deal.account.language == "ja")


def test_nobody_shares_an_address_and_everybody_lives_at_example() -> None:
    world = demo_world()
    addresses = [person.email for person in world.people.values()]
    assert len(set(addresses)) == len(addresses)
    assert all(address.endswith("@sales.example.com") for address in addresses)
    assert all(deal.account.domain.endswith(".example") for deal in world.deals)


def test_companies_never_run_out_of_names() -> None:
    world = generate(1, Size(open=10, closed=2_000, later=0, leads=0), DEMO_AT)
    by_name = {deal.account.name: deal.account.id for deal in world.deals}
    assert len(by_name) == len({deal.account.id for deal in world.deals})


def test_deals_are_numbered_as_they_come() -> None:
    days = [deal.created_at.date() for deal in demo_world().deals]
    assert all(after - before >= timedelta(days=-1) for before, after in pairwise(days))


def test_a_large_company_works_in_several_countries() -> None:
    world = generate(1, Size(open=320, closed=0, later=0, leads=0), DEMO_AT)
    assert {team.zone for team in world.staff.teams} == {"Asia/Tokyo", "Asia/Singapore", "America/New_York"}


def test_an_empty_company_has_a_rep_and_nothing_to_do() -> None:
    world = generate(1, Size.of(0), DEMO_AT)
    assert (len(world.staff.reps), world.deals, world.leads) == (1, (), ())


@pytest.mark.slow
def test_ten_thousand_deals_take_seconds_and_the_cost_follows_their_number() -> None:
    def cost(deals: int) -> float:
        began = time.process_time()
        world = generate(3, Size(open=deals // 6, closed=deals - deals // 6, later=0, leads=0), DEMO_AT)
        assert len(world.deals) == deals
        return time.process_time() - began

    small, large = cost(2_000), cost(10_000)
    assert large < 5
    assert large < small * 5 * 1.8
