"""What is wrong with a deal shows in its evidence, and nothing is wrong with the others."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from stalewatch.sdk.records import Outcome
from stalewatch_sandbox.dice import Dice
from stalewatch_sandbox.pipeline import Size, World, generate
from stalewatch_sandbox.project import DEMO_AT
from stalewatch_sandbox.troubles import RECIPES, Trouble, dealt
from tests.sandbox.judged import Said, said
from tests.sandbox.worlds import DAY, demo_world, in_trouble, open_at

SHOWS_AS = {
    Trouble.GHOSTED: "ghosted",
    Trouble.LONG_SILENT: "ghosted-no-loss-check",
    Trouble.FALLING_SILENT: "ghosted",
    Trouble.NO_NEXT_MEETING: "no-next-meeting",
    Trouble.UNMET: "no-next-meeting",
    Trouble.STUCK_IN_APPROVAL: "stage-time",
    Trouble.SLOW: "stage-time",
    Trouble.PUSHED: "close-date-pushed",
    Trouble.SINGLE_THREADED: "too-few-people",
    Trouble.OVERDUE_STEP: "next-step-overdue",
    Trouble.EMPTY_STEP: "no-next-step",
    Trouble.CLOSE_PASSED: "close-date-past",
    Trouble.CLOSE_SOON: "close-date-past",
    Trouble.EARLY_COMMIT: "commit-without-proof",
    Trouble.AMOUNT_CUT: "amount-dropped",
    Trouble.REGRESSED: "stage-regressed",
    Trouble.FACTS_MISSING: "exit-discovery",
    Trouble.UNWRITTEN: "notes-after-meeting",
}
ONLY_SOON = {Trouble.FALLING_SILENT, Trouble.UNMET, Trouble.CLOSE_SOON}
BIG = Size(open=600, closed=0, later=0, leads=0)


@pytest.fixture(scope="module")
def world() -> World:
    return generate(7, BIG, DEMO_AT)


@pytest.fixture(scope="module")
def told(world: World) -> Said:
    return said(world, DEMO_AT)


def test_every_trouble_has_a_rule_that_sees_it() -> None:
    assert SHOWS_AS.keys() == RECIPES.keys() - {Trouble.NONE}


@pytest.mark.parametrize("trouble", SHOWS_AS)
def test_the_starter_pack_sees_the_trouble(world: World, told: Said, trouble: Trouble) -> None:
    deals = [deal for deal in in_trouble(world, trouble) if _is_watched(world, deal.owner)]
    assert deals
    where = told.soon if trouble in ONLY_SOON else told.late
    assert [deal.id for deal in deals if SHOWS_AS[trouble] not in where.get(deal.id, ())] == []


@pytest.mark.parametrize("trouble", sorted(ONLY_SOON))
def test_what_is_only_due_soon_is_not_late_yet(world: World, told: Said, trouble: Trouble) -> None:
    deals = [deal.id for deal in in_trouble(world, trouble) if _is_watched(world, deal.owner)]
    assert {deal: told.late[deal] for deal in deals if deal in told.late} == {}


def test_of_healthy_deals_it_says_nothing(world: World, told: Said) -> None:
    healthy = {deal.id for deal in in_trouble(world, Trouble.NONE) if _is_watched(world, deal.owner)}
    assert len(healthy) > 200
    assert {deal: told.late[deal] for deal in healthy & told.late.keys()} == {}
    assert len(healthy & told.soon.keys()) < len(healthy) / 20


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_demo_has_a_believable_number_of_nudges(seed: int) -> None:
    world = demo_world(seed)
    told = said(world, DEMO_AT)
    per_rep = Counter(deal.owner for deal in open_at(world, DEMO_AT) if deal.id in told.deals)
    assert 18 <= len(told.late) <= 30
    assert 24 <= len(told.deals) <= 38
    assert max(per_rep.values()) <= 6
    assert len(set().union(*told.late.values())) >= 12


def test_a_month_before_the_same_company_was_no_ruin() -> None:
    moment = DEMO_AT - timedelta(days=30)
    world = demo_world()
    late = said(world, moment).late
    assert 0 < len(late) < len(open_at(world, moment)) * 0.35


def test_shares_hold_as_exactly_as_whole_deals_allow() -> None:
    counted = Counter(dealt(1_000, Dice("any")))
    assert {trouble: counted[trouble] for trouble in SHOWS_AS} == {
        trouble: RECIPES[trouble].share for trouble in SHOWS_AS
    }
    assert len(dealt(7, Dice("any"))) == 7


def test_a_ghosted_deal_answers_or_is_lost_in_silence(world: World) -> None:
    ends = Counter(_after_silence(world, deal.id) for deal in in_trouble(world, Trouble.GHOSTED))
    assert set(ends) == {"answered", "silent"}


def test_troubles_end(world: World) -> None:
    later = DEMO_AT + 60 * DAY
    assert {deal.trouble_at(later) for deal in world.known_at(later)} == {Trouble.NONE}


def _after_silence(world: World, deal_id: str) -> str:
    deal = next(deal for deal in world.deals if deal.id == deal_id)
    now, end = deal.state_at(DEMO_AT), deal.state_at(deal.closed_at)
    assert now is not None
    assert end is not None
    if end.last_customer_action_at == now.last_customer_action_at:
        assert (end.outcome, end.loss_reason) == (Outcome.LOST, "silent")
        return "silent"
    return "answered"


def _is_watched(world: World, owner: str) -> bool:
    """Teams elsewhere live by other holidays than the calendar of this test."""
    return world.people[owner].team.country == "JP"


def test_a_world_has_silence_in_the_negotiation_only_if_it_is_asked_for() -> None:
    usual = Size(open=40, closed=10, later=20, leads=10)
    world = generate(1, replace(usual, silent=8), DEMO_AT)
    silent = in_trouble(world, Trouble.SILENT_IN_NEGOTIATION)
    assert len(silent) == 8
    assert len(open_at(world, DEMO_AT)) == 48
    for deal in silent:
        truth, later = deal.state_at(DEMO_AT), deal.state_at(DEMO_AT + 4 * DAY)
        assert truth is not None
        assert later is not None
        assert truth.stage == "negotiation"
        assert truth.seller_touches_since_customer in (1, 2)
        assert later.last_customer_action_at == truth.last_customer_action_at
    assert in_trouble(generate(1, usual, DEMO_AT), Trouble.SILENT_IN_NEGOTIATION) == []
