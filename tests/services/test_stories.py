"""What happens to a deal, from the CRM to the person who hears of it, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests import databases
from tests.services.world import IMMEDIATE, World, at, deal, default_pack, rulebook


@pytest.fixture
def world(migrated_database_url: str) -> Iterator[World]:
    database = databases.opened(migrated_database_url)
    yield World(database, rulebook(default_pack()))
    database.dispose()


def test_a_deal_without_a_next_meeting_is_told_once_before_and_once_when_it_is_late(world: World) -> None:
    world.speaking = IMMEDIATE
    world.has(deal("acme", last_meeting_at=at("2026-03-02 10:00"), next_step="call", stage="first_meeting"))
    world.rounds()
    world.lives_until("2026-03-17 18:00", step=timedelta(hours=9))
    assert len(world.nudges_to("sato")) == 2, world.nudges_to("sato")
