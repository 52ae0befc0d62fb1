"""What a history teaches: the page's own figures, survival counted by others, and laws of what is not known yet."""

from __future__ import annotations

import csv
import os
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stalewatch.domain.instants import DAY, NEVER
from stalewatch.domain.learning import scoring, suggesting, survival
from stalewatch.domain.learning.intervals import Interval, wilson
from stalewatch.domain.learning.spells import Spells, Watched
from stalewatch.domain.learning.suggesting import Day, Lacking

EPOCH = date(1970, 1, 1).toordinal()


def us(day: str) -> int:
    return (date.fromisoformat(day).toordinal() - EPOCH) * DAY


def spells(*rows: tuple[float, float, str], since: float = 0, until: float = 1000) -> Spells:
    """Rows of (start, end, how it ended) in days."""
    start, end = (np.array([round(row[place] * DAY) for row in rows], np.int64) for place in (0, 1))
    ended = np.array([row[2] for row in rows])
    return Spells(start, end, ended == "won", ended == "lost", Watched(round(since * DAY), round(until * DAY)))


some_spells = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 60), st.sampled_from(("won", "lost", "open"))), min_size=1, max_size=60
).map(lambda rows: [(start, start + age, ended) for start, age, ended in rows])


# ------------------------------------------------------------------------------------------------ the third-party file


@pytest.fixture(scope="module")
def maven() -> Spells:
    """The dated deals of the third-party file, as the page reads them."""
    folder = os.environ.get("STALEWATCH_TEST_DATA")
    if not folder or not (Path(folder) / "maven_deals.csv").is_file():
        pytest.skip("STALEWATCH_TEST_DATA does not name a folder with maven_deals.csv: its figures are not reproduced")
    with (Path(folder) / "maven_deals.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["created_on"]]
    until = us("2017-12-31")
    start = np.array([us(row["created_on"]) for row in rows], np.int64)
    end = np.array([us(row["closed_on"]) if row["closed_on"] else until for row in rows], np.int64)
    ended = np.array([row["outcome"] for row in rows])
    return Spells(start, end, ended == "won", ended == "lost", Watched(us("2017-03-01"), until))


@pytest.mark.parametrize(
    ("limit", "flagged", "mature", "precision"),
    [
        (30, (4470, 2002, 1010, 1458), (4193, 1121, 637, 2435), 0.733),
        (88, (2825, 945, 413, 1467), (2242, 728, 332, 1182), 0.675),
        (120, (1562, 139, 47, 1376), (869, 102, 34, 733), 0.883),
    ],
)
def test_the_page_s_figures_of_a_limit(
    maven: Spells, limit: int, flagged: tuple[int, ...], mature: tuple[int, ...], precision: float
) -> None:
    found = scoring.score(maven, scoring.after_days(maven, limit), horizon=60)
    assert (found.flagged, found.mature) == (flagged, mature)
    assert found.precision.value == pytest.approx(precision, abs=6e-4)


def test_the_page_s_curve_and_the_days_that_it_suggests(maven: Spells) -> None:
    found = suggesting.suggest(maven, seed=1)
    chances = [found.curve.chance[day] for day in (0, 30, 88, 101)]
    assert chances == pytest.approx([0.5290, 0.4953, 0.3677, 0.2593], abs=1e-4)
    assert (found.won, found.lost, found.open) == (4238, 2473, 1589)
    assert found.warn is not None
    assert found.limit is not None
    assert (found.warn.day, found.limit.day) == (83, 101)
    assert found.limit.interval is not None
    low, high = found.limit.interval
    assert abs(low - 99) <= 1
    assert abs(high - 102) <= 1
    assert found.percentiles == (88, 106)


def test_what_is_older_than_anything_that_ever_closed_and_what_the_first_days_would_have_counted_twice(
    maven: Spells,
) -> None:
    found = scoring.score(maven, scoring.after_days(maven, 101), horizon=60)
    assert scoring.zombies(maven).sum() == 1291
    assert found.zombies == (1286, 1286), "five of them were past the limit before the watching began"
    assert found.flagged.all + found.late_entries == 2248


# ------------------------------------------------------------------------------------------------ survival


@settings(deadline=None)  # the first of them reads all of lifelines
@given(some_spells, st.integers(0, 30))
def test_the_table_of_events_is_what_lifelines_counts(rows: list[tuple[int, int, str]], since: int) -> None:
    from lifelines.utils import survival_table_from_events

    given_ = spells(*rows, since=since)
    seen = given_.entry <= given_.age
    if not seen.any():
        assert not survival.counted(given_).at_risk.any()
        return
    table = survival.counted(given_)
    for ended, mine in ((given_.won, table.won), (given_.lost, table.lost)):
        # lifelines counts who enters on a day as at risk from the next one on: half a day sets both to the same
        theirs = survival_table_from_events(given_.age[seen], ended[seen], birth_times=given_.entry[seen] - 0.5)
        assert mine.sum() == theirs["observed"].sum()
        for day in np.flatnonzero(mine):
            assert (mine[day], table.at_risk[day]) == (theirs.loc[day, "observed"], theirs.loc[day, "at_risk"])


def test_without_late_entries_and_open_spells_the_chance_is_a_plain_share() -> None:
    found = survival.curve(survival.counted(spells((0, 2, "won"), (0, 4, "lost"), (0, 6, "won"), (0, 8, "lost"))))
    assert found.chance[:8] == pytest.approx([2 / 4, 2 / 4, 1 / 3, 1 / 3, 1 / 2, 1 / 2, 0, 0])
    assert np.isnan(found.chance[8])


@given(some_spells)
def test_a_chance_is_one(rows: list[tuple[int, int, str]]) -> None:
    chance = survival.curve(survival.counted(spells(*rows))).chance
    known = chance[~np.isnan(chance)]
    assert ((known > -1e-9) & (known < 1 + 1e-9)).all()


# ------------------------------------------------------------------------------------------------ what is not known yet


@given(some_spells, st.integers(0, 40), st.integers(1, 30), st.data())
def test_another_future_of_what_is_flagged_gives_the_same_flags(
    rows: list[tuple[int, int, str]], limit: int, later: int, data: Any
) -> None:
    before = spells(*rows)
    breach = scoring.after_days(before, limit)
    changed = [
        (start, end + data.draw(st.integers(0, later)), data.draw(st.sampled_from(("won", "lost", "open"))))
        if at != NEVER
        else (start, end, ended)
        for (start, end, ended), at in zip(rows, breach, strict=True)
    ]
    after = spells(*changed)
    assert (scoring.after_days(after, limit) == breach).all()


@given(some_spells, st.integers(0, 40), st.integers(1, 30), st.integers(0, 20))
def test_every_share_is_of_what_can_be_known(
    rows: list[tuple[int, int, str]], limit: int, horizon: int, since: int
) -> None:
    given_ = spells(*rows, since=since, until=70)
    found = scoring.score(given_, scoring.after_days(given_, limit), horizon=horizon)
    assert found.flagged.all == found.flagged.won + found.flagged.lost + found.flagged.open
    assert found.mature.all == found.mature.won + found.mature.lost + found.mature.open <= found.flagged.all
    assert found.precision == (found.mature.all - found.mature.won, found.mature.all)
    for rate in (found.precision, found.naive, found.base, found.recall, found.zombies, found.early):
        assert 0 <= rate.over <= rate.of
        assert (rate.value is None) == (rate.of == 0) == (rate.interval is None)


@given(some_spells, st.integers(1, 30), st.integers(0, 20))
def test_the_base_rate_is_what_flagging_every_day_would_be_worth(
    rows: list[tuple[int, int, str]], horizon: int, since: int
) -> None:
    given_ = spells(*rows, since=since, until=70)
    days = range(int(given_.age.max()) + 1)
    each = [scoring.score(given_, scoring.after_days(given_, day), horizon=horizon).precision for day in days]
    assert scoring.base_rate(given_, horizon) == (sum(one.over for one in each), sum(one.of for one in each))


# ------------------------------------------------------------------------------------------------ not enough


@pytest.mark.parametrize(
    ("rows", "lacking"),
    [
        ([], Lacking.FEW_WON),
        ([(0, 5, "lost")] * 100, Lacking.FEW_WON),
        ([(0, 5, "open")] * 100, Lacking.FEW_WON),
        ([(0, 5, "won")] * 49 + [(0, 50, "lost")] * 100, Lacking.FEW_WON),
        ([(0, 5, "won")] * 100, Lacking.NONE_ENDED_OTHERWISE),
        ([(0, 5 + n, end) for n in range(60) for end in ("won", "lost")], Lacking.NEVER_FALLS),
        (
            [(0, 5 + n, "won") for n in range(60)] + [(0, 70, "lost")] * 5,
            Lacking.FEW_AT_RISK,
        ),
    ],
)
def test_too_little_suggests_nothing_and_says_why(rows: list[tuple[float, float, str]], lacking: Lacking) -> None:
    found = suggesting.suggest(spells(*rows))
    assert found.lacking is lacking
    assert (found.warn, found.limit, found.close_out) == (None, None, None)


def test_the_same_seed_draws_the_same(maven: Spells) -> None:
    first, again, other = (suggesting.suggest(maven, seed=seed, draws=100).limit for seed in (7, 7, 8))
    assert first == again
    assert isinstance(other, Day)


def test_a_share_s_interval_is_wilson_s() -> None:
    assert wilson(5, 10) == pytest.approx(Interval(0.2366, 0.7634), abs=1e-4)  # Wilson 1927, as tables have it
    assert wilson(0, 10) == pytest.approx(Interval(0.0, 0.2775), abs=1e-4)
    assert wilson(10, 10).high == 1.0
