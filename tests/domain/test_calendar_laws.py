"""What holds for every deadline: it equals the slow oracle's, and obeys the laws that a reader takes for granted.

An example is a batch: one calendar in any zone, twenty clocks with waits of their own, half of them near a
change of the zone's offset. 5,000 clocks in the default run, 200,000 in the slow one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stalewatch.domain.calendar import Calendar, Spec
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.instants import DAY, MINUTE, Instants, Mask, from_us, to_us
from stalewatch.domain.pauses import Pauses
from tests.domain.calendar_builders import MONDAY_TO_FRIDAY, pauses
from tests.domain.calendar_oracle import SlowCalendar, Wait

CLOCKS = 20
FIRST, LAST = datetime(1976, 1, 1, tzinfo=UTC), datetime(2076, 1, 1, tzinfo=UTC)
ZONES = sorted(available_timezones())
HOURS = [(540, 1080), (0, 1440), (0, 1080), (1320, 1440)]
WEEKDAYS = [MONDAY_TO_FRIDAY, frozenset(range(7)), frozenset({6, 0, 1, 2, 3}), frozenset({2})]
CLOSURES = [(), (((12, 29), (1, 3)),), (((2, 29), (2, 29)), ((8, 13), (8, 15)))]
DATES = [Unit.DAY, Unit.WEEK, Unit.BUSINESS_DAY]
TIME = [Unit.MINUTE, Unit.HOUR, Unit.BUSINESS_HOUR]

in_both_runs = pytest.mark.parametrize("times", [1, pytest.param(40, marks=pytest.mark.slow)])


@dataclass(frozen=True)
class Batch:
    """Clocks of one calendar: each with its start, its waits (microseconds), and whether it is a bare date."""

    spec: Spec
    duration: Duration
    starts: tuple[int, ...]
    waits: tuple[tuple[tuple[int, int], ...], ...]
    bare_dates: tuple[bool, ...]

    @property
    def pauses(self) -> Pauses:
        return pauses(self.waits)

    @property
    def dated(self) -> Mask:
        return np.array(self.bare_dates)

    def anchors(self, calendar: Calendar) -> Instants:
        """The starts; of a bare date its close."""
        starts = np.array(self.starts)
        return np.where(self.dated, calendar.closes_at(calendar.local_day(starts)), starts)

    def slow_waits(self, row: int) -> list[Wait]:
        return [(from_us(start), from_us(end)) for start, end in self.waits[row]]

    def but(self, amount: int) -> Duration:
        return replace(self.duration, amount=amount)


@cache
def nights(zone: str) -> list[int]:
    """Minutes near which the zone's offset changes; any minute for a zone that never does."""
    walls = [FIRST.replace(tzinfo=None) + timedelta(days=2 * n) for n in range((LAST - FIRST).days // 2)]
    offsets = [ZoneInfo(zone).utcoffset(wall) for wall in walls]
    changes = [wall for wall, (here, then) in zip(walls, pairwise(offsets), strict=False) if here != then]
    return [to_us(wall.replace(tzinfo=UTC)) // MINUTE for wall in changes or walls[:1]]


@st.composite
def specs(draw: st.DrawFn) -> Spec:
    odd_hours = st.tuples(st.integers(0, 1380), st.integers(60, 1440)).filter(lambda hours: hours[0] + 60 <= hours[1])
    opens, closes = draw(st.sampled_from(HOURS) | odd_hours)
    return Spec(
        name="any",
        zone=draw(st.sampled_from(ZONES)),
        opens=opens,
        closes=closes,
        days=draw(st.sampled_from(WEEKDAYS)),
        holidays=draw(st.sampled_from([None, "JP", "US", "DE-BY"])),
        closed=draw(st.sampled_from(CLOSURES)),
    )


@st.composite
def batches(draw: st.DrawFn, units: list[Unit], amounts: tuple[int, int], longest_wait: int) -> Batch:
    spec = draw(specs())
    near = st.tuples(st.sampled_from(nights(spec.zone)), st.integers(-2880, 6 * 1440)).map(sum)
    far = st.integers(to_us(FIRST) // MINUTE, to_us(LAST) // MINUTE)
    wait = st.tuples(st.integers(-longest_wait, 2 * longest_wait), st.integers(1, longest_wait))
    clock = st.tuples(near | far, st.lists(wait, max_size=3), st.booleans())
    clocks = draw(st.lists(clock, min_size=CLOCKS, max_size=CLOCKS))
    unit, (fewest, most) = draw(st.sampled_from(units)), amounts
    if unit is Unit.BUSINESS_HOUR:  # half a week of them: the oracle walks every minute
        most = min(most, max(1, (spec.closes - spec.opens) * len(spec.days) // 120))
    return Batch(
        spec,
        Duration(draw(st.integers(fewest, most)), unit),
        tuple(start * MINUTE for start, _, _ in clocks),
        tuple(
            tuple(((start + after) * MINUTE, (start + after + minutes) * MINUTE) for after, minutes in waits)
            for start, waits, _ in clocks
        ),
        tuple(bare_date for _, _, bare_date in clocks),
    )


a_month = 30 * DAY // MINUTE
counted_in_dates = batches(DATES, (0, 25), a_month)
counted_in_business_days = batches([Unit.BUSINESS_DAY], (0, 25), a_month)
counted_in_time = batches(TIME, (1, 20), 2 * DAY // MINUTE)
counted_anyhow = batches(DATES + TIME, (1, 25), a_month)


def hold(check: Callable[[Batch], None], strategy: st.SearchStrategy[Batch], clocks: int) -> None:
    """Checks that many clocks, in batches."""
    thorough = settings(max_examples=clocks // CLOCKS, deadline=None, suppress_health_check=list(HealthCheck))
    thorough(given(strategy)(check))()


def same(calendar: Calendar, fast: Instants, slow: list[datetime]) -> None:
    assert [str(from_us(int(us))) for us in fast] == [str(at) for at in slow], calendar.spec


# ------------------------------------------------------------------------------------ equal to the slow oracle


@in_both_runs
@pytest.mark.parametrize("strategy", [counted_in_dates, counted_in_time], ids=["dates", "time"])
def test_a_deadline_is_that_of_the_oracle(strategy: st.SearchStrategy[Batch], times: int) -> None:
    def check(batch: Batch) -> None:
        calendar, oracle = Calendar(batch.spec), SlowCalendar(batch.spec)
        anchors = batch.anchors(calendar)
        slow = [
            oracle.add(from_us(int(us)), batch.duration, batch.slow_waits(row), batch.bare_dates[row])
            for row, us in enumerate(anchors)
        ]
        same(calendar, calendar.add(anchors, batch.duration, batch.pauses, batch.dated), slow)

    hold(check, strategy, 1_000 * times)


@in_both_runs
@pytest.mark.parametrize("strategy", [counted_in_dates, counted_in_time], ids=["dates", "time"])
def test_a_warning_is_that_of_the_oracle(strategy: st.SearchStrategy[Batch], times: int) -> None:
    def check(batch: Batch) -> None:
        calendar, oracle = Calendar(batch.spec), SlowCalendar(batch.spec)
        breaches = batch.anchors(calendar)
        slow = [oracle.sub(from_us(int(us)), batch.duration, batch.slow_waits(row)) for row, us in enumerate(breaches)]
        same(calendar, calendar.sub(breaches, batch.duration, batch.pauses), slow)

    hold(check, strategy, 600 * times)


# ------------------------------------------------------------------------------------------------------ laws


@in_both_runs
def test_a_longer_limit_is_never_due_earlier_nor_a_longer_warning_told_later(times: int) -> None:
    def check(batch: Batch) -> None:
        calendar = Calendar(batch.spec)
        anchors, longer = batch.anchors(calendar), batch.but(batch.duration.amount + 1)
        due = calendar.add(anchors, batch.duration, batch.pauses, batch.dated)
        assert (calendar.add(anchors, longer, batch.pauses, batch.dated) >= due).all()
        at = calendar.sub(anchors, batch.duration, batch.pauses)
        assert (calendar.sub(anchors, longer, batch.pauses) <= at).all()
        assert (due >= anchors).all()
        assert (at <= anchors).all()

    hold(check, counted_anyhow, 400 * times)


@in_both_runs
def test_business_days_never_end_on_a_holiday_nor_inside_a_wait(times: int) -> None:
    def check(batch: Batch) -> None:
        calendar, oracle = Calendar(batch.spec), SlowCalendar(batch.spec)
        due = calendar.add(batch.anchors(calendar), batch.duration, batch.pauses, batch.dated)
        for row, us in enumerate(due):
            close = from_us(int(us))
            assert oracle.works(oracle.date_of_deadline(close))
            today = batch.duration.amount == 0
            assert today or not any(start <= close < end for start, end in batch.slow_waits(row))

    hold(check, counted_in_business_days, 400 * times)


@in_both_runs
def test_adding_then_subtracting_business_days_returns_to_the_same_date(times: int) -> None:
    def check(batch: Batch) -> None:
        calendar, amount = Calendar(batch.spec), batch.but(batch.duration.amount + 1)
        anchors = batch.anchors(calendar)
        day = calendar.local_day(np.array(batch.starts))
        closes = calendar.closes_at(day)
        due = calendar.add(anchors, amount, batch.pauses, batch.dated)
        back = calendar.sub(due, amount, batch.pauses)
        waiting = [any(s <= close < e for s, e in row) for row, close in zip(batch.waits, closes, strict=True)]
        counted = calendar.is_business_day(day) & ~np.array(waiting)
        assert np.array_equal(back[counted], calendar.opens_at(day)[counted])

    hold(check, counted_in_business_days, 400 * times)


@in_both_runs
def test_two_limits_one_after_the_other_are_their_sum(times: int) -> None:
    def check(batch: Batch) -> None:
        calendar, amount = Calendar(batch.spec), batch.duration.amount
        anchors = batch.anchors(calendar)
        half = calendar.add(anchors, batch.duration, batch.pauses, batch.dated)
        then = calendar.add(half, batch.but(3), batch.pauses, dated=batch.duration.unit.counts_dates)
        assert np.array_equal(then, calendar.add(anchors, batch.but(amount + 3), batch.pauses, batch.dated))

    hold(check, counted_anyhow, 400 * times)


@in_both_runs
def test_one_clock_among_many_is_due_as_if_it_were_alone(times: int) -> None:
    def check(batch: Batch) -> None:
        calendar = Calendar(batch.spec)
        anchors = batch.anchors(calendar)
        due = calendar.add(anchors, batch.duration, batch.pauses, batch.dated)
        warned = calendar.sub(due, batch.duration, batch.pauses)
        for row in range(CLOCKS):
            one, waits = anchors[row : row + 1], pauses(batch.waits[row : row + 1])
            alone = calendar.add(one, batch.duration, waits, batch.bare_dates[row])
            assert alone[0] == due[row]
            assert calendar.sub(alone, batch.duration, waits)[0] == warned[row]

    hold(check, counted_anyhow, 200 * times)
