"""When a rule is called false too often."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stalewatch.services.alerting.noisy import is_noisy


@given(st.integers(0, 200), st.integers(0, 200))
def test_a_rule_is_noisy_above_a_fifth_of_at_least_twenty(false: int, told: int) -> None:
    assert is_noisy(false, told) == (told >= 20 and 5 * false > told)
