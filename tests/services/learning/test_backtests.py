"""Figures of a backtest, worked out by hand, and rules tried on what a project keeps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stalewatch.domain.calendar_zone import zone_named
from stalewatch.domain.instants import DAY, to_us
from stalewatch.domain.learning.history import History, Visits
from stalewatch.domain.learning.spells import Watched
from stalewatch.sdk.records import Outcome, StageVisit
from stalewatch.services.judging.sources import coverage
from stalewatch.services.learning.backtests import Alerts, of_alerts, of_limit, others, quarter_of
from stalewatch.services.learning.lessons import Asked
from stalewatch.services.learning.rules_tried import Tried, tried
from stalewatch.services.learning.workdays import weekdays
from tests.services.conftest import Founder
from tests.services.world import World, at, deal, default_pack

MONDAY = 4 * DAY


def past(*deals: tuple[int, int, str, str | None]) -> History:
    """Deals by the day of their beginning and end, how they ended, and whose they were; watched for 400 days."""
    start, end, outcome, owner = zip(*deals, strict=True)
    names = np.empty(len(deals), np.object_)
    names[:] = owner
    return History(
        ids=[str(number) for number in range(len(deals))], start=MONDAY + np.array(start, np.int64) * DAY,
        end=MONDAY + np.array(end, np.int64) * DAY, won=np.array([one == "won" for one in outcome]),
        lost=np.array([one == "lost" for one in outcome]), names={"owner": names},
        amount=np.full(len(deals), 100, np.int64), visits=Visits.none(), watched=Watched(0, MONDAY + 400 * DAY),
    )  # fmt: skip


ONE = past(
    (0, 20, "won", "Sato"), (0, 50, "won", "Sato"), (7, 60, "lost", "Sato"), (0, 40, "lost", "Abe"),
    (350, 400, "open", None),
)  # fmt: skip


def test_by_hand() -> None:
    found = of_limit(ONE, 30, horizon=60, workdays=weekdays)
    score = found.score
    assert score.flagged == (4, 1, 2, 1)
    assert score.mature == (3, 1, 2, 0), "of the open one nobody knows yet"
    assert (score.precision.over, score.precision.of) == (2, 3)
    assert (score.recall.over, score.recall.of) == (2, 2)
    assert (found.nagged.over, found.nagged.of) == (1, 2), "the one that was won on day 20 was left alone"
    assert score.lead is not None
    assert score.lead.p50 == (23 + 10) / 2
    assert score.amount == 400
    assert [(load.owner, load.alerts, load.most) for load in found.load] == [
        ("Sato", 2, 1),
        (None, 1, 1),
        ("Abe", 1, 1),
    ]
    assert sum(one.alerts for one in found.quarters) == 4
    assert sum(one.recall.of for one in found.quarters) == 2


def test_several_alerts_of_one_deal_are_several_messages_and_one_loss() -> None:
    twice = Alerts(np.array([2, 2], np.int64), MONDAY + np.array([20, 40], np.int64) * DAY)
    found = of_alerts(ONE, twice, horizon=60)
    assert (found.score.flagged.all, found.score.precision.of, found.score.recall.over) == (2, 2, 1)
    assert found.score.lead is not None
    assert found.score.lead.p50 == 40, "from the first of them"
    assert found.score.amount == 100


def test_what_was_said_before_the_watching_began_counts_nowhere() -> None:
    late = replace(ONE, watched=Watched(MONDAY + 35 * DAY, MONDAY + 400 * DAY))
    found = of_limit(late, 30, horizon=60)
    assert (found.score.late_entries, found.score.flagged.all) == (2, 2)
    assert sum(load.alerts for load in found.load) == 2
    assert sum(one.alerts for one in found.quarters) == 2


def test_nothing_is_divided_by_nothing() -> None:
    nobody = replace(past((0, 1, "won", None)), ids=[], start=np.zeros(0, np.int64), end=np.zeros(0, np.int64),
                     won=np.zeros(0, bool), lost=np.zeros(0, bool), amount=np.zeros(0, np.int64), names={})  # fmt: skip
    found = of_limit(nobody, 30, horizon=60, workdays=weekdays)
    assert found.score.precision.value is None
    assert (found.load, found.quarters, others(nobody, horizon=60)) == ([], [], {})


def test_quarters_begin_with_their_months() -> None:
    days = [at("2025-12-31 23:00", "UTC"), at("2026-01-01 00:00", "UTC"), at("2026-04-01 00:00", "UTC")]
    found = quarter_of(np.array([to_us(one) for one in days], np.int64)).tolist()
    assert found == [2025 * 4 + 3, 2026 * 4, 2026 * 4 + 1]
    new_year = np.array([to_us(at("2025-12-31 23:00", "UTC"))], np.int64)
    assert quarter_of(new_year, zone_named("Asia/Tokyo").local_day).tolist() == [2026 * 4], "where people live"


@pytest.fixture
def world(found: Founder) -> World:
    return found(default_pack())


def tries(world: World, rule: str) -> Tried:
    with world.db.read() as conn:
        return tried(conn, world.book, ["crm"], coverage(conn), Asked(as_of=world.us), {rule})


def test_a_rule_is_tried_on_what_is_kept(world: World) -> None:
    """Ten business days in qualification: said on 23 Feb; the lost one was there too long, too."""
    world.has(
        deal("slow", stage="discovery", created_at=at("2026-02-09 09:00")),
        deal("lost", stage="qualification", created_at=at("2026-01-05 09:00"), outcome=Outcome.LOST,
             closed_at=at("2026-02-27 09:00")),
        deal("won", stage="qualification", created_at=at("2026-02-16 09:00"), outcome=Outcome.WON,
             closed_at=at("2026-02-20 09:00")),
    )  # fmt: skip
    world.crm.visits = [
        StageVisit(deal="slow", stage="qualification", entered_at=at("2026-02-09 09:00")),
        StageVisit(deal="slow", stage="discovery", entered_at=at("2026-02-26 09:00")),
        StageVisit(deal="lost", stage="qualification", entered_at=at("2026-01-05 09:00")),
        StageVisit(deal="won", stage="qualification", entered_at=at("2026-02-16 09:00")),
    ]
    world.syncs()
    found = tries(world, "stage-time")
    assert not found.blind
    score = replace(found.found["stage-time"].score)
    assert score.flagged.all + score.late_entries == 2, "slow in its first stage, and the lost one; not the won one"


def test_a_rule_whose_past_nobody_keeps_is_said_to_be_one(world: World) -> None:
    world.has(deal("acme"))
    world.syncs()
    found = tries(world, "exit-first-meeting")
    assert list(found.blind) == ["exit-first-meeting"]
    assert "agenda" in found.blind["exit-first-meeting"]
    assert not found.found
