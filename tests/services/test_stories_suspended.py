"""What people do about an alert: it is silent for a while, asked again if it is still late, or ended by their word."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from stalewatch.domain.instants import to_us
from stalewatch.domain.policies import ACTS, Holdout
from stalewatch.sdk.records import Activity, ActivityKind, Actor, MeetingState
from stalewatch.services.answering.acts import Acknowledge, Act, Claim, FalseAlarm, Hold, Mistake, Snooze, Until
from stalewatch.services.answering.outcomes import Answer, Office
from stalewatch.services.answering.respond import answer
from stalewatch.services.judging.standing import Standing
from stalewatch.store import writebacks
from tests.databases import SQLITE_DAILY
from tests.services.conftest import Founder
from tests.services.heard import QUIET, alert, called_for, fate, state
from tests.services.test_stories_ladder import CLIMBING, LATE, MANAGER, judging, late
from tests.services.world import World, at, deal

CHANGED, STILL_SILENT, ASKED_AGAIN = "2026-03-17 10:00", "2026-03-23 17:59", "2026-03-23 18:00"
"""Somebody changes a deal on Tuesday; three business days later, over a holiday, it is asked again."""


def slowly(value: Any) -> Any:
    """One more case of a story, told in `make thorough`."""
    return pytest.param(value, marks=pytest.mark.slow)


def answers(world: World, act: Act) -> Answer:
    with world.db.write() as conn:
        return answer(conn, Office(book=world.book), alert(world).id, act, actor="sato", now=world.us, visible=None)


def lives(world: World, *moments: str) -> World:
    for moment in moments:
        world.reaches(moment)
    return world


def stamped(world: World, moment: str, **changes: Any) -> None:
    """Somebody edits the deal in a CRM that says when."""
    world.clock.move_to(at(moment))
    world.changes("acme", modified_at=at(moment), **changes)
    world.rounds()


# --------------------------------------------------------------------------------------------- work in the CRM


@pytest.mark.parametrize(
    "change",
    [{"stage": "proposal"}, slowly({"next_step": "call them"}), slowly({"close_date": date(2026, 5, 1)})],
    ids=["stage", "next step", "close date"],
)
def test_who_works_on_the_deal_is_left_alone_for_three_days(found: Founder, change: dict[str, Any]) -> None:
    world = late(found)
    stamped(world, CHANGED, **change)
    assert (alert(world).hushed_by, alert(world).acted_as) == ("crm_changed", "crm_changed")
    lives(world, "2026-03-19 09:00", STILL_SILENT)
    assert called_for(world) == ["1:breach"]
    lives(world, ASKED_AGAIN, "2026-03-25 18:00")
    assert called_for(world) == ["1:breach", "1:repeat"]
    lives(world, "2026-03-26 09:00")
    assert called_for(world) == ["1:breach", "1:repeat", "1:repeat"], "the ladder goes on from its level, counted anew"


@SQLITE_DAILY
def test_what_changes_by_itself_is_nobodys_work(found: Founder) -> None:
    """A formula has another value, and the CRM says that nobody touched the deal."""
    world = late(found)
    world.changes("acme", modified_at=at("2026-03-10 09:00"))
    lives(world, "2026-03-17 09:00")
    world.changes("acme", stage="proposal")
    lives(world, CHANGED, "2026-03-19 09:00")
    assert called_for(world) == ["1:breach", "1:repeat"]


@pytest.mark.slow
@SQLITE_DAILY
def test_a_field_that_neither_the_rule_nor_a_plan_reads_is_no_answer(found: Founder) -> None:
    world = late(found)
    stamped(world, CHANGED, competitor="Northwind")
    lives(world, "2026-03-19 09:00")
    assert called_for(world) == ["1:breach", "1:repeat"]


@SQLITE_DAILY
def test_before_they_were_told_an_edit_is_no_answer(found: Founder) -> None:
    world = found(CLIMBING, judging=judging())
    world.has(deal("acme", created_at=at("2026-03-02 10:00"), next_step="call"))
    world.reaches("2026-03-02 12:30")
    world.clock.move_to(at(LATE))
    world.syncs()
    world.ticks()
    world.changes("acme", modified_at=at(LATE), next_step="write")
    world.rounds()
    assert fate(world) == {"told": ["breach"]}


@SQLITE_DAILY
def test_what_we_wrote_ourselves_is_nobodys_work(found: Founder) -> None:
    world = late(found)
    with world.db.write() as conn:
        writebacks.add(conn, {
            "id": "w1", "connection": "crm", "record_id": "crm:acme", "object": "deal", "kind": "fields",
            "wish": {"next_step": "call them"}, "actor": "tanaka", "state": "done", "asked_at": world.us,
            "version": to_us(at(CHANGED)), "ended_at": to_us(at(CHANGED)),
        })  # fmt: skip
    stamped(world, CHANGED, next_step="call them")
    lives(world, "2026-03-19 09:00")
    assert called_for(world) == ["1:breach", "1:repeat"]


@pytest.mark.slow
@SQLITE_DAILY
def test_a_project_may_say_that_work_in_the_crm_is_no_answer(found: Founder) -> None:
    world = late(found, acted=frozenset(ACTS) - {"crm_changed"})
    stamped(world, CHANGED, next_step="call them")
    lives(world, "2026-03-19 09:00")
    assert called_for(world) == ["1:breach", "1:repeat"]


# ------------------------------------------------------------------------------------------------ their answers


@SQLITE_DAILY
def test_a_claim_holds_for_a_day_and_an_acknowledgement_for_three(found: Founder) -> None:
    world = lives(late(found), CHANGED)
    answers(world, Claim())
    assert state(world) == "claimed"
    lives(world, "2026-03-18 09:59")
    assert called_for(world) == ["1:breach"]
    lives(world, "2026-03-18 10:00")
    assert (called_for(world), state(world)) == (["1:breach", "1:repeat"], "open")
    answers(world, Acknowledge())
    assert state(world) == "open"
    lives(world, "2026-03-24 17:59")
    assert called_for(world) == ["1:breach", "1:repeat"]
    lives(world, "2026-03-24 18:00")
    assert called_for(world) == ["1:breach", "1:repeat", "1:repeat"]


@SQLITE_DAILY
def test_a_project_may_say_that_a_claim_is_no_answer(found: Founder) -> None:
    world = lives(late(found, acted=frozenset({"acknowledged"})), CHANGED)
    told = answers(world, Claim())
    assert (told.refusal, told.until, state(world)) == (None, None, "open")
    lives(world, "2026-03-19 09:00")
    assert called_for(world) == ["1:breach", "1:repeat"], "the ladder has not stood still"


@pytest.mark.slow
@SQLITE_DAILY
def test_an_answer_in_time_spares_the_manager(found: Founder) -> None:
    world = lives(late(found), "2026-03-19 09:00", "2026-03-23 10:00")
    answers(world, Acknowledge())
    lives(world, MANAGER, "2026-03-26 18:00")
    assert called_for(world) == ["1:breach", "1:repeat", "1:repeat"]
    lives(world, "2026-04-02 09:00")
    assert called_for(world)[3:] == ["1:escalate"]


@SQLITE_DAILY
def test_a_false_alarm_stands_while_the_same_clock_runs(found: Founder) -> None:
    world = lives(late(found), CHANGED)
    answers(world, FalseAlarm(why=Mistake.NOT_TRUE))
    lives(world, "2026-03-19 09:00", MANAGER, "2026-04-20 09:00")
    assert (called_for(world), state(world)) == (["1:breach"], "resolved: false_alarm")
    world.crm.activities.append(_happened("2026-04-20 10:00", meeting=MeetingState.HELD))
    lives(world, "2026-04-20 12:00", "2026-05-08 18:00", "2026-05-11 18:00")
    assert called_for(world)[-1] == "2:breach", "an answer that moves the clock begins a new problem"


# ------------------------------------------------------------------------------------------------ what is awaited


def _happened(when: str, *, meeting: MeetingState | None = None, by: Actor = Actor.SELLER) -> Activity:
    begins = at(when)
    kind = ActivityKind.EMAIL if meeting is None else ActivityKind.MEETING
    ends = None if meeting is None else begins + timedelta(hours=1)
    return Activity(
        id=f"a{when}", kind=kind, actor=by, at=begins, ends_at=ends, recorded_at=min(begins, at(LATE)),
        meeting=meeting, records=("acme",),
    )  # fmt: skip


@SQLITE_DAILY
def test_a_snooze_until_the_customer_writes_ends_with_their_mail(found: Founder) -> None:
    world = lives(late(found), CHANGED)
    answers(world, Snooze(until=to_us(at("2026-03-27 18:00")), reason="they decide", ends=Until.CUSTOMER))
    world.crm.activities.append(_happened("2026-03-18 10:00"))
    lives(world, "2026-03-18 10:30")
    assert (called_for(world), state(world)) == (["1:breach"], "snoozed"), "our own mail is no reply"
    world.crm.activities.append(_happened("2026-03-18 11:00", by=Actor.CUSTOMER))
    lives(world, "2026-03-18 11:30")
    assert (called_for(world), state(world)) == (["1:breach", "1:repeat"], "open")


@pytest.mark.slow
@SQLITE_DAILY
def test_a_snooze_until_a_mail_that_never_comes_ends_on_its_day(found: Founder) -> None:
    world = lives(late(found), CHANGED)
    answers(world, Snooze(until=to_us(at("2026-03-27 18:00")), reason="they decide", ends=Until.CUSTOMER))
    lives(world, "2026-03-27 17:59")
    assert called_for(world) == ["1:breach"]
    lives(world, "2026-03-27 18:00")
    assert called_for(world) == ["1:breach", "1:repeat"]


BY_STAGE = QUIET.replace("{latest_of: [created_at, last_meeting_at, next_meeting_at]}", "stage_entered_at")


@SQLITE_DAILY
@pytest.mark.parametrize("came", [MeetingState.CANCELLED, slowly(MeetingState.HELD), slowly(MeetingState.NO_SHOW)])
def test_a_snooze_until_the_meeting_is_over(found: Founder, came: MeetingState) -> None:
    """Cancelled and nobody there are over, too; a meeting moves no clock of this rule."""
    world = found(BY_STAGE, judging=judging())
    world.has(deal("acme", created_at=at("2026-03-02 10:00"), stage_entered_at=at("2026-03-02 10:00")))
    lives(world, "2026-03-02 12:30", LATE, LATE)
    world.crm.activities = [_happened("2026-03-19 15:00", meeting=MeetingState.PLANNED)]
    lives(world, "2026-03-17 09:00")
    told = answers(world, Snooze(until=to_us(at("2026-03-27 18:00")), reason="we meet", ends=Until.MEETING))
    assert told.refusal is None
    lives(world, "2026-03-19 15:30")
    assert state(world) == "snoozed"
    world.crm.activities = [_happened("2026-03-19 15:00", meeting=came)]
    lives(world, "2026-03-19 16:00")
    assert (called_for(world), state(world)) == (["1:breach", "1:repeat"], "open")


@SQLITE_DAILY
def test_a_hold_until_the_customer_writes_ends_with_their_mail(found: Founder, brought: list[Standing]) -> None:
    """What it waited for came on Wednesday: it is asked again at the close of that day. The wait ends only after the
    sync has read the deal, and that reading counts for nothing any more."""
    world = lives(late(found), CHANGED)
    until = date(2026, 4, 10)
    hold = Hold(until=until, who="Ms Mori", reason="budget", evidence="mail of 16 March", ends=Until.CUSTOMER)
    assert answers(world, hold).refusal is None
    lives(world, "2026-03-17 11:00")
    assert state(world) == "waiting"
    world.crm.activities.append(_happened("2026-03-18 11:00", by=Actor.CUSTOMER))
    assert all(one.table is not None for one in brought)
    lives(world, "2026-03-18 11:30")
    assert [one.past.records for one in brought if one.table is None] == [{}]
    assert called_for(world) == ["1:breach"]
    lives(world, "2026-03-18 18:00")
    assert (called_for(world), state(world)) == (["1:breach", "1:repeat"], "open")


@SQLITE_DAILY
def test_a_hold_ends_on_its_day_without_a_look_at_the_crm(found: Founder) -> None:
    world = lives(late(found), CHANGED)
    hold = Hold(until=date(2026, 3, 24), who="Ms Mori", reason="budget", evidence="mail of 16 March")
    assert answers(world, hold).refusal is None
    lives(world, "2026-03-23 18:00")
    assert (called_for(world), state(world)) == (["1:breach"], "waiting")
    lives(world, "2026-03-24 09:00", "2026-03-24 18:00")
    assert called_for(world) == ["1:breach", "1:repeat"]


# ------------------------------------------------------------------------------------------------ the hold-out


@SQLITE_DAILY
def test_what_is_held_out_lives_and_is_counted_and_nobody_hears_of_it(found: Founder) -> None:
    world = late(found, holdout=Holdout(share=1.0, critical=True))
    lives(world, "2026-03-19 09:00", MANAGER)
    assert (called_for(world), state(world), alert(world).holdout) == ([], "open", True)
    assert alert(world).breached_at is not None
    world.crm.activities.append(_happened("2026-03-24 10:00", meeting=MeetingState.HELD))
    lives(world, "2026-03-24 12:00", "2026-03-24 14:00")
    assert (called_for(world), state(world)) == ([], "resolved: re_anchored")


@pytest.mark.slow
@SQLITE_DAILY
def test_critical_alerts_are_not_held_out_unless_somebody_says_so(found: Founder) -> None:
    assert called_for(late(found, holdout=Holdout(share=1.0))) == ["1:breach"]


def test_when_the_hold_out_ends_what_is_late_is_told(found: Founder) -> None:
    world = late(found, holdout=Holdout(share=1.0, critical=True))
    lives(world, "2026-03-17 09:00")
    world.book = replace(world.book, judging=judging())
    lives(world, CHANGED)
    assert (called_for(world), alert(world).holdout) == (["1:breach"], False)
