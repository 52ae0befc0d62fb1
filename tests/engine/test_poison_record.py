"""A record that ends every process that judges it, with processes that really end."""

from __future__ import annotations

import os
from multiprocessing.context import ForkServerContext

import pytest

from stalewatch.domain.steps import Steps
from stalewatch.services.alerting import trails
from stalewatch.store.leases import PATIENCE
from stalewatch.store.trails import aside
from tests import databases, patience
from tests.databases import KINDS
from tests.engine.crew import BOOK, nursery
from tests.services.heard import called_for
from tests.services.world import World, at, deal

pytestmark = pytest.mark.bar

__all__ = ["nursery"]
both = pytest.mark.parametrize("migrated_database_url", KINDS, indirect=True)
NAMES = [f"deal{number}" for number in range(60)]
POISON = "crm:deal42"
LATE = "2026-06-01 18:00"


def ticks(url: str) -> None:
    """The life of one process: time passes once, and whoever decides about the record ends."""
    right = Steps.take_all

    def take_all(self: Steps, watched: list[object], faces: object) -> object:
        if any(getattr(one, "id") == POISON for one in watched):  # noqa: B009 - whatever is handed in
            os._exit(3)
        return right(self, watched, faces)  # type: ignore[arg-type]

    Steps.take_all = take_all  # type: ignore[method-assign,assignment]
    trails.LEASE = 1  # type: ignore[misc]
    world = World(databases.opened(url), BOOK)
    world.clock.move_to(at(LATE))
    world.ticks()


@both
def test_b15_a_record_that_ends_five_processes_in_a_tick_is_set_aside_and_all_others_are_told(
    nursery: ForkServerContext, migrated_database_url: str
) -> None:
    """B15, of a record among sixty: no row is claimed for it, so that each tick leaves a trail."""
    world = World(databases.opened(migrated_database_url), BOOK)
    world.has(*(deal(name, created_at=at("2026-03-02 10:00"), next_step="call") for name in NAMES))
    world.reaches("2026-03-02 12:30")
    world.clock.move_to(at(LATE))
    world.syncs()
    codes: list[int | None] = []
    while not codes or codes[-1] != 0:
        one = nursery.Process(target=ticks, args=(migrated_database_url,))
        one.start()
        one.join(patience.PATIENCE)
        codes.append(one.exitcode)
        assert len(codes) < 10
    with world.db.read() as conn:
        assert aside(conn) == {POISON}
    assert codes == [3] * PATIENCE + [0]
    assert [name for name in NAMES if not called_for(world, name)] == [POISON.removeprefix("crm:")]
    world.db.dispose()
