"""Nights on which the clocks change: dates keep their opens and closes, hours stay as long as they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pytest

from stalewatch.domain.calendar_zone import DAYS, Zone
from stalewatch.domain.instants import DAY, HOUR, SECOND, from_us, to_day, to_us
from tests.domain.calendar_builders import ROUND_THE_CLOCK, TOKYO, Told, days, limit, utc

pytestmark = pytest.mark.bar

ZONES = sorted(available_timezones())


def office(zone: str) -> Told:
    """Weekdays 09:00-18:00, no holidays."""
    return Told.of(replace(TOKYO, name=zone, zone=zone, holidays=None, closed=()))


def all_day(zone: str) -> Told:
    return Told.of(replace(ROUND_THE_CLOCK, name=zone, zone=zone))


@pytest.mark.parametrize(
    ("zone", "anchor", "within", "due"),
    [
        # London, 29 March 2026: 01:00 becomes 02:00; 25 October: 02:00 becomes 01:00
        ("Europe/London", "2026-03-28 12:00", "24h", "2026-03-29 13:00"),
        ("Europe/London", "2026-03-28 12:00", "1d", "2026-03-29 18:00"),
        ("Europe/London", "2026-03-27 10:00", "1bd", "2026-03-30 18:00"),
        ("Europe/London", "2026-03-27 16:00", "4bh", "2026-03-30 11:00"),
        ("Europe/London", "2026-10-24 12:00", "24h", "2026-10-25 11:00"),
        ("Europe/London", "2026-10-24 12:00", "1d", "2026-10-25 18:00"),
        # New York, 8 March and 1 November 2026
        ("America/New_York", "2026-03-07 20:00", "24h", "2026-03-08 21:00"),
        ("America/New_York", "2026-10-31 20:00", "24h", "2026-11-01 19:00"),
        ("America/New_York", "2026-03-06 17:00", "2bh", "2026-03-09 10:00"),
        ("America/New_York", "2026-10-30 10:00", "2bd", "2026-11-03 18:00"),
        # Lord Howe moves by half an hour: 5 April and 4 October 2026
        ("Australia/Lord_Howe", "2026-04-04 12:00", "24h", "2026-04-05 11:30"),
        ("Australia/Lord_Howe", "2026-10-03 12:00", "24h", "2026-10-04 12:30"),
        ("Australia/Lord_Howe", "2026-04-03 10:00", "1bd", "2026-04-06 18:00"),
        # Casablanca leaves its summer time for Ramadan: 15 February to 22 March 2026
        ("Africa/Casablanca", "2026-02-14 12:00", "24h", "2026-02-15 11:00"),
        ("Africa/Casablanca", "2026-03-21 12:00", "24h", "2026-03-22 13:00"),
        ("Africa/Casablanca", "2026-02-13 17:00", "2bh", "2026-02-16 10:00"),
        # Apia had no Friday, 30 December 2011
        ("Pacific/Apia", "2011-12-29 10:00", "1d", "2011-12-31 18:00"),
        ("Pacific/Apia", "2011-12-29 10:00", "1bd", "2012-01-02 18:00"),
        ("Pacific/Apia", "2011-12-28 10:00", "1w", "2012-01-05 18:00"),
        ("Pacific/Apia", "2011-12-29 12:00", "24h", "2011-12-31 12:00"),
        ("Pacific/Apia", "2011-12-29 17:00", "2bh", "2012-01-02 10:00"),
        # nor Kwajalein a Saturday, 21 August 1993
        ("Pacific/Kwajalein", "1993-08-20 10:00", "1d", "1993-08-22 18:00"),
    ],
)
def test_a_limit_over_the_night(zone: str, anchor: str, within: str, due: str) -> None:
    assert office(zone).add(anchor, within) == due


@pytest.mark.parametrize(
    ("zone", "breach", "warn", "at"),
    [
        ("Europe/London", "2026-03-30 18:00", "1bd", "2026-03-27 09:00"),
        ("Europe/London", "2026-03-29 13:00", "24h", "2026-03-28 12:00"),
        ("Pacific/Apia", "2011-12-31 18:00", "1d", "2011-12-29 09:00"),
        ("Pacific/Apia", "2012-01-02 18:00", "1bd", "2011-12-29 09:00"),
        ("Pacific/Apia", "2012-01-02 10:00", "2bh", "2011-12-29 17:00"),
    ],
)
def test_a_warning_over_the_night(zone: str, breach: str, warn: str, at: str) -> None:
    assert office(zone).sub(breach, warn) == at


def test_a_skipped_date_is_no_business_day_and_begins_with_the_next() -> None:
    apia, lost = office("Pacific/Apia").calendar, days("2011-12-30")
    assert not apia.is_business_day(lost)[0]
    assert apia.midnight(lost)[0] == apia.midnight(lost + 1)[0] == utc("2011-12-30 10:00")


def test_a_day_may_have_23_or_25_open_hours() -> None:
    london = all_day("Europe/London")
    assert london.add("2026-03-28 23:00", "24bh") == "2026-03-30 00:00"
    assert london.add("2026-10-24 23:00", "26bh") == "2026-10-26 00:00"


def test_a_night_that_skips_the_open_may_leave_no_open_time() -> None:
    spec = replace(ROUND_THE_CLOCK, zone="Europe/London", opens=90, closes=135)  # 01:30 is read as 02:30, past 02:15
    assert Told.of(spec).add("2026-03-28 01:30", "1bh") == "2026-03-30 01:45"


def test_a_close_that_the_night_skips_is_read_by_the_old_offset() -> None:
    told = Told.of(replace(ROUND_THE_CLOCK, zone="Europe/London", closes=90))
    assert told.add("2026-03-28 12:00", "1d") == "2026-03-29 02:30"


def test_a_close_that_the_night_repeats_is_the_first() -> None:
    told = Told.of(replace(ROUND_THE_CLOCK, zone="Europe/London", closes=90))
    close = told.close_of("2026-10-25")
    assert close == utc("2026-10-25 00:30")
    # Between the first and the second 01:30 the close is over.
    assert told.calendar.add(np.array([close + HOUR // 2]), limit("0d"))[0] == utc("2026-10-26 01:30")


def test_a_date_whose_midnight_is_skipped_begins_with_the_skip() -> None:
    sao_paulo = office("America/Sao_Paulo").calendar  # on 4 November 2018 00:00 became 01:00
    assert sao_paulo.midnight(days("2018-11-04"))[0] == utc("2018-11-04 03:00")


def test_a_date_that_begins_twice_has_the_instants_of_both_beginnings() -> None:
    st_johns = office("America/St_Johns")  # on 7 November 2010 at 00:01 it became 23:01 of the 6th again
    sixth, seventh = days("2010-11-06", "2010-11-07")
    times = ("02:29:59", "02:30:00", "02:30:59", "02:31:00", "03:29:59", "03:30:00")
    around = np.array([utc(f"2010-11-07 {time}") for time in times])
    assert st_johns.calendar.local_day(around).tolist() == [sixth, seventh, seventh, sixth, sixth, seventh]
    assert st_johns.calendar.midnight(days("2010-11-07"))[0] == utc("2010-11-07 02:30")


@pytest.mark.parametrize(
    ("zone", "night"),
    [
        ("Europe/London", "2026-03-29"),
        ("Europe/London", "2026-10-25"),
        ("America/New_York", "2026-03-08"),
        ("America/New_York", "2026-11-01"),
        ("Australia/Lord_Howe", "2026-04-05"),
        ("Australia/Lord_Howe", "2026-10-04"),
        ("Africa/Casablanca", "2026-02-15"),
        ("Pacific/Apia", "2011-12-30"),
        ("America/St_Johns", "2010-11-07"),
    ],
)
def test_deals_of_every_minute_of_the_night_are_due_once_and_in_order(zone: str, night: str) -> None:
    """None is missed and none is due twice: a later start is never due earlier, and each has one due date."""
    told, middle = office(zone), utc(f"{night} 00:00")
    starts = middle + np.arange(-36 * 60, 36 * 60) * (HOUR // 60)
    for text in ("1h", "90m", "2bh", "1d"):
        due = told.calendar.add(starts, limit(text))
        ordered = np.diff(told.calendar.local_day(starts)) >= 0  # St John's goes back to a date
        assert (np.diff(due)[ordered] >= 0).all()
        assert (due > starts).all()
    closes = np.unique(told.calendar.add(starts, limit("1d")))
    assert np.array_equal(closes, told.calendar.closes_at(told.calendar.local_day(closes)))
    assert (np.diff(told.calendar.local_day(closes)) <= 2).all()


# -------------------------------------------------------------------------------------- the zone database


@pytest.mark.parametrize("part", range(8))
def test_local_dates_and_wall_times_are_those_of_the_zone_database(part: int) -> None:
    """Every zone, around each change of its offset in five of the years (twelve dates where nothing changes)."""
    for number, name in enumerate(ZONES[part::8]):
        zone, reference = Zone(name), ZoneInfo(name)
        for year in (1970, 1993 + number % 30, 2011, 2026, 2037 + number % 62):
            _assert_same_around(zone, reference, year)


@pytest.mark.slow
def test_every_date_of_every_zone_begins_when_the_zone_database_says() -> None:
    walls = [datetime(1970, 1, 1) + timedelta(days=n) for n in range(DAYS)]  # noqa: DTZ001 - of each zone in turn
    for name in ZONES:
        reference = ZoneInfo(name)
        offsets = np.array([(reference.utcoffset(wall) or timedelta()) // timedelta(seconds=1) for wall in walls])
        assert np.array_equal(Zone(name).instant(np.arange(DAYS) * DAY), np.arange(DAYS) * DAY - offsets * SECOND), name


def _assert_same_around(zone: Zone, reference: ZoneInfo, year: int) -> None:
    nights = [to_us(at) for at in _offset_changes(reference, year)]
    steps = np.concatenate([np.arange(-26, 27) * HOUR, [-1, 1, HOUR // 2, -HOUR // 2, HOUR // 60 - 1, HOUR // 60]])
    months = [to_us(datetime(year, month, 3, tzinfo=UTC)) for month in range(1, 13)]
    instants = np.unique(np.concatenate([months, *(night + steps for night in nights)]))
    local = [from_us(int(us)).astimezone(reference) for us in instants]
    assert zone.local_day(instants).tolist() == [to_day(at.date()) for at in local], (reference, year)
    walls = np.array([to_us(at.replace(tzinfo=UTC)) for at in local])
    shown = [to_us(at.replace(tzinfo=UTC).replace(tzinfo=reference, fold=0)) for at in local]
    assert zone.instant(walls).tolist() == shown, (reference, year)


def _offset_changes(zone: ZoneInfo, year: int) -> list[datetime]:
    """Hours (UTC) of a year in which the offset changes."""
    new_year = datetime(year, 1, 1, tzinfo=UTC)
    hours = [new_year + timedelta(days=n) for n in range(367)]
    offsets = [at.astimezone(zone).utcoffset() for at in hours]
    return [
        _hour_of_change(zone, at) for at, here, next_ in zip(hours, offsets, offsets[1:], strict=False) if here != next_
    ]


def _hour_of_change(zone: ZoneInfo, day: datetime) -> datetime:
    before = day.astimezone(zone).utcoffset()
    hours = (day + timedelta(hours=n) for n in range(1, 25))
    return next(at for at in hours if at.astimezone(zone).utcoffset() != before)
