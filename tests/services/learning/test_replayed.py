"""A backtest over the changes that are kept says what an engine did that lived through them, day by day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from stalewatch.clock import FixedClock
from stalewatch.domain.learning import retold
from tests.services.learning.replayed import BEGIN, BOOKS, Replay, backtested
from tests.services.world import IMMEDIATE, World
from tests.simulation.stage import Theatre

DAYS = 24
ORGANISATIONS, PARTS = 200, 10


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    """One database for one organisation after the other."""
    one = Theatre(tmp_path_factory.mktemp("replayed"))
    yield one
    one.dispose()


def holds(theatre: Theatre, seed: int) -> int:
    """Live through the days of an organisation, then try the same rules on what was kept; answers with the alerts."""
    clock = FixedClock(BEGIN)
    theatre.begins(clock)
    replay = Replay(World(theatre, BOOKS[seed % len(BOOKS)], clock, speaking=IMMEDIATE), seed)
    replay.lives(DAYS)
    tried, found = backtested(replay.world)
    late = replay.late(tried)
    history = "\n".join([f"seed {seed}", *replay.said])
    assert not late - found, f"what the engine said and the backtest does not: {late - found}\n{history}"
    assert not found - late, f"what the backtest says and the engine did not: {found - late}\n{history}"
    return late.total()


@pytest.mark.parametrize("seed", range(2))
def test_a_backtest_says_what_the_engine_said(theatre: Theatre, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    stays = retold._stays

    def counted(*asked: Any) -> Iterator[Any]:
        for one in stays(*asked):
            looked.append(one.now)
            yield one

    monkeypatch.setattr(retold, "_stays", counted)
    assert holds(theatre, seed) > 5
    assert looked, "nothing was late twice: what only a step can tell was not asked"


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_two_hundred_organisations(theatre: Theatre, part: int) -> None:
    for seed in range(1_000 + part, 1_000 + ORGANISATIONS, PARTS):
        holds(theatre, seed)
