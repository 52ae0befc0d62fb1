"""B5: simulated months through the real services, each with its own deaths, freezes, outages, edits and answers.

`python -m tests.simulation SEED --trace` tells the story of one; `0-50000` plays as many as somebody has time for.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stalewatch.services.alerting import tick as ticking
from stalewatch.services.telling.sending import Sending
from stalewatch.store import clocks
from tests.acceptance.harness import designs
from tests.acceptance.harness.designs import Design
from tests.simulation.months import month
from tests.simulation.play import Broken, Play
from tests.simulation.stage import Theatre

DAILY, PARTS = 24, 4
"""A month costs about a second of a busy processor."""
ALL = 500


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    theatre = Theatre(tmp_path_factory.mktemp("theatre"))
    yield theatre
    theatre.dispose()


@pytest.mark.parametrize("part", range(PARTS))
def test_b5_months_of_a_company_lose_and_double_nothing(theatre: Theatre, part: int) -> None:
    for seed in range(part, DAILY, PARTS):
        month(seed, theatre)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(20))
def test_b5_five_hundred_months_lose_and_double_nothing(theatre: Theatre, part: int) -> None:
    for seed in range(part, ALL, 20):
        month(seed, theatre)


def test_a_seed_tells_the_same_story_each_time(theatre: Theatre) -> None:
    assert month(9, theatre).story == month(9, theatre).story


def test_what_befalls_the_months_befalls_them(theatre: Theatre) -> None:
    """A simulation in which nobody dies shows nothing."""
    stories: list[Play] = []
    for seed in range(4):
        month(seed, theatre, stories.append)
    told = "\n".join(line for play in stories for line in play.story)
    for what in (
        "the worker dies", "frozen; another worker goes on", "loses the reply", "loses the request", "other rules",
        "taken", "the CRM is away", "writes: 1 done",
    ):  # fmt: skip
        assert what in told, what


# ------------------------------------------------------------------------------------------- designs that are wrong


def breaks(theatre: Theatre, first: int = 0) -> str:
    """What the first of some months breaks that does; from a month on in which a worker dies where it matters."""
    for seed in range(first, first + 12):
        try:
            month(seed, theatre)
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
    assert "below the watermark" in breaks(theatre, first=13)
