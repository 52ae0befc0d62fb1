"""A part of the problems is held out: nobody hears of them, whatever happens, and the others are compared with them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from stalewatch.domain.learning.effect import Measured
from stalewatch.domain.learning.intervals import Rate
from stalewatch.domain.policies import Holdout
from stalewatch.sdk.records import Activity, ActivityKind, Actor, MeetingState, Outcome
from stalewatch.services.reporting.holding_out import measured
from stalewatch.services.reporting.reports import Visible
from stalewatch.services.reporting.rule_figures import rule_figures
from stalewatch.store.tables import alerts, deliveries, notices
from tests.databases import SQLITE_DAILY
from tests.services.conftest import Founder
from tests.services.heard import QUIET, alert, rows
from tests.services.test_stories_feedback import DIGEST, PLAIN, answered, judging
from tests.services.world import IMMEDIATE, World, at, deal, rulebook

pytestmark = SQLITE_DAILY

HALF = Holdout(share=0.5)
NAMES = tuple(f"deal{number:02}" for number in range(10))
WARNING = QUIET.replace("critical", "warning")


def late_on_monday(found: Founder, **changes: Any) -> World:
    """Ten deals that broke their limit on Saturday, 14 March; about half of them are held out."""
    world = found(PLAIN, judging=judging(holdout=HALF, **changes), speaking=DIGEST)
    world.has(*(deal(name, created_at=at("2026-02-28 10:00")) for name in NAMES))
    for moment in ("2026-03-02 14:00", "2026-03-14 20:00", "2026-03-16 10:00"):
        world.reaches(moment)
    return world


def sides(world: World) -> tuple[list[str], list[str]]:
    """The deals of which somebody was told, and those that are held out."""
    silent = [name for name in NAMES if alert(world, name).holdout]
    return [name for name in NAMES if name not in silent], silent


def seen(world: World, visible: Visible | None = None) -> Measured:
    with world.db.read() as conn:
        [found] = measured(conn, world.book, world.us, visible).values()
    return found


def held(number: str, name: str, when: datetime) -> Activity:
    """A meeting that was held."""
    return Activity(
        id=number, kind=ActivityKind.MEETING, actor=Actor.SELLER, at=when, ends_at=when, meeting=MeetingState.HELD,
        records=(name,),
    )  # fmt: skip


def reaches(world: World, *moments: str) -> World:
    for moment in moments:
        world.reaches(moment)
    return world


def test_both_sides_count_from_when_they_opened_each_problem_once(found: Founder) -> None:
    world = late_on_monday(found)
    told, silent = sides(world)
    assert len(told) >= 3
    assert len(silent) >= 3
    answered(world, told[0], "snooze", "2026-03-16 15:00")
    answered(world, told[1], "false_alarm", "2026-03-16 15:00", why="not_useful")
    for name in (told[2], silent[0]):
        world.crm.activities.append(held(f"m-{name}", name, at("2026-03-17 11:00")))
    world.crm.deals.pop(silent[2])
    reaches(world, "2026-03-17 12:00", "2026-03-18 12:00")
    world.changes(silent[1], modified_at=at("2026-03-19 11:00"), next_step="call them")
    reaches(world, "2026-03-19 12:00", "2026-03-27 12:00")
    assert seen(world).told == seen(world).silent == 0, "ten business days are not over"
    reaches(world, "2026-03-31 12:00", "2026-04-06 12:00")
    assert alert(world, silent[0]).episode == 2, "what is silent again is the same problem"
    now = seen(world)
    assert (now.acted.told, now.acted.silent) == (Rate(2, len(told)), Rate(2, len(silent) - 1))
    assert (now.recovered.told, now.recovered.silent) == (Rate(1, len(told)), Rate(1, len(silent) - 1))
    assert not now.is_enough
    assert seen(world, Visible(frozenset({"tanaka"}))).told == 0
    assert rule_figures(world.db, world.book, {"crm": None}, world.us, None).rules["quiet"].measured == now


def test_another_share_begins_anew_and_none_measures_nothing(found: Founder) -> None:
    world = late_on_monday(found)
    reaches(world, "2026-03-31 12:00")
    assert seen(world).told
    world.book = replace(world.book, judging=judging(holdout=Holdout(share=0.4)))
    reaches(world, "2026-03-31 14:00")
    assert seen(world).told == seen(world).silent == 0
    world.book = replace(world.book, judging=judging())
    with world.db.read() as conn:
        assert measured(conn, world.book, world.us, None) == {}


def test_who_is_critical_is_not_compared_with_those_of_whom_some_are_held_out(found: Founder) -> None:
    world = late_on_monday(found)
    world.book = replace(rulebook(PLAIN.replace("warning", "critical"), judging=judging(holdout=HALF)))
    reaches(world, "2026-03-30 12:00")
    with world.db.read() as conn:
        assert measured(conn, world.book, world.us, None) == {}


# --------------------------------------------------------------------------- the law: nobody hears, and it never flips


def befalls(world: World, dice: Random, number: int) -> None:
    """Something happens to a deal, or to the company."""
    name = dice.choice(NAMES)
    match dice.choice(("meeting", "edit", "owner", "hold", "closed", "rule", "mail", "nothing")):
        case "meeting":
            world.crm.activities.append(held(f"m{number}", name, world.clock.now()))
        case "edit":
            world.changes(name, modified_at=world.clock.now(), stage=dice.choice(("discovery", "proposal")))
        case "owner":
            world.changes(name, owner=dice.choice(("sato", "tanaka")))
        case "hold":
            world.changes(name, hold_until=world.clock.now().date() + timedelta(days=dice.randrange(1, 9)))
        case "closed":
            world.changes(name, outcome=dice.choice((Outcome.OPEN, Outcome.LOST)))
        case "rule":
            text = WARNING.replace("14d", dice.choice(("14d", "12d", "9d")))
            world.book = rulebook(text, judging=judging(holdout=HALF))
        case _:
            world.clock.advance(timedelta(days=dice.randrange(1, 4)))


def holds(world: World, seed: int, steps: int) -> None:
    """After whatever happened: no notice of a silent problem, and a problem is silent in all its episodes or none."""
    dice = Random(seed)  # noqa: S311  # a story by its seed
    world.has(*(deal(name, created_at=at("2026-02-20 10:00")) for name in NAMES))
    for number in range(steps):
        befalls(world, dice, number)
        world.clock.advance(timedelta(hours=dice.randrange(1, 60)))
        world.rounds()
    every = rows(world, alerts)
    silent = {row.id for row in every if row.holdout}
    assert silent
    assert {row.alert_id for row in rows(world, notices)}.isdisjoint(silent), seed
    assert not {row.record_id for row in rows(world, notices)} & {row.record_id for row in every if row.id in silent}
    assert rows(world, deliveries)
    for row in every:
        assert row.holdout is HALF.silences(world.book.by_id["quiet"], row.fingerprint), seed


def test_nobody_hears_of_what_is_held_out_whatever_happens(found: Founder) -> None:
    holds(found(WARNING, judging=judging(holdout=HALF), speaking=IMMEDIATE), seed=7, steps=14)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 103))
def test_nobody_hears_of_what_is_held_out_whatever_happens_long(found: Founder, seed: int) -> None:
    holds(found(WARNING, judging=judging(holdout=HALF), speaking=IMMEDIATE), seed=seed, steps=80)
