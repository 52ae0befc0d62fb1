"""A service whose token is gone: everything waits, one alarm is raised by another way, and all of it goes on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from stalewatch.sdk.errors import OutcomeUnknown
from stalewatch.sdk.records import Person
from stalewatch.services.alerting.agenda import Agenda
from stalewatch.services.operating.health import Health
from stalewatch.services.operating.lookout import Lookout
from stalewatch.services.operating.work import Work
from stalewatch.services.reporting.pieces import Kind
from stalewatch.store.tables import audit, deliveries, destinations, notices
from tests.services.board import Board, Letters, board, board_and_letters
from tests.services.conftest import Founder
from tests.services.heard import QUIET, rows
from tests.services.test_stories_dispatch import free
from tests.services.world import World, at, deal

LATER = timedelta(seconds=61)
LATE = QUIET.replace("    warn: 4d\n", "")


def queued(world: World, many: int) -> None:
    """So many people, each with a deal that is late, and nobody told yet."""
    people = [Person(id=f"p{n}", name=f"P{n}", email=f"p{n}@acme.example", zone="Asia/Tokyo") for n in range(many)]
    world.crm.people = people
    world.has(*(deal(f"d{n}", owner=f"p{n}", created_at=at("2026-03-02 10:00"), next_step="x") for n in range(many)))
    world.reaches("2026-03-02 13:00")
    world.clock.move_to(at("2026-03-16 18:00"))
    world.syncs()
    world.ticks()


def dispatches(world: World, times: int = 1) -> None:
    for _ in range(times):
        world.dispatches()
        free(world)


def states(world: World) -> set[str]:
    return {row.state for row in rows(world, deliveries) if row.target.startswith("person:")}


def paused(world: World) -> set[str]:
    return {row.target for row in rows(world, destinations) if row.paused_reason is not None}


def two_ways(found: Founder) -> tuple[World, Board, Letters]:
    world = found(LATE)
    shown, letters = board_and_letters(world)
    return world, shown, letters


@pytest.mark.bar
def test_b11_revoked_during_many_queued_none_is_dead_one_alarm_all_delivered_after_repair(found: Founder) -> None:
    world, shown, letters = two_ways(found)
    queued(world, 40)
    shown.revoked = True
    dispatches(world)
    assert shown.asked == 1, "one request finds out for all"
    assert len(paused(world)) == 40
    for _ in range(5):
        world.clock.advance(LATER)
        dispatches(world)
    assert shown.asked == 6, "and one a minute asks whether it is over"
    [alarm] = letters.messages
    assert alarm.address == "mailto:ops@acme.example"
    assert alarm.title == "board has taken no messages since 16 Mar 18:00"
    assert "40 people and channels wait" in alarm.entries[0].body
    shown.revoked = False
    world.clock.advance(LATER)
    dispatches(world, 2)
    assert (states(world), len(shown.messages), len(letters.messages)) == ({"sent"}, 40, 1)
    assert paused(world) == set()
    [begun, over] = [row for row in rows(world, audit) if row.action.startswith("service.")]
    assert (begun.action, over.action) == ("service.paused", "service.resumed")


def test_a_second_outage_is_a_second_alarm_and_one_that_was_not_over_is_not(found: Founder) -> None:
    world, shown, letters = two_ways(found)
    queued(world, 2)
    shown.revoked = True
    shown.check = lambda: None  # type: ignore[method-assign]  # a service that cannot be asked
    for _ in range(4):
        dispatches(world)
        world.clock.advance(LATER)
    assert len(letters.messages) == 1
    shown.revoked = False
    dispatches(world, 3)
    assert states(world) == {"sent"}
    world.has(deal("again", owner="p0", created_at=at("2026-03-02 10:00"), next_step="x"))
    world.syncs()
    world.ticks()
    shown.revoked = True
    dispatches(world)
    assert len(letters.messages) == 2


def test_who_comes_to_be_told_meanwhile_waits_with_the_others(found: Founder) -> None:
    world, shown, _ = two_ways(found)
    queued(world, 1)
    shown.revoked = True
    dispatches(world)
    world.crm.people.append(Person(id="late", name="Late", email="late@acme.example"))
    world.has(deal("more", owner="late", created_at=at("2026-03-02 10:00"), next_step="x"))
    world.syncs()
    world.ticks()
    dispatches(world)
    assert (shown.asked, len(paused(world))) == (1, 2)
    shown.revoked = False
    world.clock.advance(2 * LATER)
    dispatches(world, 2)
    assert len(shown.messages) == 2


def test_an_engine_wakes_to_ask_and_not_for_what_is_paused(found: Founder) -> None:
    world, shown, _ = two_ways(found)
    queued(world, 3)
    shown.revoked = True
    dispatches(world)
    assert Agenda(world.db, world.clock, {"crm": None}).until_dispatch() == 60_000_000


def test_what_may_have_arrived_when_the_token_died_is_looked_for_before_it_is_sent(found: Founder) -> None:
    world, shown, _ = two_ways(found)
    queued(world, 1)
    shown.faults, shown.swallow = [OutcomeUnknown("lost")], True
    dispatches(world)
    assert states(world) == {"unknown"}
    settle = shown.settle
    shown.revoked = True
    shown.settle = lambda *_: shown.check()  # type: ignore[method-assign,assignment]
    dispatches(world)
    assert (states(world), len(paused(world))) == ({"ready"}, 1)
    shown.revoked, shown.settle = False, settle  # type: ignore[method-assign]
    world.clock.advance(LATER)
    dispatches(world, 4)
    assert (states(world), len(shown.messages)) == ({"sent"}, 1)


def test_without_e_mail_the_alarm_is_told_when_the_service_is_back(found: Founder) -> None:
    world = found(LATE)
    shown = board(world)
    queued(world, 2)
    shown.revoked = True
    dispatches(world, 2)
    shown.revoked = False
    world.clock.advance(LATER)
    dispatches(world, 2)
    [alarm] = [message for message in shown.messages if message.target == "operator"]
    assert alarm.title.startswith("board ")


def test_a_hand_may_let_them_go_on_before_the_minute_is_over(found: Founder) -> None:
    world, shown, _ = two_ways(found)
    queued(world, 2)
    shown.revoked = True
    dispatches(world)
    shown.revoked = False
    work = Work(world.db, world.clock, world.book, world.speaking, "tests")
    waiting = [piece for piece in work.pieces() if piece.kind is Kind.DESTINATION]
    assert {piece.state for piece in waiting} == {"paused"}
    assert len(work.release(waiting[:1]).done) == 1
    dispatches(world, 2)
    assert len(shown.messages) == 2


def test_a_service_that_is_configured_no_more_keeps_nobody_waiting(found: Founder) -> None:
    world, shown, _ = two_ways(found)
    queued(world, 1)
    shown.revoked = True
    dispatches(world)
    another: Any = board(world)
    another.type = "another"
    world.clock.advance(LATER)
    dispatches(world, 2)
    assert len(another.messages) >= 1


def test_when_e_mail_is_what_is_down_the_operator_hears_in_the_channel(found: Founder) -> None:
    world, shown, letters = two_ways(found)
    queued(world, 1)
    service = Work(world.db, world.clock, world.book, world.speaking)  # the operator's own notices go by mail here
    assert service.speaking.mail_of("operator") == "mailto:ops@acme.example"
    shown.revoked = True
    dispatches(world)
    assert [message.target for message in letters.messages] == ["mail:ops@acme.example"]
    with world.db.read() as conn:
        told = conn.execute(sa.select(notices.c.target).where(notices.c.state == "told")).scalars().all()
    assert told == ["mail:ops@acme.example"]


# ------------------------------------------------------------------------------------- while there is nothing to say


def lookout(world: World) -> Lookout:
    return Lookout(world.db, world.clock, world.speaking, {}, lambda: world.mail)


@pytest.mark.bar
def test_b35_a_token_that_is_gone_is_known_before_there_is_something_to_say(found: Founder) -> None:
    world, shown, letters = two_ways(found)
    shown.can_watch = True  # type: ignore[misc]
    watching = lookout(world)
    for _ in range(6):  # a minute in which nothing happens
        assert watching.look() == []
        world.dispatches()
        world.clock.advance(timedelta(seconds=10))
    assert shown.asked == 3, "every twenty seconds, by one"
    shown.revoked = True
    seconds = 0
    while Health(world.db, world.clock, {}).readiness().ok:
        world.clock.advance(timedelta(seconds=5))
        seconds += 5
        watching.look()
        world.dispatches()
        assert seconds <= 30
    [reason] = Health(world.db, world.clock, {}).readiness().reasons
    assert reason == "board takes no messages; its token or the service is gone"
    assert [letter.title for letter in letters.messages] == ["board has taken no messages since 2 Mar 12:01"]
    asked = shown.asked
    for _ in range(6):
        world.clock.advance(timedelta(seconds=10))
        watching.look()
        world.dispatches()
    assert shown.asked == asked + 1, "one that is down is asked once a minute"
    shown.revoked = False
    world.clock.advance(LATER)
    world.dispatches()
    assert Health(world.db, world.clock, {}).readiness().ok


def test_a_service_that_nobody_may_ask_so_often_is_left_alone(found: Founder) -> None:
    world, shown, _ = two_ways(found)
    for _ in range(6):
        lookout(world).look()
        world.dispatches()
        world.clock.advance(timedelta(seconds=20))
    assert shown.asked == 0
