"""The table of episodes in rules.md, row by row, from the CRM to the notices, on both databases."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from stalewatch.domain.instants import to_us
from stalewatch.sdk.records import Activity, ActivityKind, Actor, MeetingState, Outcome
from stalewatch.services.answering.outcomes import Answer, Refusal
from tests.services.answered import snoozes
from tests.services.conftest import Founder
from tests.services.heard import EMPTY_STEP, QUIET, alert, called_for, count_to, state
from tests.services.world import World, at, deal

WARNED, LATE = "2026-03-12 09:00", "2026-03-16 18:00"
"""A deal that was created on 2 March is at risk on the 12th and late at the close of the 16th."""


def meeting(name: str, start: str, booked: str, planned: MeetingState = MeetingState.PLANNED) -> Activity:
    begins = at(start)
    return Activity(
        id=name, kind=ActivityKind.MEETING, actor=Actor.SELLER, at=begins, ends_at=begins + timedelta(hours=1),
        recorded_at=at(booked), meeting=planned, records=("acme",),
    )  # fmt: skip


def born_on_march_2(world: World) -> World:
    world.has(deal("acme", created_at=at("2026-03-02 10:00"), next_step="call"))
    world.reaches("2026-03-02 12:30")
    return world


def late(found: Founder) -> World:
    """A deal that is late and whose owner was told."""
    world = born_on_march_2(found(QUIET))
    world.reaches(LATE)
    return world


def snoozed(world: World, until: str, *, reason: str = "the customer is away") -> Answer:
    moment = to_us(at(until))
    return snoozes(world, alert(world).id, moment, reason=reason)


def test_at_risk_then_breached_then_three_more_ticks(found: Founder) -> None:
    world = born_on_march_2(found(QUIET))
    world.reaches("2026-03-12 08:59")
    assert called_for(world) == []
    world.reaches(WARNED)
    assert called_for(world) == ["1:warn"]
    for moment in (LATE, "2026-03-16 18:01", "2026-03-17 09:00", "2026-03-19 09:00"):
        world.reaches(moment)
    assert called_for(world) == ["1:warn", "1:breach"]
    assert count_to(world) == 2


def test_a_held_meeting_ends_the_episode_and_the_next_silence_is_another_one(found: Founder) -> None:
    world = late(found)
    world.crm.activities.append(meeting("m1", "2026-03-17 10:00", "2026-03-17 11:00", MeetingState.HELD))
    world.reaches("2026-03-17 12:00")
    assert state(world) == "resolving"
    world.reaches("2026-03-17 14:00")
    assert state(world) == "resolved: re_anchored"
    world.reaches("2026-03-27 09:00")
    world.reaches("2026-03-31 18:00")
    assert called_for(world) == ["1:breach", "1:resolve", "2:warn", "2:breach"]


def booked_then_cancelled(found: Founder, cancelled: str) -> World:
    world = late(found)
    world.crm.activities.append(meeting("m1", "2026-04-20 10:00", "2026-03-17 09:30"))
    world.reaches("2026-03-17 10:00")
    world.reaches("2026-03-17 12:00")
    assert state(world) == "resolved: re_anchored"
    world.crm.activities[0] = meeting("m1", "2026-04-20 10:00", "2026-03-17 09:30", MeetingState.CANCELLED)
    world.reaches(cancelled)
    return world


def test_a_meeting_that_is_cancelled_within_three_business_days_reopens_the_episode(found: Founder) -> None:
    assert called_for(booked_then_cancelled(found, "2026-03-19 10:00")) == ["1:breach", "1:resolve", "1:reopen"]


def test_a_meeting_that_is_cancelled_later_is_a_new_episode(found: Founder) -> None:
    assert called_for(booked_then_cancelled(found, "2026-03-26 10:00")) == ["1:breach", "1:resolve", "2:breach"]


def test_satisfied_for_an_hour_only_says_nothing_more(found: Founder) -> None:
    world = late(found)
    world.crm.activities.append(meeting("m1", "2026-04-20 10:00", "2026-03-17 09:30"))
    world.reaches("2026-03-17 10:00")
    world.crm.activities[0] = meeting("m1", "2026-04-20 10:00", "2026-03-17 09:30", MeetingState.CANCELLED)
    world.reaches("2026-03-17 11:00")
    world.reaches("2026-03-18 11:00")
    assert called_for(world) == ["1:breach"]
    assert state(world) == "open"


def test_snoozed_over_the_breach(found: Founder) -> None:
    world = born_on_march_2(found(QUIET))
    world.reaches(WARNED)
    assert snoozed(world, "2026-03-18 09:00").refusal is None
    world.reaches(LATE)
    assert (called_for(world), state(world)) == (["1:warn"], "snoozed")
    world.reaches("2026-03-18 09:00")
    assert called_for(world) == ["1:warn", "1:breach"]
    assert count_to(world) == 2


def test_snoozed_after_the_breach_is_asked_again(found: Founder) -> None:
    world = late(found)
    snoozed(world, "2026-03-18 09:00")
    world.reaches("2026-03-18 08:59")
    assert called_for(world) == ["1:breach"]
    world.reaches("2026-03-18 09:00")
    world.reaches("2026-03-19 09:00")
    assert called_for(world) == ["1:breach", "1:repeat"]
    assert count_to(world) == 2


def test_a_snooze_belongs_to_its_episode(found: Founder) -> None:
    world = late(found)
    snoozed(world, "2026-03-27 09:00")
    world.crm.activities.append(meeting("m1", "2026-03-17 10:00", "2026-03-17 11:00", MeetingState.HELD))
    world.reaches("2026-03-17 12:00")
    world.reaches("2026-03-17 14:00")
    assert state(world) == "resolved: re_anchored"
    world.reaches("2026-03-31 18:00")
    assert called_for(world) == ["1:breach", "1:resolve", "2:breach"]
    assert alert(world).snoozes == 0


def test_emptied_filled_and_emptied_again_reopens_a_since_clock(found: Founder) -> None:
    world = found(EMPTY_STEP)
    world.has(deal("acme", created_at=at("2026-03-02 10:00"), next_step="call"))
    world.reaches("2026-03-02 13:00")
    world.changes("acme", next_step="")
    world.reaches("2026-03-03 10:00")
    world.reaches("2026-03-05 18:00")
    assert called_for(world) == ["1:breach"]
    world.changes("acme", next_step="visit")
    world.reaches("2026-03-06 10:00")
    world.reaches("2026-03-06 12:00")
    assert state(world) == "resolved: satisfied"
    world.changes("acme", next_step="")
    world.reaches("2026-03-09 10:00")
    world.reaches("2026-03-11 17:59")
    assert called_for(world) == ["1:breach", "1:resolve"]
    world.reaches("2026-03-11 18:00")
    assert called_for(world) == ["1:breach", "1:resolve", "1:reopen"]


def test_a_won_deal_resolves_at_once(found: Founder) -> None:
    world = late(found)
    world.changes("acme", outcome=Outcome.WON, closed_at=at("2026-03-17 09:00"))
    world.reaches("2026-03-17 09:05")
    assert (called_for(world), state(world)) == (["1:breach", "1:resolve"], "resolved: closed")


def test_the_third_snooze_is_refused(found: Founder) -> None:
    world = late(found)
    assert snoozed(world, "2026-03-17 18:00").refusal is None
    assert snoozed(world, "2026-03-18 18:00").refusal is None
    assert snoozed(world, "2026-03-19 18:00").refusal is Refusal.TOO_OFTEN


def test_a_snooze_has_a_reason_an_end_ahead_and_lasts_ten_business_days_at_most(found: Founder) -> None:
    world = late(found)
    assert snoozed(world, "2026-03-18 18:00", reason=" ").refusal is Refusal.REASON_MISSING
    assert snoozed(world, "2026-03-16 17:00").refusal is Refusal.IN_THE_PAST
    tenth = datetime.fromisoformat("2026-03-31 18:00")  # the 20th is a holiday
    assert snoozed(world, f"{tenth + timedelta(seconds=1)}").refusal is Refusal.TOO_LONG
    assert snoozed(world, f"{tenth}").refusal is None


def test_two_meetings_without_notes_are_two_problems(found: Founder) -> None:
    world = found("""
stalewatch: 1
pack: small
title: {en: Small, ja: 小}
rules:
  - id: notes
    title: {en: Notes, ja: 記録}
    watch: deal
    start: {each: meeting}
    within: 24h
    until: {entered: [meeting_notes]}
    severity: info
""")
    world.has(deal("acme", created_at=at("2026-03-02 10:00"), meeting_notes=""))
    world.reaches("2026-03-02 13:00")
    for day in (3, 5):
        world.crm.activities.append(meeting(f"m{day}", f"2026-03-0{day} 10:00", "2026-03-02 12:00", MeetingState.HELD))
        world.reaches(f"2026-03-0{day} 12:00")
        world.reaches(f"2026-03-0{day + 1} 11:00")
    assert called_for(world) == ["1:breach", "1:breach"]
    assert count_to(world) == 2


def test_a_new_owner_is_told_of_the_same_alert(found: Founder) -> None:
    world = late(found)
    world.changes("acme", owner="tanaka")
    world.reaches("2026-03-17 10:00")
    assert (state(world), alert(world).episode) == ("open", 1)
    assert count_to(world, "tanaka") == 1
    world.reaches("2026-03-17 11:00")
    assert (count_to(world, "sato"), count_to(world, "tanaka")) == (1, 1)


def test_a_wait_is_never_a_resolve_and_asks_again_at_the_close_of_its_last_day(found: Founder) -> None:
    world = late(found)
    world.changes("acme", hold_set_at=at("2026-03-17 09:30"), hold_until=date(2026, 3, 24))
    world.reaches("2026-03-17 10:00")
    assert state(world) == "waiting"
    world.reaches("2026-03-24 09:00")
    assert called_for(world) == ["1:breach"], "the day belongs to the owner"
    world.reaches("2026-03-24 18:00")
    assert called_for(world) == ["1:breach", "1:repeat"]


def test_a_wait_that_moves_a_deadline_ahead_again_ends_the_lateness_and_is_asked_about_at_the_new_one(
    found: Founder,
) -> None:
    world = late(found)
    world.changes("acme", hold_set_at=at("2026-03-10 09:30"), hold_until=date(2026, 3, 24))
    world.reaches("2026-03-17 10:00")
    assert (state(world), alert(world).breached_at) == ("waiting", None)
    world.reaches("2026-03-24 18:00")
    assert called_for(world) == ["1:breach"]
    world.reaches("2026-03-30 18:00")  # fourteen days were paused
    assert called_for(world) == ["1:breach", "1:repeat"]
    assert alert(world).breached_at is not None


def test_a_wait_before_the_deadline_moves_it(found: Founder) -> None:
    world = born_on_march_2(found(QUIET))
    world.changes("acme", hold_set_at=at("2026-03-04 10:00"), hold_until=date(2026, 3, 9))
    world.reaches("2026-03-04 10:05")
    world.reaches(LATE)
    assert called_for(world) == []
    world.reaches("2026-03-17 09:00")  # five days were taken out: late on the 21st, at risk from the 17th
    assert called_for(world) == ["1:warn"]
    world.reaches("2026-03-21 18:00")
    assert called_for(world) == ["1:warn", "1:breach"]


def test_a_meeting_ends_by_itself(found: Founder) -> None:
    world = born_on_march_2(found(QUIET))
    world.crm.activities.append(meeting("m1", "2026-03-10 10:00", "2026-03-05 10:00"))
    world.reaches("2026-03-05 12:00")
    for moment in ("2026-03-10 11:00", "2026-03-20 08:59"):
        world.reaches(moment)
    assert called_for(world) == []
    world.reaches("2026-03-24 18:00")
    assert called_for(world) == ["1:breach"]
