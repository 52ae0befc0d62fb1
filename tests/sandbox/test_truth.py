"""The truth about a deal is what its life says, and nobody knows the future."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as some

from stalewatch.sdk.records import Actor, Outcome
from stalewatch_sandbox.happenings import (
    Closed,
    FieldSet,
    Happening,
    MeetingBooked,
    MeetingCancelled,
    MeetingHeld,
    PersonJoined,
    StageEntered,
    Touch,
)
from stalewatch_sandbox.opportunity import Opportunity
from stalewatch_sandbox.project import DEMO_AT
from stalewatch_sandbox.truth import truth_of
from tests.sandbox.worlds import demo_world

DEALS = demo_world().deals
lives = some.sampled_from(DEALS)


@some.composite
def moments(draw: some.DrawFn) -> tuple[Opportunity, datetime]:
    """A deal and a moment of its life: any, or exactly that of one of its happenings."""
    deal = draw(lives)
    if draw(some.booleans()):
        return deal, draw(some.sampled_from(deal.life)).at
    seconds = int((deal.closed_at - deal.created_at).total_seconds())
    return deal, deal.created_at + timedelta(seconds=draw(some.integers(0, seconds + 86_400)))


def past(deal: Opportunity, moment: datetime) -> list[Happening]:
    return [step for step in deal.life if step.at <= moment]


def customer_acts(deal: Opportunity, moment: datetime) -> list[datetime]:
    """Every mail and call of theirs, and the end of every meeting, by looking at all of them."""
    return [
        step.at
        for step in past(deal, moment)
        if isinstance(step, MeetingHeld) or (isinstance(step, Touch) and step.by is Actor.CUSTOMER)
    ]


@given(moments())
def test_the_last_customer_action_is_the_latest_thing_the_customer_did(case: tuple[Opportunity, datetime]) -> None:
    truth = truth_of(*case)
    assert truth is not None
    assert truth.last_customer_action_at == max(customer_acts(*case), default=None)


@given(moments())
def test_our_own_mails_count_from_there_and_reset_nothing(case: tuple[Opportunity, datetime]) -> None:
    truth = truth_of(*case)
    since = max(customer_acts(*case), default=datetime.min.replace(tzinfo=UTC))
    ours = [step.at for step in past(*case) if isinstance(step, Touch) and step.by is Actor.SELLER]
    assert truth is not None
    assert truth.seller_touches_since_customer == sum(at > since for at in ours)


@given(moments())
def test_the_stage_clock_starts_with_the_last_visit(case: tuple[Opportunity, datetime]) -> None:
    truth = truth_of(*case)
    visits = [step for step in past(*case) if isinstance(step, StageEntered)]
    assert truth is not None
    assert (truth.stage, truth.stage_entered_at) == (visits[-1].stage, visits[-1].at)
    assert all(before.stage != after.stage for before, after in pairwise(visits))


@given(moments())
def test_meetings_are_ahead_until_they_end(case: tuple[Opportunity, datetime]) -> None:
    deal, moment = case
    steps = past(deal, moment)
    gone = {step.id for step in steps if isinstance(step, MeetingCancelled)}
    booked = [step for step in steps if isinstance(step, MeetingBooked) and step.id not in gone]
    truth = truth_of(deal, moment)
    assert truth is not None
    if truth.outcome is Outcome.OPEN:
        assert truth.next_meeting_at == min((one.starts_at for one in booked if one.ends_at > moment), default=None)
    assert truth.last_meeting_at == max((one.starts_at for one in booked if one.ends_at <= moment), default=None)


@given(moments())
def test_a_push_is_a_week_or_more(case: tuple[Opportunity, datetime]) -> None:
    dates = [step.value for step in past(*case) if isinstance(step, FieldSet) and step.field == "close_date"]
    told = [value for value in dates if isinstance(value, date)]
    truth = truth_of(*case)
    assert truth is not None
    assert truth.close_date_pushes == sum((after - before).days >= 7 for before, after in pairwise(told))


@given(moments())
def test_people_are_those_who_joined(case: tuple[Opportunity, datetime]) -> None:
    joined = {step.contact for step in past(*case) if isinstance(step, PersonJoined)}
    truth = truth_of(*case)
    assert truth is not None
    assert truth.stakeholders == len(joined)


@given(lives)
def test_a_life_is_in_order_and_ends_with_its_end(deal: Opportunity) -> None:
    assert all(before.at <= after.at for before, after in pairwise(deal.life))
    assert isinstance(deal.life[0], StageEntered)
    assert [step for step in deal.life if isinstance(step, Closed)] == [deal.life[-1]]


@given(lives)
def test_meetings_are_booked_before_and_held_once(deal: Opportunity) -> None:
    booked: dict[str, MeetingBooked] = {}
    for step in deal.life:
        if isinstance(step, MeetingBooked):
            assert step.at < step.starts_at < step.ends_at
            assert step.contacts
            assert step.id not in booked
            booked[step.id] = step
        elif isinstance(step, MeetingHeld):
            assert step.at == booked.pop(step.id).ends_at
        elif isinstance(step, MeetingCancelled):
            assert step.at < booked.pop(step.id).starts_at
    assert booked == {}


@given(lives)
def test_nobody_is_written_to_or_invited_before_they_are_known(deal: Opportunity) -> None:
    known: set[str] = set()
    for step in deal.life:
        if isinstance(step, PersonJoined):
            known.add(step.contact)
        elif isinstance(step, Touch):
            assert step.contact in known
        elif isinstance(step, MeetingBooked):
            assert set(step.contacts) <= known


@given(lives)
def test_people_meet_in_working_hours(deal: Opportunity) -> None:
    zone = demo_world().people[deal.owner].team.workdays(DEMO_AT.astimezone(UTC).date()).zone
    for step in deal.life:
        local = step.at.astimezone(zone)
        assert local.weekday() < 5
        assert 9 <= local.hour < 19


def test_before_it_was_created_a_deal_is_not_there() -> None:
    deal = DEALS[0]
    assert truth_of(deal, deal.created_at - timedelta(microseconds=1)) is None
    assert truth_of(deal, deal.created_at) is not None


def test_some_deals_change_hands_within_a_team() -> None:
    world = demo_world()
    handed = [deal for deal in world.deals if (end := deal.state_at(deal.closed_at)) and end.owner != deal.owner]
    assert handed
    for deal in handed:
        end = deal.state_at(deal.closed_at)
        assert end is not None
        assert world.people[end.owner].team == world.people[deal.owner].team
