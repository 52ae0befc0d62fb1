"""When people are spoken to: mornings, quiet hours, budgets, and the calm around a new rule."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from stalewatch.domain.hours import Hours, Quiet
from stalewatch.domain.instants import DAY, HOUR, MINUTE, NEVER, SECOND, Mask, from_us, to_day, to_us
from stalewatch.domain.pacing import (
    Newcomer,
    Reason,
    choose_for_rollout,
    digest_slot,
    held,
    immediate_time,
    may_send,
    storm,
)
from stalewatch.sdk.notifier import Style

TOKYO = ZoneInfo("Asia/Tokyo")


@dataclass(frozen=True)
class Weekdays:
    """Monday to Friday but for these holidays."""

    holidays: frozenset[int] = field(default_factory=frozenset)

    def is_business_day(self, days: NDArray[np.int64]) -> Mask:
        return ((days + 3) % 7 < 5) & ~np.isin(days, list(self.holidays))


OFFICE = Hours(zone=TOKYO, calendar=Weekdays(), digest_at=9 * 60, quiet=Quiet(9 * 60, 18 * 60 + 30))
ALWAYS = replace(OFFICE, quiet=None)


def at(text: str, zone: ZoneInfo = TOKYO) -> int:
    """`11-14 18:00` of 2025 (the 14th is a Friday), or a whole ISO time."""
    full = text if len(text) > 11 else f"2025-{text}"
    return to_us(datetime.fromisoformat(full).replace(tzinfo=zone))


def local(instant: int, zone: ZoneInfo = TOKYO) -> str:
    return from_us(instant).astimezone(zone).strftime("%m-%d %H:%M")


def slot(edge: str, now: str, hours: Hours = OFFICE, **more: int | None) -> str:
    pace = digest_slot(hours, at(edge), at(now), **{"seen": at(now) - MINUTE, **more})  # type: ignore[arg-type]
    assert pace.reason is Reason.DIGEST
    assert pace.day == hours.day_of(pace.not_before)
    return local(pace.not_before)


class TestTheDigest:
    def test_carries_what_happened_since_the_last_one(self) -> None:
        assert slot("11-12 18:00", "11-12 18:00") == "11-13 09:00"

    def test_an_edge_at_the_slot_itself_belongs_to_it(self) -> None:
        assert slot("11-13 09:00", "11-13 09:00") == "11-13 09:00"
        assert slot("11-13 09:01", "11-13 09:01") == "11-14 09:00"

    def test_a_tick_a_moment_after_nine_still_finds_it(self) -> None:
        assert digest_slot(OFFICE, at("11-13 09:00"), at("11-13 09:00") + 20 * SECOND, seen=at("11-13 08:59")).day == (
            to_day(date(2025, 11, 13))
        )

    def test_waits_over_the_weekend(self) -> None:
        assert slot("11-14 18:00", "11-14 18:00") == "11-17 09:00"

    def test_waits_over_a_holiday_of_the_person(self) -> None:
        labour_day = frozenset({to_day(date(2025, 11, 17))})
        assert slot("11-14 18:00", "11-14 18:00", replace(OFFICE, calendar=Weekdays(labour_day))) == "11-18 09:00"

    def test_goes_out_every_day_where_quiet_is_off(self) -> None:
        assert slot("11-14 18:00", "11-14 18:00", ALWAYS) == "11-15 09:00"

    def test_and_where_only_the_hours_are_quiet(self) -> None:
        hours = replace(OFFICE, quiet=Quiet(9 * 60, 18 * 60, on_business_days=False))
        assert slot("11-14 18:00", "11-14 18:00", hours) == "11-15 09:00"

    def test_is_told_once_a_day(self) -> None:
        told = to_day(date(2025, 11, 13))
        assert slot("11-13 08:00", "11-13 08:30", told=told) == "11-14 09:00"

    def test_what_turns_up_in_the_afternoon_waits_for_the_morning(self) -> None:
        assert slot("11-10 18:00", "11-13 15:00") == "11-14 09:00"

    def test_an_outage_over_the_morning_is_made_up_for_the_same_day(self) -> None:
        assert slot("11-12 18:00", "11-13 15:00", seen=at("11-13 08:50")) == "11-13 09:00"

    def test_but_not_in_the_evening(self) -> None:
        assert slot("11-12 18:00", "11-13 19:00", seen=at("11-13 08:50")) == "11-14 09:00"

    def test_a_run_once_a_day_five_minutes_late_is_no_day_late(self) -> None:
        assert slot("11-12 18:00", "11-13 09:05", seen=at("11-12 09:05")) == "11-13 09:00"

    def test_the_first_look_ever_speaks_today_of_what_is_years_old(self) -> None:
        utc = ZoneInfo("UTC")
        hours = Hours(zone=utc, calendar=Weekdays(), digest_at=18 * 60)
        now = at("2017-12-31T18:00", utc)
        pace = digest_slot(hours, at("2015-01-01T18:00", utc), now, seen=NEVER)
        assert (pace.not_before, pace.day) == (now, to_day(date(2017, 12, 31)))

    def test_an_hour_inside_the_quiet_ones_moves_to_their_end(self) -> None:
        assert slot("11-12 18:00", "11-12 18:00", replace(OFFICE, digest_at=7 * 60)) == "11-13 09:00"

    def test_stays_at_nine_when_the_clocks_change(self) -> None:
        new_york = ZoneInfo("America/New_York")
        hours = replace(ALWAYS, zone=new_york)
        edge = at("2025-03-08T12:00", new_york)
        first = digest_slot(hours, edge, edge).not_before
        assert local(first, new_york) == "03-09 09:00"
        assert first - at("2025-03-08T09:00", new_york) == 23 * HOUR

    def test_a_date_that_the_zone_skipped_has_none(self) -> None:
        apia = ZoneInfo("Pacific/Apia")
        hours = replace(ALWAYS, zone=apia)
        edge = at("2011-12-29T12:00", apia)
        assert local(digest_slot(hours, edge, edge).not_before, apia) == "12-31 09:00"

    def test_a_calendar_without_workdays_ends_in_an_error_and_not_in_a_loop(self) -> None:
        never = Weekdays(frozenset(range(to_day(date(2025, 1, 1)), to_day(date(2028, 1, 1)))))
        with pytest.raises(ValueError, match="no day within a year"):
            digest_slot(replace(OFFICE, calendar=never), at("11-13 09:00"), at("11-13 09:00"))


def told_at_once(edge: str, sent: int = 0, hours: Hours = OFFICE) -> tuple[str, Style, Reason]:
    counts = {hours.day_of(at("11-13 12:00")): sent}
    pace = immediate_time(hours, at(edge), at(edge), sent=counts, per_day=3, seen=at(edge) - MINUTE)
    return local(pace.not_before), pace.style, pace.reason


class TestAnImmediateMessage:
    def test_goes_at_once_inside_the_hours(self) -> None:
        assert told_at_once("11-13 14:00") == ("11-13 14:00", Style.IMMEDIATE, Reason.NOW)
        assert told_at_once("11-13 18:30") == ("11-13 18:30", Style.IMMEDIATE, Reason.NOW)

    def test_waits_for_the_morning_outside_them(self) -> None:
        assert told_at_once("11-12 18:31") == ("11-13 09:00", Style.IMMEDIATE, Reason.QUIET_HOURS)
        assert told_at_once("11-13 06:00") == ("11-13 09:00", Style.IMMEDIATE, Reason.QUIET_HOURS)
        assert told_at_once("11-14 20:00") == ("11-17 09:00", Style.IMMEDIATE, Reason.QUIET_HOURS)

    def test_the_fourth_of_a_day_waits_for_the_digest(self) -> None:
        assert told_at_once("11-13 14:00", sent=2)[2] is Reason.NOW
        assert told_at_once("11-13 14:00", sent=3) == ("11-14 09:00", Style.DIGEST, Reason.BUDGET_SPENT)

    def test_the_budget_counts_for_the_day_it_would_be_told_on(self) -> None:
        assert told_at_once("11-12 20:00", sent=3) == ("11-13 09:00", Style.DIGEST, Reason.BUDGET_SPENT)

    def test_is_asked_again_before_it_is_sent(self) -> None:
        assert may_send(OFFICE, at("11-13 18:30")) is None
        assert may_send(OFFICE, at("11-13 18:30") + 1) is Reason.QUIET_HOURS
        assert may_send(OFFICE, at("11-15 12:00")) is Reason.QUIET_HOURS
        assert may_send(ALWAYS, at("11-15 23:59")) is None


class TestWhatHoldsANoticeBack:
    def test_is_named_in_the_order_of_the_pipeline(self) -> None:
        assert held(frozenset({Reason.SNOOZED, Reason.SHADOW, Reason.STORM})) is Reason.SHADOW
        assert held(frozenset({Reason.STORM, Reason.SNOOZED})) is Reason.SNOOZED
        assert held(frozenset()) is None

    def test_the_time_of_day_is_no_such_reason(self) -> None:
        with pytest.raises(ValueError, match="quiet_hours"):
            held(frozenset({Reason.QUIET_HOURS}))

    def test_quiet_hours_need_an_earlier_and_a_later_time(self) -> None:
        with pytest.raises(ValueError, match="earlier"):
            Quiet(22 * 60, 6 * 60)


class TestARuleThatJustWentLive:
    def test_speaks_of_the_worst_first_and_of_the_rest_on_the_next_days(self) -> None:
        new = [Newcomer(f"a{over}", "r", rank=1, over=over) for over in range(7)]
        new.append(Newcomer("critical", "r", rank=2, over=0))
        days = choose_for_rollout(new, [10, 11, 14], {}, 3)
        assert [name for name, day in days.items() if day == 10] == ["critical", "a6", "a5"]
        assert [name for name, day in days.items() if day == 11] == ["a4", "a3", "a2"]
        assert [name for name, day in days.items() if day == 14] == ["a1", "a0"]

    def test_each_rule_has_a_ceiling_of_its_own_and_counts_what_was_told(self) -> None:
        new = [Newcomer("a", "r", 1, 1), Newcomer("b", "s", 1, 1)]
        assert choose_for_rollout(new, [10, 11], {("r", 10): 1}, 1) == {"a": 11, "b": 10}

    def test_needs_a_day(self) -> None:
        with pytest.raises(ValueError, match="at least one day"):
            choose_for_rollout([], [], {}, 1)


@pytest.mark.parametrize(
    ("newly", "judged", "expected"),
    [(21, 100, True), (20, 100, False), (19, 20, False), (20, 99, True), (30, 0, True), (0, 0, False)],
)
def test_a_storm_is_more_than_a_fifth_and_at_least_twenty(newly: int, judged: int, expected: bool) -> None:
    assert storm(0.2, 20, newly, judged) is expected


def test_exactly_the_share_is_no_storm_whatever_floats_say() -> None:
    assert not any(storm(percent / 100, 1, percent * 7, 700) for percent in range(1, 100))


# ---------------------------------------------------------------------------------------------- laws

zones = st.sampled_from(
    [TOKYO, *map(ZoneInfo, ("UTC", "America/New_York", "Europe/London", "Australia/Lord_Howe", "Pacific/Apia"))]
)
windows = st.one_of(
    st.none(),
    st.builds(
        lambda opens, length, days: Quiet(opens, min(opens + length, 24 * 60), days),
        st.integers(0, 23 * 60),
        st.integers(30, 24 * 60),
        st.booleans(),
    ),
)
anybody = st.builds(
    lambda zone, quiet, digest: Hours(zone=zone, calendar=Weekdays(), digest_at=digest, quiet=quiet),
    zones,
    windows,
    st.integers(0, 24 * 60 - 1),
)
moments = st.integers(to_us(datetime(2011, 12, 1, tzinfo=UTC)), to_us(datetime(2012, 12, 1, tzinfo=UTC)))
spans = st.integers(0, 40 * DAY)


@given(anybody, moments, spans, spans)
def test_a_digest_is_never_early_never_quiet_and_never_for_a_day_gone(
    hours: Hours, edge: int, later: int, ago: int
) -> None:
    now = edge + later
    pace = digest_slot(hours, edge, now, seen=now - ago)
    assert pace.not_before >= edge
    assert hours.allow(pace.not_before)
    assert hours.day_of(pace.not_before) == pace.day >= hours.day_of(now)
    assert hours.allow(max(pace.not_before, now))


@given(anybody, moments, spans, spans)
def test_digests_keep_the_order_of_their_edges(hours: Hours, edge: int, later: int, apart: int) -> None:
    now = edge + later
    first = digest_slot(hours, edge, now, seen=now)
    second = digest_slot(hours, edge + apart, max(now, edge + apart), seen=now)
    assert (first.not_before, first.day) <= (second.not_before, second.day)


@given(anybody, moments, spans, st.integers(0, 5))
def test_a_day_that_was_told_is_never_told_again(hours: Hours, edge: int, later: int, gap: int) -> None:
    now = edge + later
    told = hours.day_of(now) + gap
    assert digest_slot(hours, edge, now, told=told).day > told


@given(anybody, moments, spans, st.integers(0, 4), st.integers(0, 4))
def test_an_immediate_message_is_never_early_never_quiet_never_over_budget(
    hours: Hours, edge: int, later: int, sent: int, per_day: int
) -> None:
    now = edge + later
    day = hours.day_of(now)
    counts = {day: sent, day + 1: sent}
    pace = immediate_time(hours, edge, now, sent=counts, per_day=per_day)
    assert pace.not_before >= now
    assert hours.allow(pace.not_before)
    if pace.style is Style.IMMEDIATE:
        assert counts.get(pace.day, 0) < per_day


newcomers = st.lists(
    st.builds(Newcomer, st.uuids().map(str), st.sampled_from("rs"), st.integers(0, 2), st.integers(-3, 30)),
    max_size=40,
)


@given(newcomers, st.integers(1, 5), st.integers(1, 6))
def test_rollout_loses_nobody_and_keeps_its_ceiling(new: list[Newcomer], most: int, length: int) -> None:
    days = list(range(100, 100 + length))
    chosen = choose_for_rollout(new, days, {}, most)
    assert set(chosen) == {one.alert for one in new}
    for rule in "rs":
        mine = [one for one in new if one.rule == rule]
        assert all(sum(chosen[one.alert] == day for one in mine) <= most for day in days[:-1])
        ordered = sorted(mine, key=lambda one: chosen[one.alert])
        assert all(
            (worse.rank, worse.over) >= (milder.rank, milder.over)
            for worse, milder in pairwise(ordered)
            if chosen[worse.alert] < chosen[milder.alert]
        )
