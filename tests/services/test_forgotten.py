"""A destination that sleeps while something waits for it is called by the sweep, whatever was to wake it and missed."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from stalewatch.domain.instants import HOUR, to_us
from stalewatch.services.telling.sweeping import Sweeping
from stalewatch.store.asleep import asleep
from stalewatch.store.tables import deliveries, destinations, notices
from tests.services.conftest import Founder
from tests.services.heard import QUIET, rows
from tests.services.world import IMMEDIATE, World, at, deal

RULES = QUIET.replace("    warn: 4d\n", "")


@pytest.fixture
def world(found: Founder) -> World:
    """A deal is late, and nobody has been told yet."""
    made = found(RULES, speaking=IMMEDIATE)
    made.has(deal("acme", created_at=at("2026-03-02 10:00")))
    made.reaches("2026-03-02 13:00")
    made.clock.move_to(at("2026-03-16 18:00"))
    made.syncs()
    made.ticks()
    return made


def changes(world: World, statement: Any) -> None:
    with world.db.write() as conn:
        assert conn.execute(statement).rowcount == 1


def called(world: World) -> int:
    return Sweeping(world.db, world.clock, world.speaking, world.mail).run().called


BROKEN = {
    "asleep": sa.update(destinations).values(due_at=None),
    "missing": sa.delete(destinations),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_destination_that_nothing_would_wake_is_called_once(world: World, broken: Any) -> None:
    changes(world, broken)
    world.dispatches()
    assert world.mail.messages == [], "the edge was missed, and would be for ever"
    assert called(world) == 1
    world.dispatches()
    assert len(world.mail.messages) == 1
    assert called(world) == 0
    assert [row.state for row in rows(world, notices)] == ["told"]


def test_a_message_under_way_is_settled_though_its_destination_slept(world: World) -> None:
    world.dispatches()
    changes(world, sa.update(deliveries).values(state="unknown", sent_at=None, look_at=0))
    changes(world, sa.update(notices).values(state="claimed", told_at=None))
    changes(world, sa.update(destinations).values(due_at=None, lease_until=0))
    assert called(world) == 1
    world.dispatches()
    assert [row.state for row in rows(world, deliveries)] == ["sent"]
    assert len(world.mail.messages) == 1


STILL = {
    "due": {},
    "paused": {"due_at": None, "paused_reason": "service"},
    "set aside": {"due_at": None, "parked_at": 1},
}


@pytest.mark.parametrize("values", STILL.values(), ids=STILL)
def test_who_will_be_woken_or_waits_for_a_person_is_left_alone(world: World, values: dict[str, object]) -> None:
    if values:
        changes(world, sa.update(destinations).values(values))
    before = rows(world, destinations)
    assert called(world) == 0
    assert rows(world, destinations) == before


def test_what_is_not_ripe_may_sleep(world: World) -> None:
    now = to_us(world.clock.now())
    changes(world, sa.update(notices).values(not_before=now + HOUR))
    changes(world, sa.update(destinations).values(due_at=None))
    with world.db.read() as conn:
        assert asleep(conn, now) == []
        assert len(asleep(conn, now + HOUR)) == 1
