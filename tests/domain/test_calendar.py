"""A deadline on the Tokyo calendar, as the conformance suite expects it: weekdays 09-18, closed 12-29..01-03."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from stalewatch.domain.calendar import Calendar, CalendarError, Spec
from stalewatch.domain.calendar_workdays import holiday_name
from stalewatch.domain.durations import Unit
from stalewatch.domain.instants import DAY, HOUR, NEVER, OUTSIDE
from stalewatch.domain.pauses import Pauses
from tests.domain.calendar_builders import MONDAY_TO_FRIDAY, ROUND_THE_CLOCK, TOKYO, Told, days, limit, pauses, utc

tokyo = Told.of(TOKYO)
always = Told.of(ROUND_THE_CLOCK)
UNTIL_APRIL = ("2026-03-06 12:00", "2026-04-01 09:00")


@pytest.mark.parametrize(
    ("anchor", "within", "due"),
    [
        ("2026-03-02 10:00", "14d", "2026-03-16 18:00"),
        ("2026-03-02 10:00", "2w", "2026-03-16 18:00"),
        ("2026-03-25 15:00", "14d", "2026-04-08 18:00"),
        ("2026-03-06 10:00", "1d", "2026-03-07 18:00"),  # a Saturday, at the close hour all the same
        ("2026-03-02 09:30", "15bd", "2026-03-24 18:00"),  # over the equinox
        ("2026-03-02 09:30", "25bd", "2026-04-07 18:00"),
        ("2026-03-02 09:30", "40bd", "2026-04-28 18:00"),
        ("2026-04-24 11:00", "15bd", "2026-05-21 18:00"),  # over Golden Week
        ("2026-12-21 09:30", "10bd", "2027-01-08 18:00"),  # over the new year
        ("2026-03-07 10:00", "1bd", "2026-03-09 18:00"),
        ("2026-03-05 15:00", "24h", "2026-03-06 15:00"),
        ("2026-03-05 16:00", "48h", "2026-03-07 16:00"),
        ("2026-03-05 16:00", "30m", "2026-03-05 16:30"),
        ("2026-03-19 16:00", "4bh", "2026-03-23 11:00"),  # Thursday before a holiday
        ("2026-03-07 15:00", "4bh", "2026-03-09 13:00"),  # Saturday 15:00 is not Saturday 19:00, nor Monday 19:00
        ("2026-03-05 14:00", "4bh", "2026-03-05 18:00"),  # the close, not the next open
        ("2026-03-05 18:00", "1bh", "2026-03-06 10:00"),
    ],
)
def test_a_limit_ends_where_the_rules_say(anchor: str, within: str, due: str) -> None:
    assert tokyo.add(anchor, within) == due


@pytest.mark.parametrize(
    ("anchor", "due"),
    [
        ("2026-03-05 17:00", "2026-03-05 18:00"),
        ("2026-03-05 17:59", "2026-03-05 18:00"),
        ("2026-03-05 18:00", "2026-03-06 18:00"),  # its close is not ahead any more
        ("2026-03-07 10:00", "2026-03-09 18:00"),  # a Saturday
        ("2026-03-20 10:00", "2026-03-23 18:00"),  # a holiday before a weekend
    ],
)
def test_zero_business_days_is_today_while_its_close_is_ahead(anchor: str, due: str) -> None:
    assert tokyo.add(anchor, "0bd") == due


def test_zero_days_asks_for_no_workday() -> None:
    assert tokyo.add("2026-03-07 10:00", "0d") == "2026-03-07 18:00"
    assert tokyo.add("2026-03-07 18:00", "0w") == "2026-03-08 18:00"


@pytest.mark.parametrize(
    ("day", "within", "due"),
    [
        ("2026-03-10", "0bd", "2026-03-10 18:00"),
        ("2026-03-20", "0bd", "2026-03-23 18:00"),
        ("2026-03-20", "0d", "2026-03-20 18:00"),
        ("2026-03-10", "1bd", "2026-03-11 18:00"),
    ],
)
def test_a_date_without_a_time_is_late_at_its_own_close(day: str, within: str, due: str) -> None:
    assert tokyo.add(tokyo.close_of(day), within, dated=True) == due


def test_only_the_rows_that_are_dates_count_as_dates() -> None:
    close = tokyo.close_of("2026-03-10")
    due = tokyo.calendar.add(np.array([close, close]), limit("0bd"), dated=np.array([True, False]))
    assert [tokyo.wall(int(us)) for us in due] == ["2026-03-10 18:00", "2026-03-11 18:00"]


@pytest.mark.parametrize(
    ("anchor", "within", "wait", "due"),
    [
        ("2026-03-02 10:00", "14d", UNTIL_APRIL, "2026-04-11 18:00"),
        ("2026-03-02 10:00", "14d", ("2026-03-06 12:00", "2026-05-05 12:00"), "2026-05-15 18:00"),  # 60 days at most
        ("2026-03-02 10:00", "3bd", UNTIL_APRIL, "2026-03-05 18:00"),  # due before the wait begins
        ("2026-03-02 10:00", "4bd", UNTIL_APRIL, "2026-04-01 18:00"),  # its date is paused
        ("2026-03-09 10:00", "1bd", UNTIL_APRIL, "2026-04-01 18:00"),  # the clock starts in the wait
        ("2026-04-01 09:00", "1bd", UNTIL_APRIL, "2026-04-02 18:00"),
        ("2026-03-06 11:00", "2h", UNTIL_APRIL, "2026-04-01 10:00"),
        ("2026-03-06 11:00", "1h", UNTIL_APRIL, "2026-03-06 12:00"),
        ("2026-03-06 11:00", "4bh", UNTIL_APRIL, "2026-04-01 12:00"),
        ("2026-03-10 11:00", "0bd", UNTIL_APRIL, "2026-03-10 18:00"),  # today is not counted, so it is not paused
        ("2026-03-07 11:00", "0bd", UNTIL_APRIL, "2026-04-01 18:00"),
    ],
)
def test_a_wait_does_not_count(anchor: str, within: str, wait: tuple[str, str], due: str) -> None:
    assert tokyo.add(anchor, within, wait) == due


def test_a_date_is_paused_if_its_close_is() -> None:
    until_the_close = ("2026-03-03 10:00", "2026-03-04 18:00")
    past_the_close = ("2026-03-03 10:00", "2026-03-04 18:01")
    from_the_close = ("2026-03-03 18:00", "2026-03-03 19:00")
    assert tokyo.add("2026-03-02 10:00", "1bd", until_the_close) == "2026-03-04 18:00"
    assert tokyo.add("2026-03-02 10:00", "1bd", past_the_close) == "2026-03-05 18:00"
    assert tokyo.add("2026-03-02 10:00", "1bd", from_the_close) == "2026-03-04 18:00"


def test_several_waits_each_take_their_days() -> None:
    first, second = ("2026-03-03 10:00", "2026-03-05 09:00"), ("2026-03-06 10:00", "2026-03-10 09:00")
    assert tokyo.add("2026-03-02 10:00", "1bd", first, second) == "2026-03-05 18:00"
    assert tokyo.add("2026-03-02 10:00", "2bd", first, second) == "2026-03-10 18:00"
    assert tokyo.add("2026-03-02 17:00", "2bh", first, second) == "2026-03-03 10:00"
    assert tokyo.add("2026-03-02 17:00", "12bh", first, second) == "2026-03-06 10:00"
    assert tokyo.add("2026-03-02 17:00", "13bh", first, second) == "2026-03-10 10:00"
    assert tokyo.sub("2026-03-10 18:00", "1bd", first, second) == "2026-03-05 09:00"
    assert tokyo.sub("2026-03-10 18:00", "2bd", first, second) == "2026-03-02 09:00"


def test_each_row_has_its_own_waits() -> None:
    calendar, anchors = tokyo.calendar, tokyo.instants(*["2026-03-02 10:00"] * 3)
    wait = (tokyo.us("2026-03-06 12:00"), tokyo.us("2026-04-01 09:00"))
    due = calendar.add(anchors, limit("14d"), pauses([[], [wait], []]))
    assert [tokyo.wall(int(us)) for us in due] == ["2026-03-16 18:00", "2026-04-11 18:00", "2026-03-16 18:00"]


@pytest.mark.parametrize(
    ("breach", "warn", "at"),
    [
        ("2026-03-16 18:00", "4d", "2026-03-12 09:00"),
        ("2026-03-24 18:00", "3bd", "2026-03-18 09:00"),
        ("2026-03-23 18:00", "5bd", "2026-03-13 09:00"),
        ("2026-03-09 18:00", "3bd", "2026-03-04 09:00"),
        ("2026-04-01 18:00", "1w", "2026-03-25 09:00"),
        ("2026-03-23 11:00", "4bh", "2026-03-19 16:00"),
        ("2026-03-23 11:00", "2bh", "2026-03-23 09:00"),  # the open, not the close before it
        ("2026-03-07 16:00", "48h", "2026-03-05 16:00"),
        ("2026-03-16 18:00", "0bd", "2026-03-16 09:00"),
        ("2026-03-16 09:00", "0bd", "2026-03-13 09:00"),
    ],
)
def test_a_warning_comes_at_the_open_so_that_the_morning_digest_carries_it(breach: str, warn: str, at: str) -> None:
    assert tokyo.sub(breach, warn) == at


def test_a_warning_skips_the_wait_too() -> None:
    assert tokyo.sub("2026-04-11 18:00", "10d", UNTIL_APRIL) == "2026-04-01 09:00"
    assert tokyo.sub("2026-04-11 18:00", "11d", UNTIL_APRIL) == "2026-03-05 09:00"
    assert tokyo.sub("2026-04-01 10:00", "2h", UNTIL_APRIL) == "2026-03-06 11:00"
    assert tokyo.sub("2026-04-01 12:00", "4bh", UNTIL_APRIL) == "2026-03-06 11:00"


def test_a_calendar_that_closes_at_midnight_ends_its_own_day() -> None:
    assert always.add("2026-03-02 10:00", "1d") == "2026-03-04 00:00"
    assert always.add(always.close_of("2026-03-02"), "0bd", dated=True) == "2026-03-03 00:00"
    assert always.add(always.close_of("2026-03-02"), "1bd", dated=True) == "2026-03-04 00:00"
    assert always.add("2026-03-03 00:00", "0d") == "2026-03-04 00:00"
    assert always.sub("2026-03-04 00:00", "1d") == "2026-03-02 00:00"
    assert always.add("2026-03-02 10:00", "36bh") == "2026-03-03 22:00"


@pytest.mark.parametrize("text", ["0h", "0m", "0bh"])
def test_no_time_at_all_moves_nothing(text: str) -> None:
    for moment in ("2026-03-05 10:00", "2026-03-07 15:00"):  # a Thursday in hours, a Saturday
        assert tokyo.add(moment, text) == tokyo.sub(moment, text) == moment


# ------------------------------------------------------------------------------------- the ends of the tables


def test_what_never_happens_has_no_deadline() -> None:
    nothing = np.array([NEVER])
    for text in ("1bd", "0bd", "1d", "1h", "1bh"):
        assert tokyo.calendar.add(nothing, limit(text)).tolist() == [NEVER]
        assert tokyo.calendar.sub(nothing, limit(text)).tolist() == [NEVER]
        assert always.calendar.add(nothing, limit(text), dated=True).tolist() == [NEVER]


@pytest.mark.parametrize("text", ["0bd", "1bd", "0d", "1w", "1h", "1bh"])
@pytest.mark.parametrize("told", [tokyo, always], ids=["tokyo", "always"])
def test_beyond_the_tables_there_is_no_wrong_date(told: Told, text: str) -> None:
    far = np.array([OUTSIDE, utc("9999-12-31"), utc("1969-06-01"), utc("0001-01-02"), OUTSIDE - 1])
    waits = pauses([[(utc("2000-01-01"), utc("2001-01-01"))]] * far.size)
    for waiting in (None, waits):
        assert set(told.calendar.add(far, limit(text), waiting).tolist()) == {OUTSIDE}
        assert set(told.calendar.sub(far, limit(text), waiting).tolist()) == {OUTSIDE}


@pytest.mark.parametrize("text", ["1bd", "1d", "9bh", "24h", "999999999999999999d", "999999999999999999bh"])
def test_a_deadline_that_leaves_the_tables_is_outside(text: str) -> None:
    assert tokyo.add("2099-12-31 17:00", text) == "outside"
    assert tokyo.sub("1970-01-01 09:30", text) == "outside"


def test_the_last_close_at_midnight_is_outside_already() -> None:
    assert always.add("2099-12-30 10:00", "0d") == "2099-12-31 00:00"
    assert always.add("2099-12-30 10:00", "1d") == "outside"
    assert always.calendar.closes_at(days("2099-12-31")).tolist() == [OUTSIDE]


def test_a_batch_may_mix_what_can_and_cannot_be_judged() -> None:
    mixed = np.array([NEVER, tokyo.us("2026-03-02 10:00"), OUTSIDE])
    due = tokyo.calendar.add(mixed, limit("14d"))
    assert due.tolist() == [NEVER, tokyo.us("2026-03-16 18:00"), OUTSIDE]
    assert tokyo.calendar.holds(mixed).tolist() == [False, True, False]


def test_a_wait_without_end_leaves_no_deadline() -> None:
    forever = Pauses(np.array([0, 1]), np.array([tokyo.us("2026-03-03 10:00")]), np.array([OUTSIDE]))
    for text in ("14d", "10bd", "100h", "40bh"):
        assert tokyo.calendar.add(tokyo.instants("2026-03-02 10:00"), limit(text), forever).tolist() == [OUTSIDE]


@pytest.mark.parametrize(("text", "due"), [("1bd", "2026-04-01 18:00"), ("1h", "2026-04-01 10:00")])
def test_a_wait_without_start_lasts_until_its_end(text: str, due: str) -> None:
    wait = Pauses(np.array([0, 1]), np.array([NEVER]), np.array([tokyo.us("2026-04-01 09:00")]))
    us = tokyo.calendar.add(tokyo.instants("2026-03-02 10:00"), limit(text), wait)
    assert tokyo.wall(int(us[0])) == due


def test_the_tables_hold_their_first_instant_and_not_the_one_behind_them() -> None:
    first, behind = tokyo.us("1970-01-01 00:00"), tokyo.us("2100-01-01 00:00")
    assert tokyo.calendar.holds(np.array([first - 1, first, behind - 1, behind])).tolist() == [False, True, True, False]


def test_an_empty_batch_stays_empty() -> None:
    nobody = np.array([], dtype=np.int64)
    for text in ("1bd", "0d", "1h", "1bh"):
        assert tokyo.calendar.add(nobody, limit(text), pauses([])).size == 0
        assert tokyo.calendar.sub(nobody, limit(text)).size == 0


def test_a_deadline_leaves_its_input_alone() -> None:
    anchor = tokyo.instants("2026-03-02 10:00")
    for text in ("1bd", "0d", "1h", "1bh"):
        before = anchor.copy()
        tokyo.calendar.add(anchor, limit(text))
        tokyo.calendar.sub(anchor, limit(text))
        assert np.array_equal(anchor, before)


# -------------------------------------------------------------------------------------------- dates and hours


def test_a_date_opens_and_closes_by_the_wall_clock() -> None:
    calendar, day = tokyo.calendar, days("2026-03-07")
    assert tokyo.wall(int(calendar.opens_at(day)[0])) == "2026-03-07 09:00"
    assert tokyo.wall(int(calendar.closes_at(day)[0])) == "2026-03-07 18:00"
    assert tokyo.wall(int(calendar.midnight(day)[0])) == "2026-03-07 00:00"
    assert calendar.local_day(tokyo.instants("2026-03-07 00:00", "2026-03-07 23:59")).tolist() == [day[0], day[0]]
    assert calendar.open_minutes == 540


def test_a_date_outside_the_tables_has_no_hours() -> None:
    far = days("9999-12-31", "2100-01-01", "1969-12-31", "0001-01-01")
    for hours in (tokyo.calendar.opens_at, tokyo.calendar.closes_at, tokyo.calendar.midnight):
        assert hours(far).tolist() == [OUTSIDE] * 4
    assert not tokyo.calendar.is_business_day(far).any()


def test_an_instant_outside_the_tables_is_before_or_behind_them() -> None:
    far = np.array([NEVER, utc("1969-06-01"), utc("2100-06-01"), OUTSIDE])
    assert tokyo.calendar.local_day(far).tolist() == [-1, -1, *days("2100-01-01", "2100-01-01")]


def test_business_days_are_no_weekends_holidays_or_closures() -> None:
    worked = {
        "2026-03-19": True,
        "2026-03-20": False,  # equinox
        "2026-03-21": False,  # Saturday
        "2026-05-06": False,  # a substitute holiday
        "2026-12-28": True,
        "2026-12-29": False,
        "2027-01-01": False,
        "2027-01-04": True,
    }
    assert tokyo.calendar.is_business_day(days(*worked)).tolist() == list(worked.values())


def test_holidays_may_be_those_of_a_subdivision() -> None:
    bavaria = Told.of(replace(TOKYO, name="munich", zone="Europe/Berlin", holidays="DE-BY", closed=()))
    germany = Told.of(replace(TOKYO, name="berlin", zone="Europe/Berlin", holidays="DE", closed=()))
    epiphany = days("2026-01-06")
    assert not bavaria.calendar.is_business_day(epiphany)[0]
    assert germany.calendar.is_business_day(epiphany)[0]


# ---------------------------------------------------------------------------------------------- explanations


def test_an_explanation_counts_what_was_left_out() -> None:
    anchor, due = tokyo.instants("2026-04-24 11:00"), tokyo.instants("2026-05-21 18:00")
    assert tokyo.calendar.holidays_between(anchor, due).tolist() == [4]  # 29 April, 4, 5 and 6 May
    anchor, due = tokyo.instants("2026-03-02 10:00"), tokyo.instants("2026-04-11 18:00")
    wait = pauses([[(tokyo.us("2026-03-06 12:00"), tokyo.us("2026-04-01 09:00"))]])
    assert tokyo.calendar.paused_dates(anchor, due, wait).tolist() == [26]
    assert tokyo.calendar.paused_dates(anchor, due, wait, unit=Unit.BUSINESS_DAY).tolist() == [17]


def test_the_anchors_own_date_is_not_told_and_that_of_the_deadline_is() -> None:
    equinox_and_before = tokyo.instants("2026-03-20 10:00", "2026-03-19 10:00")
    until = tokyo.instants("2026-03-23 18:00", "2026-03-20 18:00")
    assert tokyo.calendar.holidays_between(equinox_and_before, until).tolist() == [0, 1]


def test_a_paused_date_is_told_like_a_holiday() -> None:
    anchor, due = tokyo.instants("2026-03-06 10:00"), tokyo.instants("2026-04-02 18:00")  # 6 March is paused itself
    wait = pauses([[(tokyo.us("2026-03-06 12:00"), tokyo.us("2026-04-01 09:00"))]])
    assert tokyo.calendar.paused_dates(anchor, due, wait).tolist() == [25]


def test_there_is_nothing_to_explain_without_a_start_or_a_deadline() -> None:
    early, march = utc("1969-06-01"), tokyo.us("2026-03-02 10:00")
    anchor, due = np.array([NEVER, march, march, early]), np.array([NEVER, NEVER, OUTSIDE, march + 40 * DAY])
    wait = pauses([[(tokyo.us("2026-03-06 12:00"), tokyo.us("2026-04-01 09:00"))]] * 4)
    assert tokyo.calendar.holidays_between(anchor, due).tolist() == [0] * 4
    assert tokyo.calendar.paused_dates(anchor, due, wait).tolist() == [0] * 4


def test_where_midnight_closes_a_date_without_a_time_is_its_own_start() -> None:
    spec = replace(ROUND_THE_CLOCK, name="midnight", days=MONDAY_TO_FRIDAY, holidays="JP")
    told = Told.of(spec)
    anchor, due = np.array([told.close_of("2026-03-19")]), np.array([told.close_of("2026-03-23")])
    assert told.calendar.holidays_between(anchor, due, dated=True).tolist() == [1]
    assert told.calendar.holidays_between(anchor, due).tolist() == [0]
    assert told.calendar.holidays_between(anchor, anchor).tolist() == [0]


# ----------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        (replace(TOKYO, zone="Mars/Olympus"), "there is no time zone called 'Mars/Olympus'"),
        (replace(TOKYO, zone="Asia"), "there is no time zone called 'Asia'"),
        (replace(TOKYO, zone="../Tokyo"), "there is no time zone called '../Tokyo'"),
        (replace(TOKYO, holidays="ZZ"), "the holidays of 'ZZ' are not known"),
        (replace(TOKYO, holidays="DE-QQ"), "the holidays of 'DE-QQ' are not known"),
        (replace(TOKYO, opens=600, closes=600), "calendar 'tokyo' closes before it opens"),
        (replace(TOKYO, closes=1441), "calendar 'tokyo': hours lie between 00:00 and 24:00"),
        (replace(TOKYO, opens=-1), "calendar 'tokyo': hours lie between 00:00 and 24:00"),
        (replace(TOKYO, days=frozenset({7})), "calendar 'tokyo': weekdays are numbered 0 (Monday) to 6"),
        (replace(TOKYO, days=frozenset()), "calendar 'tokyo' has no workday at all"),
        (replace(TOKYO, closed=(((1, 1), (12, 31)),)), "calendar 'tokyo' has no workday at all"),
        (replace(TOKYO, closed=(((2, 30), (3, 1)),)), "closed: there is no date 02-30"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused_with_the_reason(spec: Spec, says: str) -> None:
    with pytest.raises(CalendarError) as refused:
        Calendar(spec)
    assert str(refused.value) == says


def test_a_closure_on_leap_day_closes_leap_days() -> None:
    leap = Told.of(replace(TOKYO, closed=(((2, 29), (2, 29)),)))
    assert leap.calendar.is_business_day(days("2028-02-29", "2028-02-28", "2027-03-01")).tolist() == [False, True, True]


def test_a_start_at_midnight_is_of_the_date_that_begins_unless_it_stands_for_a_date_that_ended() -> None:
    calendar = Calendar(replace(TOKYO, closes=24 * 60))
    midnight = np.array([utc("2026-03-05 15:00")])
    assert calendar.start_day(midnight).tolist() == days("2026-03-06").tolist()
    assert calendar.start_day(midnight, np.array([True])).tolist() == days("2026-03-05").tolist()


def test_the_first_instant_of_a_date_and_of_none() -> None:
    first = np.array([-1, 0, 1, 10**6])
    nine_hours = 9 * HOUR  # Tokyo's dates begin before those of UTC
    assert Calendar(ROUND_THE_CLOCK).midnight(first).tolist() == [OUTSIDE, -nine_hours, DAY - nine_hours, OUTSIDE]


@pytest.mark.parametrize(
    ("place", "on", "language", "name"),
    [
        ("JP", date(2026, 5, 3), "ja", "憲法記念日"),
        ("JP", date(2026, 5, 3), "en", "Constitution Day"),
        ("DE-BY", date(2026, 1, 6), "en", "Epiphany"),
        ("DE", date(2026, 1, 6), "en", ""),
        ("JP", date(2026, 3, 2), "ja", ""),
    ],
)
def test_a_holiday_has_its_name_in_the_readers_language(place: str, on: date, language: str, name: str) -> None:
    assert holiday_name(place, on, language) == name
