"""B5: simulated months through the real services, each with its own deaths, freezes, outages, edits and answers.

Every day five hundred months of a tiny company, and a few of a larger one, of which the game day plays 250.
`python -m tests.simulation SEED --trace` tells the story of one; `0-50000` plays as many as somebody has time for, and
`--tiny` those of the tiny company.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa

from stalewatch.clock import FixedClock
from stalewatch.services.alerting import tick as ticking
from stalewatch.services.telling.sending import Sending
from stalewatch.store import clocks
from stalewatch.store.expressions import database_now
from tests.acceptance.harness import designs
from tests.acceptance.harness.designs import Design
from tests.services.world import at
from tests.simulation.months import month
from tests.simulation.plan import draw_tiny
from tests.simulation.play import Broken, Play
from tests.simulation.stage import Theatre

pytestmark = pytest.mark.bar

ALL, DAILY, LARGE, PARTS = 500, 4, 250, 10
"""A tiny month costs a quarter of a large one."""
SOME = 4
"""Of the parts of the large ones so many are played on a game day."""
FAULTS = ("the worker dies", "frozen; another worker goes on", "loses the reply", "loses the request")


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    theatre = Theatre(tmp_path_factory.mktemp("theatre"))
    yield theatre
    theatre.dispose()


@pytest.mark.parametrize("part", range(PARTS))
def test_b5_five_hundred_months_of_a_tiny_company_lose_and_double_nothing(theatre: Theatre, part: int) -> None:
    stories: list[Play] = []
    for seed in range(part, ALL, PARTS):
        month(seed, theatre, stories.append, draws=draw_tiny)
    assert befell(stories, FAULTS) == list(FAULTS)


@pytest.mark.slow
@pytest.mark.parametrize(
    "part", [pytest.param(part, marks=[] if part < SOME else pytest.mark.thorough) for part in range(PARTS)]
)
def test_b5_many_months_lose_and_double_nothing(theatre: Theatre, part: int) -> None:
    for seed in range(part, LARGE, PARTS):
        month(seed, theatre)


def test_who_asks_the_database_for_the_time_is_told_that_of_the_play(theatre: Theatre) -> None:
    """Else a lease holds on that ended days ago, as that of a walk over records did."""
    theatre.begins(FixedClock(at("2027-01-02 07:51")))
    theatre.lead = timedelta(hours=1)
    for opened in (theatre.read, theatre.write, theatre.mark):
        with opened() as conn:
            assert conn.execute(sa.select(database_now())).scalar_one() == theatre.now()


def test_a_seed_tells_the_same_story_each_time(theatre: Theatre) -> None:
    first, second = (month(9, theatre, draws=draw_tiny).story for _ in range(2))
    assert first == second


def test_what_befalls_the_months_befalls_them(theatre: Theatre) -> None:
    """A simulation in which nobody dies shows nothing."""
    stories: list[Play] = []
    for seed in range(DAILY):
        month(seed, theatre, stories.append)
    more = (*FAULTS, "other rules", "taken", "the CRM is away", "writes: 1 done")
    assert befell(stories, more) == list(more)


def befell(stories: Sequence[Play], what: Sequence[str]) -> list[str]:
    """Which of these things happened in some of the stories."""
    told = "\n".join(line for play in stories for line in play.story)
    return [one for one in what if one in told]


# ------------------------------------------------------------------------------------------- designs that are wrong


def breaks(theatre: Theatre) -> str:
    """What the first of some tiny months breaks that does; one in which a worker dies where it matters comes early."""
    for seed in range(1, 51):
        try:
            month(seed, theatre, draws=draw_tiny)
        except Broken as error:
            return str(error)
    return ""


@pytest.mark.parametrize(("design", "said"), [(Design.SENDS_FIRST, "twice"), (Design.RECORDS_FIRST, "nobody got it")])
def test_the_usual_designs_break_a_month(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch, design: Design, said: str
) -> None:
    monkeypatch.setattr(Sending, "settle", Sending.settle)
    monkeypatch.setattr(Sending, "send", Sending.send)  # put back in the end what the design takes away
    designs.take(design)
    assert said in breaks(theatre)


def test_a_watermark_that_is_moved_before_the_work_breaks_a_month(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who dies between the two has lost what was due."""
    right = ticking._Tick.connection

    def too_early(self: ticking._Tick, connection: str, *rest: object) -> None:
        with self.db.write() as conn:
            clocks.advance(conn, connection, self.now)
        right(self, connection, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(ticking._Tick, "connection", too_early)
    assert "below the watermark" in breaks(theatre)
