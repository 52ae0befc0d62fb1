"""A field disappears from the CRM: its rules fall silent, the operator hears of it once, all other rules go on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from stalewatch.store import alerts
from tests import databases
from tests.services.test_cycle import cycle
from tests.services.world import World, at, deal, default_pack, rulebook

CLOSE_DATE = "should have closed on"
NO_MEETING = "No next meeting. Last one was"


@pytest.fixture
def world(migrated_database_url: str) -> Iterator[World]:
    """A deal that was to close on Tuesday, and whose two weeks without a meeting end on Friday."""
    database = databases.opened(migrated_database_url)
    world = World(database, rulebook(default_pack()))
    world.has(deal("acme", close_date=date(2026, 3, 3), next_step="Send contract"))
    yield world
    database.dispose()


def lives_until(world: World, *moments: str) -> None:
    for moment in moments:
        world.clock.move_to(at(moment))
        cycle(world).run(force=True)


def told(world: World, rule: str) -> list[str]:
    return [entry for entry in world.nudges_to("sato") if rule in entry]


def to_operator(world: World) -> list[str]:
    return [
        entry.headline for message in world.mail.messages if message.target == "operator" for entry in message.entries
    ]


def loses_its_close_date(world: World) -> None:
    """The first days, then an administrator deletes the field."""
    lives_until(world, "2026-03-02 12:00", "2026-03-03 18:30", "2026-03-04 09:30")
    world.crm.unfed = {"close_date"}
    world.changes("acme", close_date=None)


def test_its_rules_fall_silent_the_operator_hears_once_and_the_others_go_on(world: World) -> None:
    loses_its_close_date(world)
    assert len(told(world, CLOSE_DATE)) == 1
    lives_until(
        world, "2026-03-05 09:30", "2026-03-06 09:30", "2026-03-06 18:30", "2026-03-09 09:30", "2026-03-12 09:30"
    )
    assert to_operator(world) == ["crm: Close date cannot be read"]
    assert len(told(world, CLOSE_DATE)) == 1
    assert len(told(world, NO_MEETING)) == 1
    with world.db.read() as conn:
        [late] = alerts.open_of_rule(conn, "close-date-past")
    assert late.state == "open"


def test_when_it_is_back_the_old_story_goes_on_and_nothing_is_said_twice(world: World) -> None:
    loses_its_close_date(world)
    lives_until(world, "2026-03-05 09:30", "2026-03-06 09:30")
    world.crm.unfed = set()
    world.changes("acme", close_date=date(2026, 3, 3))
    lives_until(world, "2026-03-09 09:30", "2026-03-10 09:30")
    assert len(told(world, CLOSE_DATE)) == 1
    world.changes("acme", close_date=date(2026, 3, 12))
    lives_until(world, "2026-03-11 10:00", "2026-03-11 13:00", "2026-03-12 18:30", "2026-03-13 09:30")
    assert len(told(world, CLOSE_DATE)) == 2
    assert to_operator(world) == ["crm: Close date cannot be read"]
