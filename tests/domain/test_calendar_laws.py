"""What holds for every deadline: it equals the slow oracle's, and obeys the laws that a reader takes for granted.

Every zone of the zone database has its turn: some of them each day, all of them in the slow run. A zone is one
calendar of any kind and 25 clocks each in dates and in hours, due and warned: 100 cases beside the oracle.
"""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from stalewatch.domain.durations import Unit
from stalewatch.domain.instants import Instants, from_us
from tests.domain.calendar_worlds import A_MONTH, CLOCKS, ODDEST, TWO_DAYS, ZONES, Clocks, World

pytestmark = [pytest.mark.bar, pytest.mark.gameday]

DATES = (Unit.DAY, Unit.WEEK, Unit.BUSINESS_DAY)
TIME = (Unit.MINUTE, Unit.HOUR, Unit.BUSINESS_HOUR)
ZONES_A_DAY = 50
PARTS = 4
LONG = 4


def todays_zones() -> list[str]:
    """The odd ones, and others from day to day: after two weeks each had its turn."""
    today, others = datetime.now(UTC).toordinal(), ZONES_A_DAY - len(ODDEST)
    return [*ODDEST, *(ZONES[(today * others + number) % len(ZONES)] for number in range(others))]


def told(instants: Instants) -> list[str]:
    return [str(from_us(int(us))) for us in instants]


# ------------------------------------------------------------------------------------ equal to the slow oracle


def equals_the_oracle(world: World, clocks: Clocks) -> None:
    anchors = world.anchors(clocks)
    slow = [
        str(world.slow.add(from_us(int(us)), clocks.duration, clocks.slow_waits(row), clocks.bare_dates[row]))
        for row, us in enumerate(anchors)
    ]
    assert told(world.due(clocks)) == slow, (world, clocks)
    warned = [
        str(world.slow.sub(from_us(int(us)), clocks.duration, clocks.slow_waits(row))) for row, us in enumerate(anchors)
    ]
    assert told(world.calendar.sub(anchors, clocks.duration, clocks.pauses)) == warned, (world, clocks)


# ------------------------------------------------------------------------------------------------------ laws


def is_monotone_in_the_limit(world: World, clocks: Clocks) -> None:
    """A longer limit is never due earlier, nor a longer warning told later; due is never before the start."""
    anchors, amount = world.anchors(clocks), clocks.duration.amount
    previous, warned = anchors, anchors
    for longer in (amount, amount + 1, amount + 1 + world.dice.randrange(9)):
        due = world.due(clocks, longer)
        at = world.calendar.sub(anchors, clocks.lasting(longer), clocks.pauses)
        assert (due >= previous).all(), (world, clocks, longer)
        assert (at <= warned).all(), (world, clocks, longer)
        previous, warned = due, at


def is_monotone_in_the_start(world: World, clocks: Clocks) -> None:
    """Of two clocks with the same waits, that which starts later is never due earlier.

    Where a zone goes back to the date before (St John's until 2011), the later start may lie on the earlier date:
    those pairs are left out for limits that count dates.
    """
    starts, waits = np.sort(np.array(clocks.starts)), max(clocks.waits, key=len)
    for bare in (False, True):
        same = Clocks(clocks.duration, tuple(starts.tolist()), (waits,) * CLOCKS, (bare,) * CLOCKS)
        ordered = np.diff(world.calendar.local_day(starts)) >= 0
        assert (np.diff(world.due(same))[ordered] >= 0).all(), (world, same)


def ends_when_it_may(world: World, clocks: Clocks) -> None:
    """Business days end at the close of a date that is worked and does not wait; hours never end inside a wait,
    business hours only while the calendar is open.

    The one exception is `0bd`, which ends on its own date, waiting or not: that date is not counted.
    """
    unit, amount = clocks.duration.unit, clocks.duration.amount
    for row, us in enumerate(world.due(clocks)):
        at, waits = from_us(int(us)), clocks.slow_waits(row)
        day = world.slow.date_of_deadline(at)
        if unit in (Unit.BUSINESS_DAY, Unit.BUSINESS_HOUR):
            assert world.slow.works(day), (world, clocks, row)
        if unit is Unit.BUSINESS_HOUR:
            assert world.slow.opens(day) < at <= world.slow.closes(day), (world, clocks, row)
        if unit.counts_dates:
            assert amount == 0 or not any(start <= at < end for start, end in waits), (world, clocks, row)
        else:
            assert not any(start < at <= end for start, end in waits), (world, clocks, row)


def comes_back(world: World, clocks: Clocks) -> None:
    """Business days added and taken away again lead to the open of the date they started from, if that date is
    itself counted: worked, and its close in no wait. From any other date the way back ends on the counted date before.
    """
    if clocks.duration.unit is not Unit.BUSINESS_DAY:
        return
    calendar, amount = world.calendar, clocks.duration.amount + 1
    day = calendar.local_day(np.array(clocks.starts))
    back = calendar.sub(world.due(clocks, amount), clocks.lasting(amount), clocks.pauses)
    for row, (number, close) in enumerate(zip(day.tolist(), calendar.closes_at(day).tolist(), strict=True)):
        here = np.array([number])
        counted = calendar.is_business_day(here)[0] and not any(s <= close < e for s, e in clocks.waits[row])
        if counted:
            assert back[row] == calendar.opens_at(here)[0], (world, clocks, row)
        else:
            assert calendar.local_day(back[row : row + 1])[0] < number, (world, clocks, row)


def adds_up(world: World, clocks: Clocks) -> None:
    """Two limits one after the other are their sum."""
    half = world.due(clocks)
    dated = clocks.duration.unit.counts_dates
    then = world.calendar.add(half, clocks.lasting(3), clocks.pauses, dated=dated)
    if clocks.duration.amount:
        assert np.array_equal(then, world.due(clocks, clocks.duration.amount + 3)), (world, clocks)


def stands_alone(world: World, clocks: Clocks) -> None:
    """A clock is due as if it were alone, in whatever order and batch it comes, and as often as it is asked."""
    due = world.due(clocks)
    half, row = CLOCKS // 2, world.dice.randrange(CLOCKS)
    for rows in (range(CLOCKS), range(CLOCKS)[::-1], range(half), range(half, CLOCKS), [row], [row, row]):
        assert np.array_equal(world.due(clocks.some(list(rows))), due[list(rows)]), (world, clocks)


LAWS = (
    equals_the_oracle, is_monotone_in_the_limit, is_monotone_in_the_start, ends_when_it_may, comes_back, adds_up,
    stands_alone,
)  # fmt: skip


def obey(zone: str, seed: int) -> None:
    world = World(zone, seed)
    for units, most, longest_wait in ((DATES, 25, A_MONTH), (TIME, 20, TWO_DAYS)):
        clocks = world.clocks(units, most, longest_wait)
        for law in LAWS:
            law(world, clocks)


@pytest.mark.parametrize("part", range(PARTS))
def test_deadlines_obey_in_todays_zones(part: int) -> None:
    for zone in todays_zones()[part::PARTS]:
        obey(zone, datetime.now(UTC).toordinal())


@pytest.mark.slow
@pytest.mark.parametrize("part", range(8))
def test_deadlines_obey_in_every_zone(part: int) -> None:
    """Four calendars in each zone: 200,000 cases beside the oracle and more."""
    for zone in ZONES[part::8]:
        for seed in range(LONG):
            obey(zone, seed)


def test_every_zone_has_its_turn() -> None:
    assert len(ZONES) * LONG * CLOCKS * 4 >= 200_000
    assert ZONES_A_DAY * CLOCKS * 4 >= 5_000
    assert set(ODDEST) <= set(ZONES)
