"""Worlds to tell stories in, each on a database of its own, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any

import pytest

from stalewatch.services.judging import arming
from stalewatch.services.judging.frames import Coverage
from stalewatch.services.judging.standing import Standing
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.syncing import sync
from stalewatch.services.syncing.pieces import pieces
from stalewatch.store import pasts, records
from stalewatch.store.engine import Connection
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


@pytest.fixture(autouse=True)
def brought(monkeypatch: pytest.MonkeyPatch) -> list[Standing]:
    """What syncs have read of records before they judged them: all of it is looked at, and has to be what is stored,
    whatever was written between the reading and the judging."""
    found: list[Standing] = []
    judge = arming.judge

    def watched(
        conn: Connection, book: Rulebook, obj: str, ids: Collection[str], coverage: Coverage, now: int,
        standing: Standing | None = None,
    ) -> arming.Judged:  # fmt: skip
        if standing is not None:
            found.append(standing)
            past = standing.past
            assert past.records == pasts.past(conn, past.records, past.fields).records
            if standing.table is not None:
                assert standing.table == records.columns(conn, obj, standing.ids, [*standing.table])
        return judge(conn, book, obj, ids, coverage, now, standing)

    monkeypatch.setattr(arming, "judge", watched)
    return found


@pytest.fixture(autouse=True)
def _in_small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page of every story is stored in pieces, as long ones are: what is told of a record must not hang on what
    came of its neighbours."""
    monkeypatch.setattr(sync, "pieces", partial(pieces, most=2))
