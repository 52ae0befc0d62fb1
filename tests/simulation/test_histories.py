"""B21: who looks only at what changed and what is due knows what one knows who looks at everything, history by history.

The law is that of tests/services/test_laws.py; here its three worlds play on databases that are kept from one history
to the next, so that many fit into an hour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle

import pytest

from stalewatch.clock import FixedClock
from stalewatch.store.engine import Database
from tests.services.test_laws import holds
from tests.services.world import at
from tests.simulation.stage import Theatre

pytestmark = [pytest.mark.bar, pytest.mark.gameday]

Opening = Callable[[], Database]
COMPANIES, DEALS, PARTS = 250, 40, 25
"""Ten thousand lives of deals; forty to a company, for a statement costs hardly more for forty than for five."""


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opening]:
    """Three empty databases, in turn."""
    theatres = [Theatre(tmp_path_factory.mktemp("history")) for _ in range(3)]
    turn = cycle(theatres)

    def one() -> Database:
        theatre = next(turn)
        theatre.begins(FixedClock(at("2026-03-02 09:00")))
        return theatre

    yield one
    for theatre in theatres:
        theatre.dispose()


@pytest.mark.parametrize("seed", range(4))
def test_b21_looking_at_what_is_due_equals_looking_at_everything(fresh: Opening, seed: int) -> None:
    holds(50_000 + seed, fresh, steps=4)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_b21_ten_thousand_histories(fresh: Opening, part: int) -> None:
    for seed in range(part, COMPANIES, PARTS):
        holds(100_000 + seed, fresh, steps=2 + seed % 4, deals=DEALS)
