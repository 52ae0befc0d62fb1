"""Laws of the forecast: with and without stalled deals is all of it, and every kind of groups adds up."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stalewatch.domain.forecasting import LEAST_BASE, USUAL, Age, Rate
from stalewatch.services.measuring.forecast import NO_CATEGORY, _line, _lines
from stalewatch.services.measuring.weighing import Weights
from stalewatch.services.measuring.worth import NOTHING

PERIODS = ("overdue", "2026-Q2", "later", "none")


@st.composite
def cells(draw: st.DrawFn) -> SimpleNamespace:
    """One row of the store's sums: some deals of one category, weight, age and period."""
    deals = draw(st.integers(1, 1_000))
    return SimpleNamespace(
        category=draw(st.sampled_from([*USUAL, None])), period=draw(st.sampled_from(PERIODS)),
        age=draw(st.none() | st.integers(0, len(Age) - 1)), percent=draw(st.none() | st.integers(0, 100)), deals=deals,
        with_amount=draw(st.integers(0, deals)), amount=draw(st.integers(-(10**12), 10**15)),
    )  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(cells(), max_size=6))
def test_groups_add_up_and_with_and_without_is_all(rows: list[SimpleNamespace]) -> None:
    total = _line("all", rows)
    by_category = list(_lines([*USUAL, NO_CATEGORY], "category", rows))
    by_period = list(_lines(PERIODS, "period", rows))
    for lines in (by_category, by_period):
        assert sum((line.all for line in lines), NOTHING) == total.all
        assert sum((line.stalled for line in lines), NOTHING) == total.stalled
    for line in (total, *by_category, *by_period):
        assert line.stalled + line.sound == line.all
        assert sum((line.late or {}).values(), NOTHING) == line.stalled
        assert line.all.without_amount + line.all.unweighted <= line.all.deals


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 500), st.integers(0, 500))
def test_a_win_rate_is_a_share_and_small_bases_say_nothing(won: int, lost: int) -> None:
    percent = Rate(won, won + lost).percent
    assert (percent is None) == (won + lost < LEAST_BASE)
    if percent is not None:
        assert abs(Decimal(100 * won) / (won + lost) - percent) <= Decimal("0.5")


def test_a_deal_is_weighed_by_the_first_that_says_something() -> None:
    weights = Weights("probability", USUAL, {"proposal": Rate(7, 20), "discovery": Rate(1, 2)})
    assert weights.percent("commit", "proposal", {"probability": 33}) == 33
    assert weights.percent("commit", "proposal", {"probability": 170}) == 90
    assert weights.percent("omitted", "proposal", None) == 0
    assert weights.percent(None, "proposal", None) == 35
    assert weights.percent("closed", "discovery", {}) is None
