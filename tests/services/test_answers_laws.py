"""Laws of answers: whatever people answer while time passes and the CRM changes, what is suspended is silent, and
each answer that was taken is one row, one line of the log, and no more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from stalewatch.domain.instants import HOUR, from_us
from stalewatch.domain.writebacks import Writeback
from stalewatch.sdk.records import Activity, ActivityKind, Actor
from stalewatch.services.answering.acts import (
    Acknowledge,
    Act,
    Claim,
    FalseAlarm,
    Hold,
    Lose,
    LossCheck,
    LossTag,
    Meet,
    Mistake,
    Snooze,
    Until,
)
from stalewatch.services.answering.outcomes import Office, Refusal
from stalewatch.store.tables import alerts, audit, notices, waits
from stalewatch.store.tables import answers as answers_table
from tests.databases import SQLITE_DAILY
from tests.services.answered import Letters, answers
from tests.services.company import dice
from tests.services.conftest import Founder
from tests.services.heard import QUIET, rows
from tests.services.test_stories_answers import COUNTS_ON, TOO_OFTEN
from tests.services.world import World, at, deal

SPANS = (timedelta(minutes=5), timedelta(hours=3), timedelta(hours=20), timedelta(days=2), timedelta(days=6))
PEOPLE = ("sato@acme.example", "tanaka@acme.example")


def some_act(chance: Random, now: int) -> Act:
    """Any answer, now and then one that is not taken."""
    ahead, day = now + chance.randrange(-1, 200) * HOUR, from_us(now).date() + timedelta(days=chance.randrange(0, 70))
    made: tuple[Callable[[], Act], ...] = (
        Acknowledge,
        Claim,
        lambda: Snooze(until=ahead, reason=chance.choice(("away", "")), ends=chance.choice(list(Until))),
        lambda: Meet(starts_at=ahead, ends_at=ahead + HOUR, agenda="Contract"),
        lambda: Hold(until=day, who="Ms Mori", reason="budget", evidence="mail", ends=chance.choice(list(Until))),
        lambda: LossCheck(language="ja"),
        lambda: FalseAlarm(why=chance.choice(list(Mistake))),
        lambda: Lose(tag=LossTag.TIMING, note=""),
    )
    return chance.choices(made, weights=(3, 3, 4, 2, 4, 1, 1, 0.3))[0]()


def something_happens(world: World, chance: Random) -> None:
    """In the CRM: a field is filled or emptied, the customer answers."""
    if chance.random() < 0.3:
        world.changes("acme", next_step=chance.choice(("", "call", "send the offer")))
    if chance.random() < 0.2:
        now, number = world.clock.now(), len(world.crm.activities)
        world.crm.activities.append(Activity(
            id=f"a{number}", kind=ActivityKind.EMAIL, actor=Actor.CUSTOMER, at=now, records=("acme",)
        ))  # fmt: skip


def suspended(world: World) -> dict[tuple[str, str | int], int]:
    """Alerts of which nothing may be said now, with what keeps them silent, and how much was said of each so far.

    That it is over may be said at any time.
    """
    said: dict[str, int] = {}
    for notice in rows(world, notices):
        said[notice.alert_id] = said.get(notice.alert_id, 0) + (notice.kind != "resolve")
    return {(row.id, why): said.get(row.id, 0) for row in rows(world, alerts) if (why := _silenced(row, world.us))}


def _silenced(row: Any, now: int) -> str | int:
    if row.state in ("resolved", "waiting"):
        return str(row.state)
    return max((until for until in (row.snoozed_until, row.hushed_until) if until and now < until), default="")


def lives_through(world: World, chance: Random, steps: int) -> list[Refusal | None]:
    """Answers, changes and rounds in any order; what is suspended before and after a round was silent in it."""
    office, came = Office(book=world.book, allowed={"crm": Writeback.FIELDS}, links=Letters()), list[Refusal | None]()
    for _ in range(steps):
        open_ones = [row for row in rows(world, alerts) if row.state != "resolved"]
        for row in chance.sample(open_ones, k=min(len(open_ones), chance.randrange(3))):
            act, actor = some_act(chance, world.us), chance.choice(PEOPLE)
            answer = answers(world, act, alert=row.id, actor=actor, office=office)
            came += [] if answer.is_repeated else [answer.refusal]
        something_happens(world, chance)
        before = suspended(world)
        world.clock.advance(chance.choice(SPANS))
        world.rounds()
        after = suspended(world)
        for one in before.keys() & after.keys():
            assert before[one] == after[one], f"{one[0]} spoke while it was {one[1]}"
        each_is_kept_once(world, came.count(None))
    return came


def each_is_kept_once(world: World, taken: int) -> None:
    log = [row.object for row in rows(world, audit) if row.action.startswith("alert.")]
    kept = [row.alert_id for row in rows(world, answers_table)]
    assert len(kept) == taken
    assert sorted(log) == sorted(kept)
    running = [row.record_id for row in rows(world, waits) if row.ended_at is None]
    assert len(running) == len(set(running)), "a deal waits for one thing at a time"


def story(found: Founder, seed: int, steps: int) -> list[Refusal | None]:
    world = found(QUIET + COUNTS_ON + TOO_OFTEN)
    world.crm.unfed |= {"on_hold", "hold_set_at", "hold_until", "hold_reason", "wait_count", "loss_check_sent_at"}
    world.has(*(deal(name, created_at=at("2026-02-16 10:00"), next_step="") for name in ("acme", "beta")))
    world.rounds()
    return lives_through(world, dice(seed), steps)


@SQLITE_DAILY
@pytest.mark.parametrize("seed", range(2))
def test_what_is_suspended_is_silent_and_each_answer_is_kept_once(found: Founder, seed: int) -> None:
    came = story(found, seed, 10)
    assert came.count(None) > 2, "some are taken"


@pytest.mark.slow
@SQLITE_DAILY
@pytest.mark.parametrize("seed", range(100, 140))
def test_what_is_suspended_is_silent_and_each_answer_is_kept_once_long(found: Founder, seed: int) -> None:
    story(found, seed, 40)
