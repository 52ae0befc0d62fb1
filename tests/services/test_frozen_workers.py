"""A worker that stood still between two of its transactions takes back nothing of what another did meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from stalewatch.services.alerting.tick import tick
from stalewatch.store import clocks
from tests.services.conftest import Founder
from tests.services.heard import QUIET, called_for
from tests.services.test_cycle import AGES
from tests.services.world import World, at, deal


@dataclass
class Freezing:
    """A clock whose owner stands still right after a look at it."""

    world: World
    meanwhile: Callable[[], object]
    looks: int = field(default=0)

    def now(self) -> datetime:
        seen = self.world.clock.now()
        self.looks += 1
        if self.looks == 1:
            self.meanwhile()
        return seen


@pytest.mark.parametrize("apart", [timedelta(seconds=61), timedelta(minutes=6)])
def test_a_tick_that_was_overtaken_turns_no_clock_back(found: Founder, apart: timedelta) -> None:
    """The slower of two workers found the watermark ahead of its own time, took that for an earlier `--now`, and had
    every record of the connection judged anew."""
    world = found(QUIET)
    world.has(deal("acme", created_at=at("2026-03-02 10:00"), next_step="x"))
    world.reaches("2026-03-02 13:00")
    world.reaches("2026-03-12 17:59")

    def another() -> None:
        world.clock.advance(apart)
        world.ticks()

    tick(world.db, Freezing(world, another), world.book, world.speaking, {"crm": AGES})
    with world.db.read() as conn:
        assert clocks.settled(conn, "crm") == world.book.version
        assert clocks.watermark(conn, "crm") == world.us
    world.reaches("2026-03-17 18:00")
    assert called_for(world) == ["1:warn", "1:breach"]


def test_who_tried_a_later_now_before_is_judged_anew(found: Founder) -> None:
    world = found(QUIET)
    world.has(deal("acme", created_at=at("2026-03-02 10:00"), next_step="x"))
    world.reaches("2026-03-09 13:00")
    world.clock.move_to(at("2026-03-05 13:00"))
    world.ticks()
    with world.db.read() as conn:
        assert clocks.settled(conn, "crm") is None
        assert clocks.watermark(conn, "crm") == world.us
