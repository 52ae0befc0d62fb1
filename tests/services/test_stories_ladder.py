"""Ladders of escalation: who hears next of what nobody acts on, when, and what lets the ladder stand still."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.language.model import Mode
from stalewatch.domain.levels import Ladders, Level
from stalewatch.domain.policies import Judging
from stalewatch.sdk.errors import TargetGone
from stalewatch.sdk.notifier import Style
from stalewatch.sdk.records import Activity, ActivityKind, Actor, MeetingState
from stalewatch.store.tables import alerts, notices
from tests.databases import SQLITE_DAILY
from tests.services.conftest import Founder
from tests.services.heard import QUIET, alert, called_for, rows, state
from tests.services.world import IMMEDIATE, World, at, deal

LATE = "2026-03-16 18:00"
"""When a deal that was created on 2 March is late, and its owner is told. 20 March is a holiday."""
AGAIN, MANAGER, DESK = "2026-03-19 09:00", "2026-03-24 09:00", "2026-03-31 09:00"
"""Three, five and ten business days after that."""


def days(many: int, *to: str, **more: Any) -> Level:
    return Level(after=Duration(many, Unit.BUSINESS_DAY), to=to, **more)


STANDARD = (days(3, "owner", again=True), days(5, "owner.manager"), days(10, "#deal-desk", stop=True))
CLIMBING = QUIET.replace("severity: critical", "severity: critical\n    escalate: standard")


def judging(*levels: Level, **more: Any) -> Judging:
    known: dict[str, Any] = {"mode": Mode.LIVE, "rollout": None, "storm_guard": None, "currency": "JPY"}
    return Judging(**known | {"ladders": Ladders(named={"standard": levels or STANDARD})} | more)


def late(found: Founder, *levels: Level, told: str = LATE, **more: Any) -> World:
    """A deal that is late and whose owner was told, by a rule with a ladder."""
    world = found(CLIMBING, judging=judging(*levels, **more))
    world.has(deal("acme", created_at=at("2026-03-02 10:00"), next_step="call"))
    world.reaches("2026-03-02 12:30")
    world.clock.move_to(at(LATE))
    world.syncs()
    world.ticks()
    world.reaches(told)
    world.rounds()
    return world


def meeting(start: str, planned: MeetingState) -> Activity:
    begins = at(start)
    return Activity(
        id="m1", kind=ActivityKind.MEETING, actor=Actor.SELLER, at=begins, ends_at=begins + timedelta(hours=1),
        recorded_at=at("2026-03-19 09:30"), meeting=planned, records=("acme",),
    )  # fmt: skip


def heard(world: World) -> list[tuple[str, str, str]]:
    """(kind, target, day) of everything that was told, but for the warning."""
    told = [row for row in rows(world, notices) if row.state == "told" and row.kind != "warn"]
    zone = at(LATE).tzinfo
    return [
        (row.kind, row.target, f"{world.clock.now().fromtimestamp(row.told_at / 1e6, zone):%m-%d %H:%M}")
        for row in sorted(told, key=lambda row: row.told_at)
    ]


def test_who_does_nothing_hears_again_then_the_manager_then_the_desk(found: Founder) -> None:
    world = late(found)
    for moment in (
        "2026-03-19 08:59",
        AGAIN,
        "2026-03-23 18:00",
        MANAGER,
        "2026-03-30 18:00",
        DESK,
        "2026-04-20 09:00",
    ):
        world.reaches(moment)
    assert heard(world) == [
        ("breach", "person:sato@acme.example", "03-16 18:00"),
        ("repeat", "person:sato@acme.example", "03-19 09:00"),
        ("escalate", "person:tanaka@acme.example", "03-24 09:00"),
        ("escalate", "channel:#deal-desk", "03-31 09:00"),
    ]
    keys = [row.key for row in rows(world, notices) if row.kind == "escalate"]
    assert [key.split(":", 2)[2] for key in keys] == [
        "escalate:2:person:tanaka@acme.example", "escalate:3:channel:#deal-desk",
    ]  # fmt: skip


def test_the_time_counts_from_when_the_message_was_delivered(found: Founder) -> None:
    """Nothing is sent until the next morning: three days from then, and not from the deadline."""
    world = late(found, told="2026-03-17 10:00")
    for moment in (AGAIN, "2026-03-20 10:00"):
        world.reaches(moment)
    assert heard(world) == [("breach", "person:sato@acme.example", "03-17 10:00")]
    world.reaches("2026-03-23 09:00")
    assert called_for(world) == ["1:breach", "1:repeat"]


@pytest.mark.slow
@SQLITE_DAILY
def test_a_later_edit_of_the_file_leaves_a_running_ladder_alone(found: Founder) -> None:
    world = late(found)
    world.book = replace(world.book, judging=judging(days(1, "#elsewhere")))
    world.reaches(AGAIN)
    assert called_for(world)[-1] == "1:repeat"
    world.has(deal("bolt", created_at=at("2026-03-06 10:00"), next_step="call"))
    for moment in ("2026-03-19 10:00", "2026-03-20 18:00", "2026-03-23 09:00", "2026-03-24 09:00"):
        world.reaches(moment)
    assert [level["to"] for level in alert(world, "bolt").ladder] == [["#elsewhere"]]


@SQLITE_DAILY
def test_a_rule_without_a_ladder_repeats_itself_once_and_tells_nobody_above(found: Founder) -> None:
    world = found(QUIET, judging=judging(ladders=Ladders()))
    world.has(deal("acme", created_at=at("2026-03-02 10:00"), next_step="call"))
    for moment in ("2026-03-02 12:30", LATE, LATE, AGAIN, MANAGER, DESK):
        world.reaches(moment)
    assert called_for(world) == ["1:breach", "1:repeat"]


@pytest.mark.slow
@SQLITE_DAILY
def test_a_rule_that_names_one_in_a_project_without_any_tells_the_manager_after_five_days(found: Founder) -> None:
    world = late(found, ladders=Ladders())
    for moment in (AGAIN, MANAGER, DESK):
        world.reaches(moment)
    assert called_for(world) == ["1:breach", "1:repeat", "1:escalate"]


@pytest.mark.slow
@SQLITE_DAILY
def test_hours_are_counted_as_hours_and_an_immediate_word_goes_at_once(found: Founder) -> None:
    hours = Level(after=Duration(4, Unit.BUSINESS_HOUR), to=("owner",), again=True)
    world = late(found, hours, days(1, "owner.manager", style=Style.IMMEDIATE))
    for moment in ("2026-03-17 09:00", "2026-03-17 12:59"):
        world.reaches(moment)
    assert called_for(world) == ["1:breach"]
    for moment in ("2026-03-17 13:00", "2026-03-17 18:00", "2026-03-18 09:00"):
        world.reaches(moment)
    assert heard(world)[1:] == [
        ("repeat", "person:sato@acme.example", "03-17 13:00"),
        ("escalate", "person:tanaka@acme.example", "03-18 09:00"),
    ]


@SQLITE_DAILY
def test_a_wait_lets_it_stand_still_and_afterwards_it_counts_anew(found: Founder) -> None:
    world = late(found)
    world.reaches("2026-03-18 10:00")
    world.changes("acme", hold_until=date(2026, 3, 25), hold_set_at=at("2026-03-18 10:00"))
    for moment in ("2026-03-18 11:00", AGAIN, MANAGER):
        world.reaches(moment)
    assert (called_for(world), state(world)) == (["1:breach"], "waiting")
    for moment in ("2026-03-25 17:59", "2026-03-25 18:00", "2026-03-27 18:00", "2026-03-30 09:00"):
        world.reaches(moment)
    assert heard(world)[1:] == [
        ("repeat", "person:sato@acme.example", "03-25 18:00"),
        ("repeat", "person:sato@acme.example", "03-30 09:00"),
    ]


@pytest.mark.slow
@SQLITE_DAILY
def test_in_shadow_nothing_climbs(found: Founder) -> None:
    world = late(found, mode=Mode.SHADOW)
    for moment in (AGAIN, MANAGER, DESK):
        world.reaches(moment)
    assert called_for(world) == []


@SQLITE_DAILY
def test_a_reopened_alert_goes_on_from_its_level(found: Founder) -> None:
    world = late(found)
    world.reaches(AGAIN)
    world.crm.activities.append(meeting("2026-04-20 10:00", MeetingState.PLANNED))
    for moment in ("2026-03-19 10:00", "2026-03-19 12:00"):
        world.reaches(moment)
    world.crm.activities = [meeting("2026-04-20 10:00", MeetingState.CANCELLED)]
    for moment in ("2026-03-23 10:00", "2026-03-23 10:01", MANAGER, "2026-03-27 18:00"):
        world.reaches(moment)
    assert called_for(world) == ["1:breach", "1:repeat", "1:resolve", "1:reopen"]
    world.reaches("2026-03-30 09:00")
    assert called_for(world)[4:] == ["1:escalate"]


@SQLITE_DAILY
def test_a_desk_that_is_gone_is_passed_over_for_the_operator(found: Founder) -> None:
    world = late(found, days(1, "#deal-desk", style=Style.IMMEDIATE))
    world.speaking = replace(world.speaking, operator_channel="#revops")
    world.mail.faults = [TargetGone("no such channel")]
    for moment in ("2026-03-17 09:00", "2026-03-17 09:01"):
        world.reaches(moment)
    assert [row.target for row in rows(world, notices) if row.kind == "escalate"] == ["operator"]


def team_of_seven(found: Founder, *levels: Level, **more: Any) -> World:
    """Seven deals of Sato's that became late together."""
    world = found(CLIMBING, judging=judging(*levels), **more)
    names = [f"deal{number}" for number in range(7)]
    world.has(*(deal(name, created_at=at("2026-03-02 10:00"), next_step="call") for name in names))
    for moment in ("2026-03-02 12:30", LATE, LATE):
        world.reaches(moment)
    return world


def passed_on(world: World) -> list[tuple[str, str, str | None]]:
    """(style, state, reason) of what the manager hears."""
    return [(row.style, row.state, row.reason) for row in rows(world, notices) if row.kind == "escalate"]


@SQLITE_DAILY
def test_a_manager_hears_of_five_one_by_one_and_of_the_others_in_the_digest(found: Founder) -> None:
    world = team_of_seven(found, days(1, "owner.manager", style=Style.IMMEDIATE))
    for moment in ("2026-03-17 09:00", "2026-03-17 09:01"):
        world.reaches(moment)
    told = passed_on(world)
    assert told.count(("immediate", "told", "now")) == 5
    assert told.count(("digest", "told", "budget_spent")) == 2
    styles = [message.style for message in world.mail.messages if "tanaka" in message.target]
    assert styles == [Style.IMMEDIATE] * 5 + [Style.DIGEST]


@SQLITE_DAILY
def test_a_level_that_a_tick_finds_seconds_later_goes_with_that_mornings_digest(found: Founder) -> None:
    world = late(found)
    for moment in (AGAIN, "2026-03-24 08:59:50", "2026-03-24 09:00:07", "2026-03-24 09:01:10"):
        world.reaches(moment)
    assert heard(world)[-1] == ("escalate", "person:tanaka@acme.example", "03-24 09:01")


@pytest.mark.slow
@SQLITE_DAILY
def test_the_digest_of_a_manager_shows_five_and_sums_up_all(found: Founder) -> None:
    world = team_of_seven(found, days(1, "owner.manager"))
    for moment in ("2026-03-17 09:00", "2026-03-17 09:01"):
        world.reaches(moment)
    digest = next(message for message in world.mail.messages if "tanaka" in message.target)
    assert (digest.title.split(" without")[0], len(digest.entries)) == ("7 deals", 5)


@pytest.mark.slow
@SQLITE_DAILY
def test_the_ceiling_is_the_projects(found: Founder) -> None:
    speaking = replace(IMMEDIATE, escalations_per_day=2)
    world = team_of_seven(found, days(1, "owner.manager"), speaking=speaking)
    for moment in ("2026-03-17 09:00", "2026-03-17 09:01"):
        world.reaches(moment)
    digest = next(message for message in world.mail.messages if "tanaka" in message.target)
    assert (digest.title.split(" without")[0], len(digest.entries)) == ("7 deals", 2)


@pytest.mark.slow
@SQLITE_DAILY
def test_immediate_escalations_count_against_the_budget_of_a_day(found: Founder) -> None:
    """Three a day at once, whatever the ceiling of escalations; the fourth waits for the digest."""
    speaking = replace(IMMEDIATE, immediate_per_day=3)
    world = team_of_seven(found, days(1, "owner.manager", style=Style.IMMEDIATE), speaking=speaking)
    daily = []
    for moment in ("2026-03-17 09:00", "2026-03-18 09:00", "2026-03-19 09:00"):
        before = len(world.mail.messages)
        world.reaches(moment)
        styles = [one.style for one in world.mail.messages[before:] if "tanaka" in one.target]
        daily.append((styles.count(Style.IMMEDIATE), styles.count(Style.DIGEST)))
    assert daily == [(3, 0), (3, 0), (0, 1)], "Sato heard of them on two days; the seventh waits for a digest"


@pytest.mark.slow
@SQLITE_DAILY
def test_two_deals_that_become_one_go_on_from_the_higher_level(found: Founder) -> None:
    world = late(found)
    world.reaches(AGAIN)
    world.has(deal("bolt", created_at=at("2026-03-02 10:00"), next_step="call"))
    for moment in ("2026-03-19 10:00", "2026-03-19 10:05"):
        world.reaches(moment)
    assert (alert(world).climbed, alert(world, "bolt").climbed) == (1, 0)
    world.crm.deals.pop("acme")
    world.crm.deals.pop("bolt")
    world.has(deal("both", created_at=at("2026-03-02 10:00"), next_step="call"))
    world.crm.merged |= {"acme": "both", "bolt": "both"}
    for moment in ("2026-03-19 11:00", "2026-03-19 11:05"):
        world.reaches(moment)
    assert [row.climbed for row in rows(world, alerts) if row.state != "resolved"] == [1]
    world.reaches(MANAGER)
    assert [row.kind for row in rows(world, notices) if row.kind == "escalate"] == ["escalate"]
