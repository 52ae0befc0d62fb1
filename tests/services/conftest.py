"""Worlds to tell stories in, each on a database of its own, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests import databases
from tests.services import witness
from tests.services.world import IMMEDIATE, World, rulebook

Founder = Callable[..., World]


@pytest.fixture
def found(migrated_database_url: str) -> Iterator[Founder]:
    """Found a world: `found(rules, judging=..., speaking=...)`; it tells at once unless a story says otherwise.

    Each story shows that whoever writes what the stalled list tells does not forget to say so.
    """
    database = databases.opened(migrated_database_url)

    def world_of(*rules: str, speaking: Any = IMMEDIATE, **policy: Any) -> World:
        world = World(database, rulebook(*rules, **policy), speaking=speaking)
        world.rounds()
        return world

    with witness.watching():
        yield world_of
    database.dispose()
