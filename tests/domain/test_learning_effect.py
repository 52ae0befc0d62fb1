"""What being told changes: shares against each other, with an interval, and not before there are enough."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalewatch.domain.learning.effect import Against, Measured
from stalewatch.domain.learning.intervals import Rate, newcombe


def both(told: Rate, silent: Rate) -> Measured:
    return Measured(Against(told, silent), Against(told, silent))


@pytest.mark.parametrize(
    ("mine", "other", "low", "high"),
    [  # Newcombe 1998, table II: method 10 for the contrasts of his examples (a) to (h)
        (Rate(56, 70), Rate(48, 80), 0.0524, 0.3339),
        (Rate(9, 10), Rate(3, 10), 0.1705, 0.8090),
        (Rate(6, 7), Rate(2, 7), 0.0582, 0.8062),
        (Rate(5, 56), Rate(0, 29), -0.0381, 0.1926),
        (Rate(0, 10), Rate(0, 20), -0.1611, 0.2775),
        (Rate(10, 10), Rate(0, 10), 0.6075, 1.0),
    ],
)
def test_the_interval_is_the_one_of_the_paper(mine: Rate, other: Rate, low: float, high: float) -> None:
    found = newcombe(mine, other)
    assert found is not None
    assert found == pytest.approx((low, high), abs=5e-5)


COUNTS = st.integers(0, 400).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))).map(lambda one: Rate(*one))


@given(COUNTS, COUNTS)
def test_the_interval_holds_the_difference_and_turns_with_it(mine: Rate, other: Rate) -> None:
    found, turned = newcombe(mine, other), newcombe(other, mine)
    one = Against(mine, other)
    if found is None or turned is None:
        assert (one.difference, one.is_clear, found, turned) == (None, False, None, None)
        return
    assert one.difference is not None
    assert -1 - 1e-9 <= found.low - 1e-9 <= one.difference <= found.high + 1e-9 <= 1 + 1e-8
    assert turned == pytest.approx((-found.high, -found.low))


def test_nothing_is_shown_before_two_hundred_and_twenty_of_them_silent() -> None:
    assert not both(Rate(90, 179), Rate(5, 20)).is_enough
    assert both(Rate(90, 180), Rate(5, 20)).is_enough
    assert not both(Rate(90, 500), Rate(5, 19)).is_enough


def test_a_difference_is_clear_if_it_cannot_be_none() -> None:
    assert both(Rate(120, 180), Rate(5, 20)).acted.is_clear
    assert not both(Rate(90, 180), Rate(8, 20)).acted.is_clear
