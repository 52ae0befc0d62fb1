"""What came of what was said: acted on and how soon, ignored, called false, held out; and when that is too often."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from stalewatch.domain.instants import DAY, to_us
from stalewatch.domain.language.model import Mode
from stalewatch.domain.policies import Holdout, Judging, Speaking
from stalewatch.domain.routing import Route
from stalewatch.sdk.notifier import Message
from stalewatch.sdk.records import Activity, ActivityKind, Actor, MeetingState
from stalewatch.services.answering.acts import FalseAlarm, Mistake
from stalewatch.services.answering.respond import Office, respond
from stalewatch.services.reporting.feedback import Effect, Share, effects_of
from stalewatch.store import answers
from tests.databases import SQLITE_DAILY
from tests.services.conftest import Founder
from tests.services.heard import QUIET, alert, fate
from tests.services.world import World, at, deal

pytestmark = SQLITE_DAILY

DIGEST = Speaking(routes=(Route(name="all", to=("owner",)),))
FALSE = FalseAlarm(why=Mistake.NOT_USEFUL)
PLAIN = QUIET.replace("    warn: 4d\n", "").replace("critical", "warning")


def judging(**changes: Any) -> Judging:
    return Judging(**{"mode": Mode.LIVE, "rollout": None, "storm_guard": None, "currency": "JPY", **changes})


def answered(world: World, name: str, act: str, moment: str, **detail: Any) -> None:
    mine = alert(world, name)
    with world.db.write() as conn:
        answers.add(conn, {
            "id": f"{name}-{act}", "at": to_us(at(moment)), "alert_id": mine.id, "record_id": mine.record_id,
            "rule_id": mine.rule_id, "episode": mine.episode, "act": act, "actor": "sato@acme.example",
            "detail": detail,
        })  # fmt: skip


def meets(world: World, name: str, start: str) -> None:
    """Time passes to the end of a meeting."""
    world.lives_until(start, timedelta(hours=6))
    world.crm.activities.append(
        Activity(
            id=f"m-{name}", kind=ActivityKind.MEETING, actor=Actor.SELLER, at=at(start), ends_at=at(start),
            meeting=MeetingState.HELD, records=(name,),
        )
    )  # fmt: skip


def told_to_operator(world: World) -> list[Message]:
    return [one for one in world.mail.messages if one.target == "operator"]


def effect(world: World) -> Effect:
    [found] = effects_of(world.db, world.book, world.us, world.us - 90 * DAY)
    return found


def told_on_monday(found: Founder, *names: str, **changes: Any) -> World:
    """Deals that were late on Saturday, 14 March, and of which their owner heard by the Monday morning."""
    world = found(PLAIN, judging=judging(**changes), speaking=DIGEST)
    world.has(*(deal(name, created_at=at("2026-02-28 10:00")) for name in names))
    world.reaches("2026-03-02 14:00")
    world.lives_until("2026-03-16 10:00", timedelta(hours=6))
    return world


def test_what_was_answered_worked_on_and_ignored_is_counted_from_its_delivery(found: Founder) -> None:
    world = told_on_monday(found, "acme", "beta", "gamma", "kumo")
    answered(world, "acme", "snooze", "2026-03-16 15:00")
    answered(world, "gamma", "false_alarm", "2026-03-16 15:00", why="not_useful")
    meets(world, "beta", "2026-03-17 11:00")
    world.lives_until("2026-03-18 10:00", timedelta(hours=6))
    assert effect(world).within[5] == Share(2, 2), "the others may still act"
    world.lives_until("2026-03-24 10:00", timedelta(hours=12))
    seen = effect(world)
    assert seen.told == 4
    assert seen.within == {1: Share(1, 4), 3: Share(2, 4), 5: Share(2, 4)}
    assert seen.ignored == Share(2, 4)
    assert seen.false_alarms == {"not_useful": 1}
    assert seen.false.is_small
    assert not seen.is_noisy


def test_what_ended_for_another_reason_counts_neither_way(found: Founder) -> None:
    world = told_on_monday(found, "acme", "beta", "gamma", "kumo")
    world.crm.deals.pop("beta")
    world.lives_until("2026-03-25 10:00", timedelta(hours=12))
    assert alert(world, "beta").cause == "data_lost"
    assert effect(world).ignored == Share(3, 3)


def test_what_was_held_out_is_compared_and_nobody_heard_of_it(found: Founder) -> None:
    world = told_on_monday(found, "acme", "beta", holdout=Holdout(share=1.0))
    assert fate(world) == {}
    meets(world, "beta", "2026-03-17 11:00")
    world.lives_until("2026-03-25 10:00", timedelta(hours=12))
    seen = effect(world)
    assert (seen.told, seen.silent, seen.ignored.rate) == (0, Share(1, 2), None)


def test_the_operator_hears_once_of_a_rule_that_is_called_false_too_often(found: Founder) -> None:
    names = [f"deal{number:02}" for number in range(20)]
    world = told_on_monday(found, *names)
    for number, name in enumerate(names[:5]):
        assert not told_to_operator(world), "a fifth is not more than a fifth"
        why = Mistake.NOT_USEFUL if number else Mistake.HANDLED
        respond(
            world.db,
            world.clock,
            Office(book=world.book),
            alert(world, name).id,
            FalseAlarm(why=why),
            actor="sato",
            visible=None,
        )
        world.dispatches()
    respond(
        world.db, world.clock, Office(book=world.book), alert(world, names[5]).id, FALSE, actor="sato", visible=None
    )
    world.dispatches()
    [message] = told_to_operator(world)
    assert message.title == "“Quiet” is often a false alarm: 5 of 20"
    assert "an exception for such deals" in message.entries[0].body
